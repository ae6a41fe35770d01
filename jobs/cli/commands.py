"""The `iolaus` command. Commands parse and print; the work is done by the modules they call.

Heavy libraries are imported inside commands, so that `iolaus --help` and small commands answer at once.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import tempfile
import traceback
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from jobs import logs, memory, settings, store
from jobs.cli import causes, console, ends
from jobs.errors import IolausError, UsageError

if TYPE_CHECKING:
    from jobs.nights.run import Runner
    from jobs.warehouse import Warehouse as Published

app = typer.Typer(
    no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__.split("\n")[0]
)

export = typer.Typer(no_args_is_help=True, help="Write what others may be told: STIX bundles, blocklists, indicators.")
app.add_typer(export, name="export")

Root = Annotated[
    Path | None,
    typer.Option(
        "--root",
        envvar=settings.ROOT,
        parser=store.place,
        help="Folder of raw zone, lake and reports, or s3://bucket/key.",
    ),
]
Night = Annotated[str, typer.Option("--date", help="Night to build, YYYY-MM-DD.")]
Engine = Annotated[str | None, typer.Option(envvar=settings.ENGINE, help="sail, spark or sc://host:port.")]
Warehouse = Annotated[str | None, typer.Option(envvar=settings.WAREHOUSE, help="Warehouse that is published to.")]
QUIET_SECONDS = 5.0  # of a command that most often is done by then
NIGHTS_PER_PROCESS = 7  # the embedded engine keeps some memory of every night (100 MB at 5,000 accounts) until it ends
LIST = "list"
UMASK = 0o077  # what commands write is for their own user: files 0600, folders 0700
# What is left of a command that ended before it was done; of others nothing.
_NIGHTS = (
    "every step that was finished stands, the last published night is untouched; run the same command again to go on."
)
STANDS = dict.fromkeys(("run", "build", "backfill", "demo"), _NIGHTS) | {
    "simulate": "the world below the root is not whole; run the same command again.",
    "forget": "the erasure is not finished; run `iolaus forget` again with the same accounts.",
    "rekey": "the change of the key is not finished, and no night is built meanwhile; run the same command again to go on.",
    "expire": "every row that is in force stands; run the same command again to go on.",
    "doctor": "what was mended stands; run the same command again to go on.",
    "adopt": "the lake is as it was, or taken over whole; run the same command again.",
}
DEMO_KEY = "demo-key-for-simulated-worlds-only"


@app.command()
def simulate(
    root: Root = None,
    preset: Annotated[
        str, typer.Option(help="Such as tiny, small, varied, causes, large; a wrong one lists all.")
    ] = "small",
    seed: Annotated[int, typer.Option(help="Same seed, same world.")] = 1,
    accounts: Annotated[int | None, typer.Option(help="Accounts, instead of the preset's.")] = None,
    days: Annotated[int | None, typer.Option(help="Nights, instead of the preset's.")] = None,
    first: Annotated[str, typer.Option("--from", help="First night, YYYY-MM-DD.")] = "2026-03-02",
    dial: Annotated[list[str] | None, typer.Option(help="NAME=VALUE: what every campaign does; repeatable.")] = None,
    without: Annotated[list[str] | None, typer.Option(help="COMPONENT=VALUE: a cause never drawn; repeatable.")] = None,
    only: Annotated[list[str] | None, typer.Option(help="COMPONENT=VALUE: a cause of every group; repeatable.")] = None,
) -> None:
    """Make a world with known truth: raw deliveries below ROOT/raw, the truth below ROOT/truth."""
    from jobs.simulate.worlds import write_world

    if root is None:
        raise UsageError(f"No root folder is named: pass --root DIR or set {settings.ROOT}.")
    settings.require_folder(root)
    settings.require_plain(root)
    root.mkdir(parents=True, exist_ok=True)
    with console.progress(f"simulating {preset}") as note:
        options = (dial or (), without or (), only or ())
        write_world(root, preset, seed, accounts, days, _day(first, "--from"), note, *options)
    console.say(f"World written to {root}/raw, its truth to {root}/truth.")


@app.command()
def run(
    night: Annotated[str | None, typer.Option("--date", help="Night to build, YYYY-MM-DD.")] = None,
    run_id: Annotated[str | None, typer.Option("--reproduce", help="Build this run's night again, aside.")] = None,
    root: Root = None,
    engine: Engine = None,
    warehouse: Warehouse = None,
) -> None:
    """Build one night, every step, unless unchanged; or, with --reproduce, compare one with what was published."""
    if (night is None) == (run_id is None):
        raise UsageError("`iolaus run` needs either --date D or --reproduce RUN_ID.")
    if run_id is not None:
        from jobs.history.reproducing import reproduce

        found = reproduce(settings.settings(root, engine, warehouse), run_id, console.step)
        console.reproduction(found)
        if found.differences:
            raise IolausError(f"Run {run_id} was not reproduced: {len(found.differences)} tables differ.")
        return
    assert night is not None
    with _runner(root, engine, warehouse) as runner:
        _run_nights(runner, [_day(night, "--date")])


@app.command()
def build(
    tables: Annotated[list[str], typer.Argument(help="Steps, as `iolaus steps` lists them, in that order.")],
    night: Night,
    told: Annotated[Path | None, typer.Option(help="File that gets one JSON line per step that is done.")] = None,
    root: Root = None,
    engine: Engine = None,
    warehouse: Warehouse = None,
) -> None:
    """Build one step of one night, or several one after the other; the first that fails ends it."""
    from jobs.nights.steps import step

    day, names = _day(night, "--date"), [step(table).name for table in tables]
    with _runner(root, engine, warehouse) as runner, runner.heard(day, names):
        for table in names:
            built = runner.build(table, day)
            console.step(built)
            if told:
                with told.open("a") as file:
                    file.write(json.dumps(dataclasses.asdict(built)) + "\n")


@app.command()
def backfill(
    first: Annotated[str | None, typer.Option("--from", help="First night, YYYY-MM-DD.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Last night, YYYY-MM-DD.")] = None,
    stale: Annotated[
        bool, typer.Option("--stale", help="Only published nights that are stale, with late rows; no --to.")
    ] = False,
    root: Root = None,
    engine: Engine = None,
    warehouse: Warehouse = None,
) -> None:
    """Build every night from --from to --to in order; with --stale, those that no longer say what they would say now."""
    where: dict[str, Any] = {"root": root, "engine": engine, "warehouse": warehouse}
    if stale:
        if last:
            raise UsageError("--stale goes on to the newest night: leave --to out.")
        _rebuild_stale(_day(first, "--from") if first else None, where)
        return
    if not first or not last:
        raise UsageError("`iolaus backfill` needs --from and --to, or --stale.")
    start, end = _day(first, "--from"), _day(last, "--to")
    if end < start:
        raise UsageError(f"--to {end} lies before --from {start}: give the earlier night first.")
    nights = [start + timedelta(days=n) for n in range((end - start).days + 1)]
    with _runner(**where) as runner:
        _run_nights(runner, nights[:NIGHTS_PER_PROCESS])
    if left := nights[NIGHTS_PER_PROCESS:]:
        _go_on("backfill", {"from": left[0], "to": end, **where})


@app.command()
def link(
    observations: Annotated[
        Path,
        typer.Option(
            help="CSV, TSV, JSON lines (each also .gz) or Parquet: account_id, signal, entity, optional events."
        ),
    ],
    out: Annotated[
        Path | None, typer.Option(help="File to write, .parquet or .csv: account_id, cluster_id, membership, bits.")
    ] = None,
    explain: Annotated[
        str | None, typer.Option(metavar="ACCOUNT", help="Print why it is in its cluster, or in none, in bits.")
    ] = None,
    family: Annotated[
        list[str] | None,
        typer.Option(metavar="A,B", help="Signals that are one fact and count once; again for other facts."),
    ] = None,
    engine: Engine = None,
) -> None:
    """Link the accounts of any observation file into clusters."""
    from jobs.linking.files import link_file
    from jobs.views.linked import explain_linked

    if out is None and explain is None:
        raise UsageError("`iolaus link` needs --out FILE, --explain ACCOUNT, or both.")
    one_fact, asked = [_signals_of(each) for each in family or []], None if explain is None else explain.strip()
    with tempfile.TemporaryDirectory(prefix="iolaus-link-") as scratch:
        chosen = settings.settings(Path(scratch), engine)
        with console.progress("linking", QUIET_SECONDS) as note, memory.watched(chosen.memory):
            linked = link_file(observations, out, chosen, one_fact, note, asked)
        explained = None if asked is None else explain_linked(linked, asked)
    console.linked(linked, out)
    if explained is not None:
        console.explanation(explained)


def _signals_of(declared: str) -> list[str]:
    names = [name.strip() for name in declared.split(",")]
    if len(set(names)) < 2 or "" in names:
        raise UsageError(
            f"--family takes two signals or more with commas between, such as card,device; not {declared!r}."
        )
    return names


@app.command()
def explain(
    kind: Annotated[str, typer.Argument(help="account or campaign")],
    identity: Annotated[str, typer.Argument(metavar="ID", help="Account id, campaign id or campaign name.")],
    root: Root = None,
    night: Annotated[str | None, typer.Option("--date", help="As known on this night; the newest unless told.")] = None,
    warehouse: Warehouse = None,
) -> None:
    """Why: every piece of evidence, in bits, largest first."""
    from jobs.views.explain import explain_account, explain_campaign

    explanations = {"account": explain_account, "campaign": explain_campaign}
    if kind not in explanations:
        raise UsageError(f"`iolaus explain` takes account or campaign, not {kind!r}.")
    published, newest = _published(root, warehouse)
    as_of = _day(night, "--date") if night else newest
    console.explanation(explanations[kind](published, identity, as_of))


class NamedMayStandAlone(TyperCommand):
    """A command whose `--named` without a value asks which names there are."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        told = [
            [word, LIST] if word == "--named" and after[:1] in ("", "-") else [word]
            for word, after in zip(args, [*args[1:], ""], strict=True)
        ]
        return super().parse_args(ctx, [word for words in told for word in words])


@app.command(cls=NamedMayStandAlone)
def query(
    sql: Annotated[str | None, typer.Argument(metavar="SQL", help="One SELECT over schema attribution.")] = None,
    root: Root = None,
    warehouse: Warehouse = None,
    name: Annotated[
        str | None, typer.Option("--named", help="A ready query by name; without NAME, lists them.")
    ] = None,
    form: Annotated[str, typer.Option("--format", help="table, csv or json.")] = "table",
) -> None:
    """Ask the published tables; nothing can be written, and no file or setting is within reach.

    JSON carries every text unchanged; in CSV an apostrophe stands before what a spreadsheet would compute.
    """
    from jobs.views import answers, queries

    if form not in answers.FORMATS:
        raise UsageError(f"--format takes {', '.join(answers.FORMATS)}, not {form!r}.")
    if (sql is None) == (name is None):
        raise UsageError('`iolaus query` takes either "SQL" or --named NAME; `--named` alone lists the names.')
    if name == LIST:
        console.ready_queries(queries.ready().values())
        return
    rows = _published(root, warehouse)[0].query(sql or queries.named(str(name)).sql)
    if form == "table":
        console.answer(rows)
    else:
        console.raw(answers.as_csv(rows) if form == "csv" else answers.as_json(rows))


@app.command()
def report(
    night: Annotated[
        str | None, typer.Option("--date", metavar="D", help="A published night; the newest unless given.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder to write; report/D below the root unless given.")] = None,
    root: Root = None,
    warehouse: Warehouse = None,
) -> None:
    """Write the night's pages: what needs a decision, what changed, and why, to open from a mail or a share."""
    published, newest = _published(root, warehouse)
    chosen = _day(night, "--date") if night else newest
    if chosen not in published.nights():
        raise UsageError(f"{chosen} is not a published night; `iolaus status` lists them.")
    target = out or settings.settings(root, None, warehouse).root / "report" / chosen.isoformat()
    if target.exists() and not (target / "index.html").is_file():
        raise UsageError(f"--out {target} holds something else than a report: name an empty or new folder.")
    console.say(f"Report: {_write_report(published, target, chosen).resolve()}")


@app.command()
def dossier(
    campaign: Annotated[str, typer.Argument(help="Id or name of a campaign.")],
    out: Annotated[Path, typer.Option(help="File to write: F.html, or F.pdf with the extra pdf.")],
    night: Annotated[
        str | None, typer.Option("--date", metavar="D", help="A published night; the newest unless given.")
    ] = None,
    tlp: Annotated[
        str, typer.Option(help="Handling by TLP 2.0: clear, green, amber, amber+strict or red.")
    ] = "amber+strict",
    root: Root = None,
    warehouse: Warehouse = None,
) -> None:
    """Write the record of one campaign for those who must answer for it: claims, evidence, what speaks against, provenance."""
    from jobs.views.dossier import pdf, record

    published, newest = _published(root, warehouse)
    page = record(published, campaign, _day(night, "--date") if night else newest, tlp)
    _write(out, pdf(page) if out.suffix.lower() == ".pdf" else page)


@export.command("stix")
def export_stix(
    campaign: Annotated[str, typer.Argument(help="Id or name of a campaign.")],
    out: Annotated[Path, typer.Option(help="File to write, JSON.")],
    night: Annotated[
        str | None, typer.Option("--date", metavar="D", help="A published night; the newest unless given.")
    ] = None,
    tlp: Annotated[str, typer.Option(help="Handling by TLP 2.0: clear, green, amber, amber+strict or red.")] = "amber",
    root: Root = None,
    warehouse: Warehouse = None,
) -> None:
    """Write what others may be told of a campaign, as a STIX 2.1 bundle."""
    from jobs.views.sharing.stix import bundle

    published, newest = _published(root, warehouse)
    _write(out, bundle(published, campaign, _day(night, "--date") if night else newest, tlp))


@export.command("blocklist")
def export_blocklist(
    out: Annotated[Path, typer.Option(help="File to write, CSV.")],
    campaigns: Annotated[
        list[str] | None, typer.Argument(metavar="[CAMPAIGN...]", help="All deliberate ones unless given.")
    ] = None,
    root: Root = None,
    warehouse: Warehouse = None,
) -> None:
    """Write networks, clients and other shareable things of campaigns with reason and expiry, as CSV."""
    from jobs.views.sharing.blocklist import blocklist
    from jobs.views.sharing.indicators import ON
    from jobs.views.sharing.stix import accused

    published, newest = _published(root, warehouse)
    every = "SELECT campaign_id FROM campaigns_current WHERE verdict = 'deliberate' ORDER BY campaign_id"
    wanted = campaigns or published.query(every)["campaign_id"].to_pylist()
    _write(out, blocklist([accused(published, each, newest, ON)[0] for each in dict.fromkeys(wanted)]))


@export.command("indicators")
def export_indicators(
    bundle: Annotated[Path, typer.Argument(help="A STIX 2.1 bundle, JSON.")],
    out: Annotated[Path, typer.Option(help="File to write, JSON lines as raw/indicators takes them.")],
) -> None:
    """Write the indicators of a STIX bundle as rows of the raw table `indicators`, which holds all of them every day."""
    from jobs.views.sharing.indicators import rows

    try:
        found = rows(json.loads(bundle.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{bundle} cannot be read as a STIX bundle ({type(error).__name__}): name another file."
        ) from error
    _write(out, "".join(f"{json.dumps(each, sort_keys=True)}\n" for each in found))


def _write(target: Path, content: str | bytes) -> None:
    """A file, whole or not at all."""
    aside = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        aside.write_bytes(content if isinstance(content, bytes) else content.encode())
        aside.replace(target)
    except OSError as error:
        aside.unlink(missing_ok=True)
        raise IolausError(f"{target} cannot be written ({error.strerror}): name another file with --out.") from error
    console.say(f"Written: {target.resolve()}")


@app.command()
def decide(
    kind: Annotated[str, typer.Argument(help="account or campaign")],
    identity: Annotated[str, typer.Argument(metavar="ID", help="Account id, campaign id or campaign name.")],
    decision: Annotated[
        str | None, typer.Argument(help="confirmed, rejected, benign_reseller, benign_research or victim.")
    ] = None,
    analyst: Annotated[str, typer.Option(help="Who decides.")] = "",
    note: Annotated[str | None, typer.Option(help="Why, in your words.")] = None,
    is_undone: Annotated[bool, typer.Option("--undo", help="Take the newest decision on it back.")] = False,
    decided: Annotated[str | None, typer.Option("--date", help="Day it was decided; today unless told.")] = None,
    root: Root = None,
    warehouse: Warehouse = None,
) -> None:
    """Record what you decided, as a delivery of case_decisions that the next night reads; nothing published changes.

    The delivery carries on what earlier ones said. What is taken back stays readable beside it.
    """
    from jobs.history import deciding
    from jobs.vocabulary import Decision, SubjectKind

    if kind not in tuple(SubjectKind):
        raise UsageError(f"`iolaus decide` takes account or campaign, not {kind!r}.")
    if not analyst.strip():
        raise UsageError("A decision is somebody's: pass --analyst NAME.")
    if decision not in (*Decision, None) or (decision is None and not is_undone):
        raise UsageError(f"A decision is one of {', '.join(Decision)}{f', not {decision!r}' if decision else ''}.")
    case = deciding.Case(
        _moment(decided), kind, identity, decision or "", analyst.strip(), (note or "").strip() or None
    )
    chosen = settings.settings(root, None, warehouse)
    if store.is_object(chosen.root):
        raise UsageError(
            f"Decisions are recorded in a raw zone that is a folder, not in {chosen.root}: deliver raw/case_decisions there."
        )
    if is_undone:
        console.taken_back(deciding.undo(chosen, case))
    else:
        console.decided(deciding.decide(chosen, case))


@app.command()
def evaluate(
    truth: Annotated[Path, typer.Option(help="Folder with accounts.parquet, campaigns.parquet, daily.parquet.")],
    root: Root = None,
    warehouse: Warehouse = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Accuracy of what is published, against known truth."""
    from jobs.evaluation.evaluate import PUBLISHED, read_truth
    from jobs.evaluation.evaluate import evaluate as score
    from jobs.warehouse import open_warehouse

    chosen = settings.settings(root, None, warehouse)
    known = read_truth(truth)
    published = open_warehouse(chosen.warehouse, chosen.root)
    report = score({name: published.read(name, None) for name in PUBLISHED}, known)
    if as_json:
        console.raw(f"{report.as_json()}\n")
    else:
        console.evaluation(report)


@app.command()
def status(root: Root = None, warehouse: Warehouse = None) -> None:
    """Nights landed, built, published and stale, the checks that failed, and erasures that were not finished."""
    from jobs.history.doctoring import examine
    from jobs.history.status import nights, unfinished_erasures, unfinished_rekey

    chosen = settings.settings(root, None, warehouse)
    found = examine(chosen)
    if found.damages or found.to_build:
        console.findings(found)
    console.status(nights(chosen))
    console.unfinished_erasures(unfinished_erasures(chosen))
    if sentence := unfinished_rekey(chosen):
        console.say(sentence)


@app.command()
def forget(
    accounts: Annotated[list[str], typer.Argument(metavar="ACCOUNT...", help="Account ids as in the raw zone.")],
    root: Root = None,
    warehouse: Warehouse = None,
) -> None:
    """Remove accounts from lake, warehouse and pages, for good: backfills and later nights leave them out.

    Needs the pseudonym key. Counts and sums stay as they were published. The raw zone belongs to those who deliver it and is
    not touched. Run it again if it was interrupted.
    """
    from jobs.history.forgetting import forget as remove

    chosen = settings.settings(root, None, warehouse)
    with console.progress("forgetting") as note:
        found = remove(chosen, accounts, datetime.now(UTC).date(), note)
    console.forgotten(found, chosen.root)


@app.command()
def rekey(root: Root = None, warehouse: Warehouse = None) -> None:
    """Bring lake, warehouse and pages under the newest pseudonym key: every token is rewritten, no value is needed.

    IOLAUS_PSEUDONYM_KEY holds the newest key, IOLAUS_PSEUDONYM_KEY_BEFORE those before, oldest first, with commas between. Earlier
    versions of nights are dropped. Run it again if it was interrupted.
    """
    from jobs.history.rekeying import rekey as bring_under

    chosen = settings.settings(root, None, warehouse)
    with console.progress("rekeying") as note:
        found = bring_under(chosen, datetime.now(UTC).date(), note)
    console.rekeyed(found, chosen.root)


@app.command()
def expire(
    keep_days: Annotated[int, typer.Option(min=1, help="Keep what was committed in the last N days, 1 or more.")],
    root: Root = None,
    today: Annotated[
        str | None, typer.Option("--date", help="Count back from this day, 00:00 UTC, not from now.")
    ] = None,
) -> None:
    """Drop old snapshots of the lake and the files that nothing refers to any more.

    The current rows of every table and the newest build of every night always stay. A run older than N days may no longer be
    reproducible. Run it again if it was interrupted.
    """
    from jobs.history.retention import expire as drop

    now = datetime.now(UTC) if today is None else datetime.combine(_day(today, "--date"), datetime.min.time(), UTC)
    console.expired(drop(settings.settings(root), keep_days, now))


@app.command()
def doctor(
    root: Root = None,
    warehouse: Warehouse = None,
    is_mended: Annotated[
        bool, typer.Option("--mend", help="Mend what can be mended; damaged nights are emptied.")
    ] = False,
    is_verified: Annotated[bool, typer.Option("--verify", help="Read every file and compare its bytes.")] = False,
) -> None:
    """Look for damage in lake and warehouse: lost or changed files, doubled rows, a lost catalog, nights that only one has.

    Files that other users of the machine can read are told, and closed with --mend.

    What was damaged, and what was built from it, is to be built again: `iolaus backfill` from the first night it names.
    """
    from jobs.history import closing
    from jobs.history.doctoring import examine, mend

    chosen = settings.settings(root, None, warehouse)
    found = (mend if is_mended else examine)(chosen, is_verified)
    console.findings(found)
    opened = closing.opened(chosen)
    console.opened(closing.close(opened) if is_mended else len(opened), is_mended)
    if found.damages and not is_mended:
        raise IolausError(f"{len(found.damages)} damages found: put back a backup, or run `iolaus doctor --mend`.")


@app.command()
def adopt(root: Root = None) -> None:
    """Let a lake that was copied or moved stand for itself, with the nights that it has; the original stays as it is.

    Earlier versions of nights are not taken over, so that runs before cannot be reproduced here.
    """
    from jobs.lake.adopting import adopt as take_over

    chosen = settings.settings(root)
    if chosen.catalog:
        raise UsageError(
            f"The lake is in the catalog {chosen.catalog}: `iolaus adopt` takes over embedded catalogs only."
        )
    tables = take_over(chosen.root)
    console.say(
        f"{tables} tables taken over." if tables else f"Nothing to do: {chosen.root} stands for itself already."
    )


@app.command()
def steps(as_json: Annotated[bool, typer.Option("--json", help="Step to upstream steps, as JSON.")] = False) -> None:
    """Every step in build order with what it is built after."""
    from jobs.nights.steps import upstream

    if as_json:
        console.raw(f"{json.dumps(upstream(), indent=2)}\n")
    else:
        for step, before in upstream().items():
            console.raw(f"{step}: {', '.join(before) or 'raw zone'}\n")


@app.command()
def demo(
    root: Root = None,
    preset: Annotated[str, typer.Option(help="tiny, small, varied, mid or large.")] = "small",
    seed: Annotated[int, typer.Option(help="Same seed, same world.")] = 1,
    engine: Engine = None,
    warehouse: Warehouse = None,
) -> None:
    """Make a small world, run every night of it, publish, and write the report."""
    from jobs.nights.run import landed_nights
    from jobs.warehouse import open_warehouse

    target = root or Path("demo")
    settings.require_folder(target)
    settings.require_plain(target)
    target.mkdir(parents=True, exist_ok=True)
    if not os.environ.get(settings.PSEUDONYM_KEY):
        os.environ[settings.PSEUDONYM_KEY] = DEMO_KEY
    if not (target / "truth").is_dir():
        simulate(target, preset=preset, seed=seed, accounts=None, days=None, first="2026-03-02", dial=None)
    with _runner(target, engine, warehouse) as runner:
        nights = landed_nights(runner.settings)
        _run_nights(runner, nights)
        published = open_warehouse(runner.settings.warehouse, runner.settings.root)
    page = _write_report(published, target / "report" / nights[-1].isoformat(), nights[-1])
    console.campaigns(published.read("campaigns", nights[-1]), published.read("campaign_rankings", nights[-1]))
    console.say(f"Report:    {page.resolve()}")
    console.say(f"Warehouse: {runner.settings.warehouse.replace('{root}', str(target.resolve()))}")
    console.say(f"Quality:   {(target / 'quality' / 'data_docs').resolve()}")


def _write_report(published: Published, target: Path, night: date) -> Path:
    """The pages of a night as the folder `target`, whole or not at all; gives the first page."""
    from jobs.views.report import INDEX, PUBLISHED, render

    earlier = [each for each in published.nights() if each < night]
    before = published.read("campaigns", earlier[-1]) if earlier else None
    pages = render({name: published.read(name, night) for name in PUBLISHED}, before)
    if store.is_object(target):
        for name in sorted(pages, key=lambda name: (name == INDEX, name)):  # last the page that leads to the others
            store.write_whole(target / name, pages[name])
        for left_over in target.iterdir():
            if left_over.name not in pages:
                left_over.unlink()
        return target / INDEX
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as folder:
        aside, old = Path(folder) / "new", Path(folder) / "old"
        aside.mkdir()
        for name, page in sorted(pages.items()):
            (aside / name).write_text(page, encoding="utf-8")
        if target.exists():
            target.rename(old)
        aside.rename(target)
    return target / INDEX


def _published(root: Path | None, warehouse: str | None) -> tuple[Published, date]:
    """The warehouse and its newest night. Raises `IolausError` when none is published."""
    from jobs.warehouse import open_warehouse

    chosen = settings.settings(root, None, warehouse)
    published = open_warehouse(chosen.warehouse, chosen.root)
    newest = published.newest()
    if newest is None:
        raise IolausError(f"No night is published below {chosen.root}: run `iolaus run --date D` first.")
    return published, newest


def _run_nights(runner: Runner, nights: list[date]) -> None:
    from jobs.nights.steps import upstream

    with console.nights(nights, len(upstream())) as show:
        for night in nights:
            runner.run(night, show(night))


def _rebuild_stale(since: date | None, where: Mapping[str, Any]) -> None:
    from jobs.history.rebuilding import rebuild

    with _runner(**where) as runner:
        rebuilt = rebuild(runner, console.rebuilding, since, NIGHTS_PER_PROCESS)
    count = "1 stale night" if len(rebuilt) == 1 else f"{len(rebuilt)} stale nights"
    of = "" if since is None else f" from {since} on"
    console.say(f"{count} rebuilt." if rebuilt else f"No published night{of} is stale.")
    if len(rebuilt) == NIGHTS_PER_PROCESS:
        _go_on("backfill", {"from": rebuilt[-1] + timedelta(days=1), **where}, "--stale")


def _go_on(command: str, options: Mapping[str, object], *flags: str) -> None:
    """Replace this process by a fresh one of the same id that runs the command; ends, or is killed, as this one would."""
    words = [word for name, value in options.items() if value is not None for word in (f"--{name}", str(value))]
    words += flags
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(sys.executable, [sys.executable, "-m", "jobs.cli", command, *words])  # nosec B606 # this very program


def _runner(root: Path | None, engine: str | None, warehouse: str | None):  # type: ignore[no-untyped-def]
    from jobs.nights.run import runner
    from jobs.telemetry import listener

    chosen = settings.settings(root, engine, warehouse)
    return runner(chosen, listener(chosen))


def _moment(day: str | None) -> datetime:
    """Now, or this time of the day that is given. Raises `UsageError` for a day that is still to come."""
    now = datetime.now(UTC)
    if day is None:
        return now
    given = _day(day, "--date")
    if given > now.date():
        raise UsageError(f"--date {given} is still to come: a decision counts from the day it was made.")
    return datetime.combine(given, now.time(), UTC)


def _day(text: str, option: str) -> date:
    try:
        day = datetime.strptime(text, "%Y-%m-%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        raise UsageError(f"{option} takes a date as YYYY-MM-DD, not {text!r}.") from None
    if not 1970 <= day.year < 3000:  # windows reach back and deliveries forward from it
        raise UsageError(f"{option} takes a date from 1970 to 2999, not {text!r}.")
    return day


def command() -> int:
    """Run the command that the words of this process name; gives its exit code.

    A known error is one sentence on stderr; anything else leaves its details in a file.
    """
    os.umask(UMASK)
    code = 0
    try:
        logs.use(settings.log_form())
        console.show_logs()
        app(standalone_mode=True)
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except IolausError as error:
        console.error(str(error))
        code = error.exit_code
    except ends.Interrupted as signal:
        ends.say(f"Interrupted by {signal}: {_what_stands()}")
        code = 1
    except Exception as error:
        console.error(causes.sentence(error) or _unexpected(error))
        code = 1
    if reason := console.closed():
        console.error(
            f"What the command says could not be written ({reason}): free space there, or write it elsewhere."
        )
        code = code or 1
    return code


def _what_stands() -> str:
    """What is left when the command ends before it is done."""
    given = next((word for word in sys.argv[1:] if not word.startswith("-")), "")
    return STANDS.get(given, "nothing was changed; run it again.")


def _unexpected(error: Exception) -> str:
    with tempfile.NamedTemporaryFile("w", prefix="iolaus-error-", suffix=".txt", delete=False) as details:
        traceback.print_exc(file=details)
    reason = (str(error).strip().splitlines() or [""])[0][:300]
    where = "".join(f" {note}" for note in getattr(error, "__notes__", ()))
    return f"Unexpected {type(error).__name__}{where}: {reason} (details in {details.name})."


def main() -> None:
    """What people and schedulers start."""
    with ends.interruptible(f"Interrupted: {_what_stands()}"):
        code = command()
    ends.leave(code)


if __name__ == "__main__":
    main()

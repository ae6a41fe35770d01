"""What the commands print: results to stdout, progress and errors to stderr, for a tired person at 3 a.m.

Every text passes `_Console.render_str`, whether it is printed or stands in a table: nothing in it is markup, and what would do
something to a terminal is escaped. Texts of the data, of files' names and of other programs' errors come out as they are read.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from jobs import logs
from jobs.cli import streams
from jobs.views.texts import plain

if TYPE_CHECKING:
    from pathlib import Path

    import pyarrow as pa

    from jobs.evaluation.evaluate import Report
    from jobs.history.deciding import Delivered
    from jobs.history.doctoring import Findings
    from jobs.history.forgetting import Forgotten
    from jobs.history.rekeying import Rekeyed
    from jobs.history.reproducing import Reproduction
    from jobs.history.retention import Expired
    from jobs.history.status import NightStatus
    from jobs.linking.files import Linked
    from jobs.nights.listening import Built
    from jobs.views.explain import Explanation
    from jobs.views.queries import Query


BIGGEST = 5  # clusters, or signals, that a line names
SHORT = 60  # characters of a text of the data that a line shows


class _Console(Console):
    """A console for which texts are texts, and which goes on when nobody reads it any more."""

    def on_broken_pipe(self) -> None:
        self.quiet = True
        streams.silence(self.file)

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(plain(text), **options | {"markup": False, "emoji": False})


class _Logged(logging.Handler):
    """Shows what modules log, such as whom a lease waits for; in JSON also what becomes of nights, and all else on stderr."""

    def emit(self, record: logging.LogRecord) -> None:
        err.print(self.format(record))


log = logging.getLogger(logs.NIGHTS)


err = _Console(stderr=True, highlight=False, soft_wrap=True)
out = _Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)  # logs are not 80 wide


def show_logs() -> None:
    """Let warnings of every module go to stderr as this one shows texts, in the form that was chosen (`jobs.logs`)."""
    handler = _Logged()
    handler.addFilter(lambda record: record.levelno >= logging.WARNING or (logs.is_json() and record.name == log.name))
    handler.setFormatter(logs.JsonLines() if logs.is_json() else logging.Formatter("%(message)s"))
    logging.basicConfig(handlers=[handler])
    if logs.is_json():
        log.setLevel(logging.INFO)
        logging.captureWarnings(True)


def note(text: str, event: str = "note") -> None:
    """What goes on, to stderr."""
    if logs.is_json():
        log.info("%s", text, extra=logs.about(event))
    else:
        err.print(text)


def say(text: str) -> None:
    out.print(text)


def raw(text: str) -> None:
    """A text for programs, as it is."""
    try:
        sys.stdout.write(text)
    except BrokenPipeError:
        streams.silence(sys.stdout)


def error(text: str) -> None:
    """One sentence on stderr; where that cannot be written, the exit code tells alone."""
    with contextlib.suppress(OSError):
        if logs.is_json():
            log.error("%s", text, extra=logs.about("error"))
        else:
            err.print(f"error: {text}", style="bold red")


def closed() -> str | None:
    """Write what waits to be written to stdout and stderr; why it could not be, or None."""
    return streams.flushed(sys.stdout) or streams.flushed(sys.stderr)


@contextlib.contextmanager
def progress(title: str, quiet_seconds: float = 0.0) -> Iterator[Callable[[str], None]]:
    """A spinner with the latest note; plain lines where stderr is no terminal, none before and within `quiet_seconds`."""
    if not err.is_terminal or logs.is_json():
        told = time.monotonic()

        def line(text: str) -> None:
            nonlocal told
            if time.monotonic() - told >= quiet_seconds:
                told = time.monotonic()
                note(f"{title}: {text}")

        yield line
        return
    with err.status(Text(plain(title))) as status:
        yield lambda text: status.update(Text(plain(f"{title}: {text}")))


@contextlib.contextmanager
def nights(which: Sequence[date], steps: int) -> Iterator[Callable[[date], Callable[[Built], None]]]:
    """Progress over nights and steps; a line per finished night where stderr is no terminal.

    Nothing where log lines say it.
    """
    if logs.is_json():
        yield lambda night: lambda built: None
        return
    shown = (SpinnerColumn(), TextColumn("{task.description}", markup=False), BarColumn(), TimeElapsedColumn())
    bar = Progress(*shown, console=err, transient=True)
    task = bar.add_task("starting", total=len(which) * steps)
    with bar if err.is_terminal else contextlib.nullcontext():

        def night_shown(night: date) -> Callable[[Built], None]:
            started = time.monotonic()
            finished: list[Built] = []

            def step_done(built: Built) -> None:
                finished.append(built)
                bar.update(task, advance=1, description=f"{night} {built.step}")
                if len(finished) == steps:
                    made = sum(1 for each in finished if each.rows is not None)
                    seconds = time.monotonic() - started
                    err.print(f"{night}: {made} steps built, {steps - made} unchanged, {seconds:.1f} s")

            return step_done

        yield night_shown


def reproduction(found: Reproduction) -> None:
    """Equal, or which tables differ in how many rows; and whether other code was at work."""
    if found.code_then != found.code_now:
        say(f"Other code: the run was built by code version {found.code_then}, this is {found.code_now}.")
    for each in found.differences:
        say(f"{each.table}: {each.lost} rows only published, {each.gained} rows only now.")
    equal = found.tables - len(found.differences)
    say(f"Night {found.night}: {equal} of {found.tables} published tables are equal to the last digit.")


def rebuilding(night: date, reason: str) -> None:
    note(f"{night}: {reason}; rebuilding it", "rebuilding")


def step(built: Built) -> None:
    if logs.is_json():
        return  # a log line says it
    rows = "unchanged" if built.rows is None else f"{built.rows} rows"
    err.print(f"{built.step}: {rows}, {built.seconds:.1f} s")


def campaigns(campaigns: pa.Table, rankings: pa.Table) -> None:
    """The campaigns of a night, most likely extraction first, and how many of them are expected to be called so wrongly."""
    from jobs.graph.intent.error_rate import expected_false_accusations

    ranks = {
        row["campaign_id"]: (row["rank_low"], row["rank_high"])
        for row in rankings.to_pylist()
        if row["metric"] == "exchanges"
    }
    table = _table("Campaigns", "name", "verdict", "likelihood", "accounts", "exchanges", "rank")
    order = sorted(campaigns.to_pylist(), key=lambda row: (-row["likelihood"], -row["exchanges"], row["campaign_id"]))
    for row in order:
        low, high = ranks.get(row["campaign_id"], (None, None))
        rank = "" if low is None else str(low) if low == high else f"{low}-{high}"
        likelihood = f"{row['likelihood']:.3f} {row['likelihood_words']}"
        cells = (row["name"], row["verdict"], likelihood, f"{row['accounts']:,}", f"{row['exchanges']:,}", rank)
        table.add_row(*cells)
    out.print(table)
    say(
        f"Of {_counted(campaigns.num_rows, 'group')} judged at most {expected_false_accusations(campaigns.num_rows):.2f} are "
        "expected to be called deliberate though innocent."
    )


def explanation(found: Explanation) -> None:
    out.print(found.title, style="bold")
    for line in found.facts:
        out.print(line)
    for section in found.sections:
        table = _table(section.title, "bits", "line", "signal", "entity", "why")
        for piece in section.pieces:
            table.add_row(f"{piece.bits:+.3f}", piece.line, piece.signal, piece.entity or "", piece.explanation)
        table.add_row(f"{section.total:+.3f}", "sum", "", "", section.conclusion, style="bold")
        out.print(table)


def linked(found: Linked, out_file: Path | None) -> None:
    """How many accounts are in how many clusters, how large these are, and what was ignored and why."""
    written = "nothing written" if out_file is None else f"written to {out_file}"
    say(f"{found.accounts:,} accounts in {found.clusters:,} clusters, {written}.")
    if found.sizes:
        biggest = ", ".join(f"{size:,}" for size in found.sizes[:BIGGEST])
        share = found.accounts / found.population
        say(
            f"That is {share:.1%} of {_counted(found.population, 'account')}; the biggest clusters have {biggest} accounts."
        )
    left = found.left_out
    if left.rows:
        lacking = [f"{count:,} without {name}" for name, count in left.lacking.items() if count]
        if left.placeholders:
            texts = ", ".join(f"{text[:SHORT]!r}: {count:,}" for text, count in left.texts)
            lacking.append(f"{left.placeholders:,} whose entity stands for nothing ({texts})")
        say(f"{left.rows:,} rows lack account, signal or entity and were left out: {'; '.join(lacking)}.")
    if len(left.accounts):
        say(f"{_counted(len(left.accounts), 'account')} had no other row and is not looked at.")
    if found.second_names:
        say(
            f"{_counted(found.second_names, 'row')} left out: the same text of the same account under another signal counts once."
        )
    if found.hubs:
        named = "; ".join(
            f"{signal[:SHORT]} {text[:SHORT]!r}, {count:,}" for signal, text, count in found.hubs[:BIGGEST]
        )
        say(f"{_counted(len(found.hubs), 'thing')} that most accounts have and that tie nobody: {named}.")
    for signals in found.one_fact:
        say(f"Counted as one fact: {', '.join(name[:SHORT] for name in signals[:BIGGEST])}.")


def answer(rows: pa.Table) -> None:
    """What a query answered; where that is more than a person reads, the first rows and how to get all."""
    from jobs.views.answers import as_cells

    table = Table()
    for name in rows.column_names:
        table.add_column(name, overflow="fold")
    cells = as_cells(rows)
    for row in cells:
        table.add_row(*row)
    out.print(table)
    shown = "" if len(cells) == rows.num_rows else f", the first {len(cells)} shown: --format csv or json carries all"
    note(f"{_counted(rows.num_rows, 'row')}{shown}.")


def ready_queries(queries: Iterable[Query]) -> None:
    for each in queries:
        say(f"{each.name}: {each.meaning}")


def decided(found: Delivered) -> None:
    """What was recorded, where, and from which night it counts."""
    case = found.case
    what = f"{case.subject_kind} {case.subject_id} is {case.decision}"
    if found.file is None:
        say(f"Nothing to do: {case.analyst} decided at {case.decided_at:%Y-%m-%d %H:%M} UTC that {what}.")
        return
    say(f"Recorded in {found.file}: {what}.")
    _next_night(found)


def taken_back(found: Delivered) -> None:
    case = found.case
    say(f"Taken back in {found.file}: {case.subject_kind} {case.subject_id} is {case.decision}, by {case.analyst}.")
    left = found.in_force
    say(f"In force again: {left.decision}, by {left.analyst}." if left else "No decision on it is left.")
    _next_night(found)


def _next_night(found: Delivered) -> None:
    say(f"The night of {found.night} reads it; nights before stay as they are.")
    if found.foreign:
        say(
            f"Another system delivers this table too ({', '.join(found.foreign)}): its next delivery replaces this one, so "
            "record the decision there as well."
        )


def evaluation(report: Report) -> None:
    for title, (header, *rows) in (("Accuracy", report.rows()), ("Look-alikes", report.lookalike_rows())):
        table = _table(title, *header)
        for row in rows:
            table.add_row(*row)
        out.print(table)


def status(found: Sequence[NightStatus]) -> None:
    table = _table("Nights", "night", "landed", "steps built", "published", "stale", "failed checks")
    for night in found:
        table.add_row(
            night.night.isoformat(),
            "yes" if night.is_landed else "no",
            f"{night.steps_built} of {night.steps}",
            "yes" if night.is_published else "no",
            night.stale_because or "no",
            "; ".join(night.failed_checks) or "none",
        )
    out.print(table)
    stale = [night.night for night in found if night.stale_because]
    if stale:
        last = max(night.night for night in found if night.is_published)
        say(f"`iolaus backfill --stale` rebuilds these, and what builds on them, from {min(stale)} to {last}.")


def findings(found: Findings) -> None:
    """What is damaged, what was mended, and what has to be built again."""
    for sentence in (*found.damages, *found.mended):
        say(f"- {sentence}")
    if found.to_build:
        first, last = found.to_build[0], found.to_build[-1]
        say(f"To be built again: `iolaus backfill --from {first} --to {last}`.")
    if not found.damages and not found.to_build:
        say("Lake and warehouse are whole.")


def opened(count: int, is_closed: bool) -> None:
    """What other users could read of what iolaus keeps."""
    if count and is_closed:
        say(f"Closed to other users: {count:,} files and folders.")
    elif count:
        say(f"Open to other users: {count:,} files and folders; `iolaus doctor --mend` closes them.")


def unfinished_erasures(count: int) -> None:
    if count:
        say(
            f"The erasure of {_counted(count, 'account')} is not finished: run `iolaus forget` with the same accounts again."
        )


def forgotten(found: Forgotten, root: Path) -> None:
    """What left which tables, and what only people can do."""
    if not found.did_something:
        say(f"Nothing to do: {_counted(found.accounts, 'account')} registered before, and nothing of it is left.")
        return
    for account in found.unknown:
        say(f"{account}: no rows found; registered, so it will not come back.")
    if found.was_unfinished:
        say("An earlier run was interrupted; this one finished it and counts only what was left to do.")
    rows = {**found.lake_rows, **{f"warehouse: {name}": each for name, each in found.warehouse_rows.items()}}
    if rows:
        table = _table("Rows removed", "table", "rows")
        for name, count in sorted(rows.items()):
            table.add_row(name, f"{count:,}")
        out.print(table)
    say(
        f"{_counted(found.accounts, 'account')} forgotten: {_counted(sum(found.lake_rows.values()), 'row')} left the lake with "
        f"{_counted(found.removed_files, 'file')}, {_counted(sum(found.warehouse_rows.values()), 'row')} the warehouse; "
        f"{_counted(found.pages, 'page')} no longer say who it was."
    )
    say("Counts and sums stay as they were published. Backfills and later nights leave the accounts out.")
    say("To be done by hand:")
    say(f"- raw zone: {root / 'raw'} still has the records. Have the teams that deliver it delete them there.")
    say(
        "- copies: backups of lake and warehouse, exported files, reports that were sent, what killed commands left in /tmp."
    )
    say("- readers: whoever has the warehouse open reads the old file until they connect again.")
    if found.foreign_catalog:
        say(
            f"- catalog {found.foreign_catalog}: remove the orphaned metadata files that it keeps outside {root / 'lake'}."
        )


def rekeyed(found: Rekeyed, root: Path) -> None:
    """What was written again, and what only people can do."""
    if found.since is None:
        say(f"Nothing to do: the lake is under the newest key ({found.key}).")
        return
    written = {name: (count, "files") for name, count in found.lake_files.items()}
    written |= {f"warehouse: {name}": (count, "rows") for name, count in found.warehouse_rows.items()}
    if written:
        table = _table("Written again", "table", "files or rows")
        for name, (count, what) in sorted(written.items()):
            table.add_row(name, f"{count:,} {what}")
        out.print(table)
    say(
        f"Brought from key {found.since} to {found.key}: {_counted(sum(found.lake_files.values()), 'file')} of the lake, "
        f"{_counted(sum(found.warehouse_rows.values()), 'row')} of the warehouse, {_counted(found.registered, 'account')} of the "
        f"erasure register, {_counted(found.pages, 'page')}; {_counted(found.removed_files, 'file')} removed."
    )
    say("To be done by hand:")
    say(
        "- keys: the keys before stay where they are, in IOLAUS_PSEUDONYM_KEY_BEFORE, on every machine; the lake needs them all."
    )
    say(
        "- copies: backups of lake and warehouse, exported files and reports that were sent still hold tokens of the key before."
    )
    say("- readers: whoever has the warehouse open reads the old file until they connect again.")
    if found.foreign_catalog:
        say(
            f"- catalog {found.foreign_catalog}: remove the orphaned metadata files that it keeps outside {root / 'lake'}."
        )


def expired(found: Expired) -> None:
    """How much went, or that there was nothing."""
    snapshots = sum(found.snapshots.values())
    if not snapshots and not found.files:
        say(
            f"Nothing to do: no snapshot from before {found.before:%Y-%m-%d %H:%M} UTC can go, and no file is left over."
        )
        return
    tables = _counted(len(found.snapshots), "table")
    say(f"{_counted(snapshots, 'snapshot')} of {tables} from before {found.before:%Y-%m-%d %H:%M} UTC dropped.")
    say(f"{_counted(found.files, 'file')} deleted, {found.bytes / 1e6:,.1f} MB.")


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def _table(title: str, *header: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in header:
        table.add_column(name, overflow="fold")
    return table

"""Whole nights on a small world: what lands badly is named or rejected, and the last published night stays in place."""

from __future__ import annotations

import json
import math
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from jobs import contracts, quality, settings
from jobs.errors import IolausError, QualityRefusal, UsageError
from jobs.history.deciding import Case, decide
from jobs.lake.adopting import adopt
from jobs.nights import steps
from jobs.nights.run import Runner, runner
from jobs.views.explain import explain_account
from jobs.warehouse import Warehouse, open_warehouse
from tests.worlds import FIRST, SECOND, copy_of, golden_world, partition, rewrite

Rows = list[dict[str, Any]]
THIRD = SECOND + timedelta(days=1)


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Runner:
    """One engine for all nights here: starting one takes seconds."""
    with runner(settings.settings(tmp_path_factory.mktemp("engine"), "sail")) as opened:
        yield opened


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, engine: Runner) -> Path:
    """Two nights landed, the first of them built and published."""
    root = golden_world(tmp_path_factory.mktemp("night") / "world")
    build(engine, root, FIRST)
    return root


@pytest.fixture
def root(world: Path, tmp_path: Path) -> Path:
    """A copy of the world that a test may spoil; the lake's file paths are absolute, so it is built anew from raw."""
    return copy_of(world / "raw", tmp_path / "raw").parent


def build(engine: Runner, root: Path, night: date) -> Runner:
    """Run a night below `root` on the engine that is already up."""
    own = Runner(settings.settings(root, "sail"))
    own._spark = engine.spark
    own.run(night)
    return own


def published(root: Path) -> Warehouse:
    return open_warehouse("duckdb:///{root}/warehouse.duckdb", root)


def write_json(path: Path, rows: Rows) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def rejections(own: Runner, night: date, table: str) -> set[str]:
    rows = own.lake.read_arrow("staged.rejected", night, night).to_pylist()
    return {row["rejection_reason"] for row in rows if row["table_name"] == table}


def deliveries(own: Runner, night: date) -> dict[str, dict[str, Any]]:
    rows = own.lake.read_arrow("staged.deliveries", night, night).to_pylist()
    return {row["table_name"]: row for row in rows}


def test_the_planted_campaign_is_found_on_its_first_night_and_nobody_innocent_is_accused(world: Path) -> None:
    truth = pq.ParquetFile(world / "truth" / "accounts.parquet").read().to_pylist()
    operated = {row["account_id"] for row in truth if row["role"] == "operated"}
    verdicts = published(world).read("account_verdicts", FIRST).to_pylist()
    accused = {row["account_id"] for row in verdicts if row["verdict"] == "deliberate"}
    assert len(operated) > 40
    assert accused
    assert accused <= operated


def test_every_landed_row_is_accounted_for(world: Path) -> None:
    found = deliveries(Runner(settings.settings(world, "sail")), FIRST)
    assert found["api_requests"]["landed"] > 5000
    for row in found.values():
        assert row["landed"] == row["staged"] + row["duplicates"] + row["rejected"]


def test_evidence_sums_to_the_published_likelihood(world: Path) -> None:
    assert_evidence_sums(world, FIRST)


def test_an_explanation_sums_to_what_was_published_about_an_account_and_its_campaign(world: Path) -> None:
    warehouse = published(world)
    verdicts = warehouse.read("account_verdicts", FIRST).to_pylist()
    accused = [row for row in verdicts if row["verdict"] == "deliberate"]
    account = min(accused, key=lambda row: str(row["account_id"]))
    membership, intent = explain_account(warehouse, account["account_id"], FIRST).sections
    for section in (membership, intent):
        assert section.pieces[0].signal == "prior"
        assert math.isclose(math.fsum(piece.bits for piece in section.pieces), section.total, abs_tol=1e-9)
    assert any(piece.bits < 0 for piece in intent.pieces[1:])  # what speaks against it is shown too
    likelihood = 1 / (1 + 2**-intent.total)
    assert math.isclose(1 / (1 + 2**-membership.total), account["membership"], abs_tol=1e-6)
    assert math.isclose(account["membership"] * likelihood, account["likelihood"], abs_tol=2e-6)


def assert_evidence_sums(root: Path, night: date) -> None:
    evidence = published(root).read("campaign_evidence", night).to_pylist()
    for row in published(root).read("campaigns", night).to_pylist():
        pieces = [
            e["bits"] for e in evidence if e["subject_kind"] == "campaign" and e["subject_id"] == row["campaign_id"]
        ]
        assert math.isclose(math.fsum(pieces), row["posterior_bits"], abs_tol=1e-9)
        assert math.isclose(1 / (1 + 2 ** -math.fsum(pieces)), row["likelihood"], abs_tol=1e-6)
    for row in published(root).read("campaign_members", night).to_pylist():
        mine = [
            e["bits"]
            for e in evidence
            if e["subject_kind"] == "account"
            and (e["subject_id"], e["campaign_id"]) == (row["account_id"], row["campaign_id"])
        ]
        assert math.isclose(math.fsum(mine), row["bits"], abs_tol=1e-9)
        assert math.isclose(1 / (1 + 2 ** -math.fsum(mine)), row["membership"], abs_tol=1e-6)


def test_what_analysts_decide_holds_on_the_next_night_and_is_in_the_evidence(engine: Runner, root: Path) -> None:
    build(engine, root, FIRST)
    found = published(root).read("campaigns", FIRST).to_pylist()
    (raised,) = [row["campaign_id"] for row in found if row["verdict"] == "deliberate"][:1]
    members = published(root).read("campaign_members", FIRST).to_pylist()
    cleared = min(row["account_id"] for row in members if (row["campaign_id"], row["role"]) == (raised, "operated"))
    decided_at = datetime(SECOND.year, SECOND.month, SECOND.day, 1, tzinfo=UTC)
    for kind, subject, decision in (("campaign", raised, "rejected"), ("account", cleared, "benign_research")):
        decide(settings.settings(root, "sail"), Case(decided_at, kind, subject, decision, "kim"))
    build(engine, root, SECOND)
    campaign = {row["campaign_id"]: row for row in published(root).read("campaigns", SECOND).to_pylist()}[raised]
    assert (campaign["verdict"], campaign["likelihood"] < 0.05) == ("benign", True)
    verdicts = {row["account_id"]: row for row in published(root).read("account_verdicts", SECOND).to_pylist()}
    assert (verdicts[cleared]["verdict"], verdicts[cleared]["likelihood"]) == ("benign", 0.0)
    evidence = published(root).read("campaign_evidence", SECOND).to_pylist()
    decided = [row for row in evidence if row["campaign_id"] == raised and row["signal"].startswith("decision:")]
    assert sorted((row["subject_id"], row["signal"]) for row in decided) == sorted(
        [(raised, "decision:rejected"), (cleared, "decision:benign_research")]
    )
    assert all("decision " in row["explanation"] for row in decided)
    assert_evidence_sums(root, SECOND)


def test_an_unchanged_night_builds_nothing(engine: Runner, world: Path) -> None:
    before = (world / "warehouse.duckdb").read_bytes()
    own = Runner(settings.settings(world, "sail"))
    own._spark = engine.spark
    built: list[Any] = []
    own.run(FIRST, built.append)
    assert len(built) > 50
    assert [each.step for each in built if each.rows is not None] == []
    assert (world / "warehouse.duckdb").read_bytes() == before


def as_documented(root: Path) -> dict[str, Any]:
    """What the code in docs/iceberg.md finds in the lake below `root`, with its function `read`."""
    page = Path(__file__).parents[2].joinpath("docs/iceberg.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    found: dict[str, Any] = {"LAKE": root / "lake"}
    exec(code, found)
    return found


def test_every_published_table_is_read_from_iceberg_as_documented_with_the_rows_of_the_warehouse(world: Path) -> None:
    found = as_documented(world)
    assert [run["as_of_date"] for run in found["runs"]] == [FIRST]
    names = [name.partition(".")[2] for name in contracts.names("published") if name != steps.RUNS]
    assert len(names) == 10
    for name in names:
        shown = published(world).read(name, FIRST)
        stored = found["read"](name, found["newest"]).select(shown.column_names).cast(shown.schema)
        assert Counter(map(str, stored.to_pylist())) == Counter(map(str, shown.to_pylist())), name


def test_what_is_built_and_not_published_is_not_seen_by_who_reads_as_documented(engine: Runner, root: Path) -> None:
    own = Runner(settings.settings(root, "sail"))
    own._spark = engine.spark
    own.run(FIRST)
    before = as_documented(root)
    rewrite(root, "api_requests", FIRST, lambda rows: [])
    for name in list(steps.steps())[:-1]:  # all but publishing
        own.build(name, FIRST)
    after = as_documented(root)
    assert (after["runs"], after["campaigns"].to_pylist()) == (before["runs"], before["campaigns"].to_pylist())
    assert after["campaigns"].num_rows
    own.build(steps.PUBLISH, FIRST)
    anew = as_documented(root)
    assert anew["newest"]["run_id"] != before["newest"]["run_id"]
    assert anew["campaigns"].num_rows == 0
    assert anew["read"]("campaigns", before["newest"]).num_rows == before["campaigns"].num_rows


def test_bad_rows_are_rejected_with_their_reasons_and_the_night_goes_on(engine: Runner, root: Path) -> None:
    spoiled: dict[str, dict[str, object]] = {
        "wrong_type:input_tokens": {"input_tokens": "many"},
        "negative:output_tokens": {"output_tokens": -5},
        "in_the_future": {"requested_at": "2026-03-09T00:00:00Z"},
    }

    def change(rows: Rows) -> Rows:
        bad = [{**rows[0], "request_id": f"bad-{n}", **values} for n, values in enumerate(spoiled.values())]
        return [*bad, *rows, {**rows[0]}, {**rows[0], "request_id": "of-a-stranger", "account_id": "nobody-knows-me"}]

    rewrite(root, "api_requests", FIRST, change)
    with (partition(root, "api_requests", FIRST) / "part-0.jsonl").open("a") as file:
        file.write('{"request_id": "cut o')
    shutil.rmtree(root / "raw" / "logins")
    own = build(engine, root, FIRST)
    assert rejections(own, FIRST, "api_requests") >= {*spoiled, "unreadable_json"}
    assert deliveries(own, FIRST)["api_requests"]["duplicates"] >= 1
    checks = published(root).read("data_quality", FIRST).to_pylist()
    (stranger,) = [row for row in checks if row["expectation"] == "accounts are known to identity"]
    assert (stranger["success"], stranger["severity"]) == (False, "warning")
    (told,) = [row for row in checks if row["table_name"] == "staged.logins" and row["expectation"] == "delivered"]
    assert told["success"] is False
    assert "logins" in told["observed"]


def test_a_repeat_in_a_later_partition_is_a_duplicate(engine: Runner, root: Path) -> None:
    repeated: Rows = []
    rewrite(root, "api_requests", FIRST, lambda rows: repeated.extend(rows[:7]) or rows)
    rewrite(root, "api_requests", SECOND, lambda rows: rows)
    before = stage(engine, root, SECOND)["duplicates"]
    rewrite_json(root, SECOND, repeated)
    assert stage(engine, root, SECOND)["duplicates"] == before + 7


def stage(engine: Runner, root: Path, last: date) -> dict[str, Any]:
    """Only the staged tables of both nights; gives what became of the requests delivered on the last."""
    own = Runner(settings.settings(root, "sail"))
    own._spark = engine.spark
    for night in (FIRST, last):
        for step in (each for each in steps.upstream() if each.startswith("staged.")):
            own.build(step, night)
    return deliveries(own, last)["api_requests"]


def rewrite_json(root: Path, night: date, more: Rows) -> None:
    import json

    with (partition(root, "api_requests", night) / "part-0.jsonl").open("a") as file:
        file.writelines(json.dumps(row, default=lambda value: value.isoformat()) + "\n" for row in more)


def missing_table(root: Path) -> None:
    shutil.rmtree(root / "raw" / "accounts")


def empty_partition(root: Path) -> None:
    for path in partition(root, "api_requests", SECOND).iterdir():
        path.unlink()


def truncated_file(root: Path) -> None:
    (path,) = partition(root, "api_requests", SECOND).glob("*.parquet")
    path.write_bytes(path.read_bytes()[:-500])


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [(missing_table, "accounts"), (empty_partition, "api_requests"), (truncated_file, "part-0.parquet")],
    ids=["missing table", "empty partition", "truncated file"],
)
def test_a_night_that_cannot_be_read_leaves_the_published_one_in_place(
    engine: Runner, world: Path, root: Path, spoil: Callable[[Path], None], sentence: str
) -> None:
    shutil.copyfile(world / "warehouse.duckdb", root / "warehouse.duckdb")
    shutil.copytree(world / "lake", root / "lake")
    adopt(root)
    before = (root / "warehouse.duckdb").read_bytes()
    spoil(root)
    with pytest.raises(IolausError, match=sentence) as told:
        build(engine, root, SECOND)
    assert "\n" not in str(told.value)
    assert (root / "warehouse.duckdb").read_bytes() == before


def test_a_night_without_any_request_is_published(engine: Runner, root: Path) -> None:
    rewrite(root, "api_requests", FIRST, lambda rows: [])
    build(engine, root, FIRST)
    assert published(root).read("campaigns", FIRST).num_rows == 0
    assert published(root).read("account_verdicts", FIRST).num_rows > 100


def test_a_critical_check_refuses_to_publish(engine: Runner, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    failed = quality.Outcome("staged.accounts", "made to fail", "critical", False)
    monkeypatch.setattr(quality, "judge", lambda *_: [failed])
    with pytest.raises(QualityRefusal, match="made to fail"):
        build(engine, root, FIRST)
    assert not (root / "warehouse.duckdb").exists()


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    import os

    known = {name: value for name, value in os.environ.items() if not name.startswith("IOLAUS_")}
    line = [sys.executable, "-m", "jobs.cli", *arguments]
    return subprocess.run(line, capture_output=True, text=True, env={**known, **environment})


KEY = {"IOLAUS_PSEUDONYM_KEY": "a-key-of-sixteen-bytes-or-more"}


@pytest.mark.parametrize(
    ("arguments", "environment", "code", "sentence"),
    [
        (("run", "--root", "/no/such/root", "--date", "2026-03-02"), KEY, 2, "does not exist"),
        (("run", "--root", "{root}", "--date", "2026-03-02"), {}, 2, "pseudonym key is not set"),
        (("run", "--root", "{root}", "--date", "2031-01-01"), KEY, 1, "Nothing has landed for 2031-01-01"),
        (("run", "--root", "{root}", "--date", "tomorrow"), KEY, 2, "--date takes a date"),
        (("build", "signals.nonsense", "--root", "{root}", "--date", "2026-03-02"), KEY, 2, "no step"),
        (("run", "--root", "{root}", "--date", "2026-03-02", "--engine", "abacus"), KEY, 2, "abacus"),
    ],
    ids=["no root", "no key", "nothing landed", "no date", "no step", "no engine"],
)
def test_wrong_use_is_one_sentence_on_stderr(
    world: Path, arguments: tuple[str, ...], environment: dict[str, str], code: int, sentence: str
) -> None:
    done = command(*(each.replace("{root}", str(world)) for each in arguments), **environment)
    assert done.returncode == code
    assert sentence in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_a_key_that_is_too_short_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IOLAUS_PSEUDONYM_KEY", "short")
    with pytest.raises(UsageError, match="shorter than 16 bytes"):
        settings.pseudonym_keys()

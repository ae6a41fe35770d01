"""Two nights, from which a member of a campaign and an innocent are forgotten: nothing of them is left, nor comes back."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from jobs import settings
from jobs.errors import IolausError
from jobs.history import reproducing
from jobs.history.status import nights as status
from jobs.history.status import unfinished_erasures
from jobs.lake.lake import Lake
from jobs.nights import fingerprints, steps
from jobs.nights.run import Runner, runner
from jobs.nights.steps import RUNS
from jobs.privacy import erasures
from jobs.warehouse import Warehouse, open_warehouse
from tests.lab.ten_nights import command
from tests.lab.ten_nights import published as texts
from tests.traces import kinds, traces
from tests.worlds import FIRST, SECOND, golden_world, partition

pytestmark = pytest.mark.slow  # whole nights; tests/jobs/test_forgetting.py has the same claims on small lakes
NIGHTS = [FIRST, SECOND]
WITHOUT_ACCOUNTS = (
    "campaigns",
    "campaign_daily",
    "campaign_lineage",
    "campaign_rankings",
    "link_audit",
    "data_quality",
)
Rows = dict[str, Counter[str]]


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    """Both nights of a world in which analysts and other providers speak of the member, too. The tests go on from there."""
    root = golden_world(tmp_path_factory.mktemp("forgetting") / "world", days=2)
    with runner(settings.settings(root, "sail")) as opened:
        opened.run(FIRST)
        gone = chosen(opened.lake)
        decided = {
            "decided_at": f"{SECOND}T08:00:00Z",
            "subject_kind": "account",
            "decision": "confirmed",
            "analyst": "kim",
        }
        deliver(
            root,
            "case_decisions",
            decided | {"subject_id": gone[0]},
            decided | {"subject_id": "b", "note": f"as {gone[0]}"},
        )
        named = {"indicator_id": "x1", "kind": "account", "value": gone[0], "actor": "someone", "source_id": "s1"}
        graded = {"source_reliability": "B", "credibility": 2, "valid_from": f"{FIRST}T00:00:00Z"}
        deliver(root, "indicators", named | graded)
        opened.run(SECOND)
        yield opened


def deliver(root: Path, table: str, *rows: dict[str, object]) -> None:
    folder = partition(root, table, SECOND)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "part-9.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def chosen(lake: Lake) -> list[str]:
    """The account that the first night's campaign is named after, and the smallest one that belongs to none."""
    members = lake.read_arrow("campaigns.clusters", FIRST, FIRST, ["account_id"])["account_id"]
    everybody = lake.read_arrow("campaigns.verdicts", FIRST, FIRST, ["account_id"])["account_id"]
    return [pc.min(members).as_py(), min(set(everybody.to_pylist()) - set(members.to_pylist()))]


def places(root: Path) -> list[Path]:
    return [root / "lake", root / "warehouse.duckdb", root / "quality"]


def published(root: Path) -> Warehouse:
    return open_warehouse("duckdb:///{root}/warehouse.duckdb", root)


def others(lake: Lake, gone: list[str]) -> Rows:
    """Rows of every table of the lake that do not speak of the accounts, without what is counted or labelled anew."""
    found = {}
    for name in lake.tables.names():
        table = lake.read_arrow(name, FIRST, SECOND)
        left_out = {"cluster_id", "component", "staged", "erased", "note"} & set(table.column_names)
        rows = (json.dumps(row, default=str) for row in table.drop_columns(sorted(left_out)).to_pylist())
        found[name] = Counter(row for row in rows if not any(each in row for each in gone))
    return found


def stale(own: Runner) -> list[str | None]:
    """Why each night is stale; the first one is, because rows of it came late."""
    return [each.stale_because for each in status(own.settings)]


def run_command(root: Path, *words: str) -> str:
    done = subprocess.run(command(*words, "--root", str(root)), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_of_the_forgotten_is_left_and_the_rest_is_as_published(own: Runner) -> None:
    root, lake = own.settings.root, own.lake
    gone = chosen(lake)
    before, texts_before = others(lake, gone), texts(root)
    stale_before = stale(own)
    runs_before = published(root).read("runs", None).to_pylist()
    emails = (
        lake.read_arrow("staged.accounts", SECOND, SECOND)
        .filter(pc.field("account_id").isin(gone))["email"]
        .to_pylist()
    )
    found = traces([*gone, *emails], *places(root))
    for account in gone:
        assert kinds([each for each in found if account in each]) == {".parquet", ".avro", ".duckdb"}
    assert all(any(email in each for each in found) for email in emails)

    said = run_command(root, "forget", *gone)

    assert traces([*gone, *emails], *places(root)) == []
    assert "2 accounts forgotten" in said
    assert "staged.api_requests" in said
    assert f"{root}/raw still has the records" in said
    assert not any(account in said for account in gone), "logs keep what commands print"
    lake = Lake(root)
    assert others(lake, gone) == before
    after = texts(root)
    assert {name: after[name] for name in WITHOUT_ACCOUNTS} == {name: texts_before[name] for name in WITHOUT_ACCOUNTS}
    assert published(root).read("runs", None).to_pylist() == runs_before
    for night in NIGHTS:
        labels = lake.read_arrow("campaigns.lineage", night, night, ["cluster_id"])["cluster_id"].drop_null()
        assert set(labels.to_pylist()) <= set(
            lake.read_arrow("campaigns.clusters", night, night)["cluster_id"].to_pylist()
        )
        counted = {row["table_name"]: row for row in lake.read_arrow("staged.deliveries", night, night).to_pylist()}
        for name, row in counted.items():
            assert row["landed"] == row["staged"] + row["duplicates"] + row["rejected"] + (row["erased"] or 0)
            assert row["staged"] == lake.read_arrow(f"staged.{name}", night, night).num_rows
        assert counted["accounts"]["erased"] == 2
    assert stale(own) == stale_before
    assert unfinished_erasures(own.settings) == 0


def test_the_nights_stand_as_they_are_and_cannot_be_reproduced(own: Runner) -> None:
    """Goes on from the test before."""
    root = own.settings.root
    built: list[object] = []
    for night in NIGHTS:
        own.run(night, lambda each: built.append(each.rows))
    assert set(built) == {None}
    for run_id in published(root).read("runs", None)["run_id"].to_pylist():
        with pytest.raises(IolausError, match=r"was changed by an erasure .* cannot be reproduced"):
            reproducing.reproduce(own.settings, run_id)


def test_what_is_staged_again_from_the_raw_zone_leaves_them_out(own: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Goes on from the tests before. Other code makes every step be built again."""
    root, lake = own.settings.root, Lake(own.settings.root)
    gone, before = not_staged(root), deliveries(root)
    assert len(gone) == 2
    landed = {name: (row["landed"], row["staged"]) for name, row in before.items()}
    monkeypatch.setattr(fingerprints, "code_version", lambda: "another-code")

    order = [step for step in steps.upstream() if step.startswith("staged.")]
    assert None not in [own.build(step, SECOND).rows for step in order]
    assert {own.build(step, SECOND).rows for step in order} == {None}, "a night without them is not stale"

    assert traces(gone, *places(root)) == []
    after = deliveries(root)
    assert {name: (row["landed"], row["staged"]) for name, row in after.items()} == landed
    assert all(after[name]["erased"] >= (before[name]["erased"] or 0) for name in after)
    assert after["case_decisions"]["erased"] == after["indicators"]["erased"] == 1
    lake = Lake(root)
    assert "as [erased]" in lake.read_arrow("staged.case_decisions", SECOND, SECOND)["note"].to_pylist()
    assert gone == not_staged(root)


def test_a_whole_night_that_is_built_again_has_nothing_of_them_and_can_be_reproduced(
    own: Runner, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = own.settings.root
    if not not_staged(root):  # the tests before were not chosen
        run_command(root, "forget", *chosen(own.lake))
    monkeypatch.setattr(fingerprints, "code_version", lambda: "another-code")
    own.run(SECOND)
    assert traces(not_staged(root), *places(root)) == []
    (run,) = published(root).read("runs", SECOND).to_pylist()
    assert run["rows_erased"] == sum(row["erased"] for row in deliveries(root).values()) > 30
    assert reproducing.reproduce(own.settings, run["run_id"]).differences == ()


def deliveries(root: Path) -> dict[str, dict[str, Any]]:
    return {row["table_name"]: row for row in Lake(root).read_arrow("staged.deliveries", SECOND, SECOND).to_pylist()}


def not_staged(root: Path) -> list[str]:
    """Accounts that were delivered and are not in the lake."""
    raw = [pq.ParquetFile(path).read(["account_id"]) for path in partition(root, "accounts", SECOND).glob("*.parquet")]
    kept = Lake(root).read_arrow("staged.accounts", SECOND, SECOND)["account_id"].to_pylist()
    return sorted(set(pa.concat_tables(raw)["account_id"].to_pylist()) - set(kept))


def test_what_expires_is_old_and_not_in_use(own: Runner) -> None:
    """Goes on from the test before."""
    root = own.settings.root
    before, stale_before = texts(root), stale(own)
    lake = Lake(root)
    builds = {name: lake.builds(name) for name in lake.tables.names()}
    day = datetime.now(UTC).date() + timedelta(days=9)
    assert "deleted" in run_command(root, "expire", "--keep-days", "7", "--date", f"{day}")
    assert {name: Lake(root).builds(name) for name in builds} == builds
    assert texts(root) == before
    assert [each.steps_built for each in status(own.settings)] == [len(steps.upstream())] * 2
    assert stale(own) == stale_before
    assert {each.done_on for each in erasures.read(lake)} == {datetime.now(UTC).date()}
    assert date.fromisoformat(f"{lake.history(RUNS)[0].night}") == FIRST

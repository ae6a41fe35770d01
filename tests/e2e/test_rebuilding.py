"""However and whenever a night is built again, it says the same; and rows that come late change the night they are of."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from jobs import contracts, settings
from jobs.errors import IolausError
from jobs.history import rebuilding
from jobs.history.reproducing import Difference, reproduce
from jobs.history.status import nights as status
from jobs.lake.builds import Build
from jobs.lake.lake import Lake
from jobs.nights import fingerprints
from jobs.nights.run import Runner, runner
from jobs.warehouse import Warehouse, open_warehouse
from tests.lab.ten_nights import TABLES, backfill, begun, killed
from tests.lab.ten_nights import published as texts
from tests.worlds import FIRST, SECOND, copy_of, golden_world, partition

NIGHTS = [FIRST, SECOND]


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Runner]:
    with runner(settings.settings(tmp_path_factory.mktemp("engine"), "sail")) as opened:
        yield opened


def at(engine: Runner, root: Path) -> Runner:
    """A runner below `root` on the engine that is already up."""
    own = Runner(settings.settings(root, "sail"))
    own._spark = engine.spark
    return own


def published(root: Path) -> Warehouse:
    return open_warehouse("duckdb:///{root}/warehouse.duckdb", root)


def stale(root: Path) -> dict[date, str]:
    return {each.night: each.stale_because for each in status(settings.settings(root)) if each.stale_because}


def in_time(root: Path) -> Path:
    """Move every late request into the partition of the day it belongs to, where that day has one."""
    for night in NIGHTS[1:]:
        (path,) = partition(root, "api_requests", night).glob("*.parquet")
        rows = pq.ParquetFile(path).read()
        days = pc.cast(rows["requested_at"], pa.date32())
        moved = pa.array([False] * rows.num_rows)
        for earlier in (each for each in NIGHTS if each < night):
            of_day = pc.equal(days, pa.scalar(earlier, pa.date32())).combine_chunks()
            pq.write_table(rows.filter(of_day), partition(root, "api_requests", earlier) / f"from-{night}.parquet")
            moved = pc.or_(moved, of_day)
        pq.write_table(rows.filter(pc.invert(moved)), path)
    return root


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, engine: Runner) -> Path:
    """Two nights run one by one as they were delivered, a hundredth of the requests late. The tests go on from there."""
    root = golden_world(tmp_path_factory.mktemp("rebuilding") / "world", days=2)
    for night in NIGHTS:
        at(engine, root).run(night)
    return root


def test_a_backfill_without_the_lake_killed_in_a_night_and_run_again_gives_the_nightly_tables(
    engine: Runner, world: Path
) -> None:
    nightly, runs = texts(world), published(world).read("runs", None).to_pylist()
    assert nightly["campaigns"].count("\n") > 1
    (world / "lake").rename(world / "lake-of-before")

    code = killed(backfill(world, NIGHTS), begun(world, "campaigns.members", SECOND))

    assert code == -9
    assert texts(world) == nightly, "the last published night stays in place"
    again = Runner(settings.settings(world, "sail"))
    assert SECOND not in again.lake.builds("published.campaigns")
    assert SECOND in again.lake.builds("links.components")
    at(engine, world).run(SECOND)
    assert texts(world) == nightly
    now = published(world).read("runs", None).to_pylist()
    for then, after in zip(runs, now, strict=True):
        assert after["published_at"] > then["published_at"], "it was indeed built again"
        assert after["first_published_at"] == then["published_at"]
        assert after["run_id"] == then["run_id"]


def test_late_rows_are_told_rebuilt_and_then_as_if_they_had_come_in_time(
    engine: Runner, world: Path, tmp_path: Path
) -> None:
    timely = in_time(copy_of(world / "raw", tmp_path / "raw").parent)
    for night in NIGHTS:
        at(engine, timely).run(night)
    assert stale(timely) == {}

    told = stale(world)
    assert set(told) == {FIRST}
    assert told[FIRST].startswith(f"raw/api_requests/ds={SECOND} brought ")
    assert "rows of the night after it was built" in told[FIRST]
    before = published(world).read("runs", None).to_pylist()
    assert [(row["stale"], row["stale_because"]) for row in before] == [(True, told[FIRST]), (False, None)]
    assert [row["knows_deliveries_to"] for row in before] == NIGHTS
    assert texts(world)["campaign_daily"] != texts(timely)["campaign_daily"]

    assert rebuilding.rebuild(at(engine, world), lambda *_: None, since=SECOND) == []
    assert rebuilding.rebuild(at(engine, world), lambda *_: None, at_most=1) == [FIRST]
    assert set(stale(world)) == {SECOND}
    assert rebuilding.rebuild(at(engine, world), lambda *_: None) == [SECOND]

    for name, text in texts(world).items():
        assert text == texts(timely)[name], name
    assert stale(world) == {}
    after = published(world).read("runs", None).to_pylist()
    assert [(row["stale"], row["stale_because"]) for row in after] == [(False, None), (False, None)]
    assert [row["knows_deliveries_to"] for row in after] == [SECOND, SECOND]
    for then, now in zip(before, after, strict=True):
        assert now["first_published_at"] == then["first_published_at"] <= then["published_at"] < now["published_at"]
    assert rebuilding.rebuild(at(engine, world), lambda *_: None) == []
    built: list[object] = []
    at(engine, world).run(FIRST, lambda each: built.append(each.rows))
    assert set(built) == {None}, "a plain run of the night keeps what it knows"


def test_a_run_is_reproduced_from_its_snapshots_and_what_differs_is_told(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The raw zone is gone, the version of the first night has been published over, and another's warehouse was edited."""
    monkeypatch.setattr(fingerprints, "code_version", lambda: "another-code")
    lake = Runner(settings.settings(world, "sail")).lake
    first, *_ = [build for build in lake.history("published.runs") if build.night == FIRST]
    (replaced,) = lake.read_arrow("published.runs", FIRST, FIRST, snapshot_id=first.snapshot_id)["run_id"].to_pylist()
    (current,) = published(world).read("runs", SECOND)["run_id"].to_pylist()
    assert replaced not in published(world).read("runs", None)["run_id"].to_pylist()
    with duckdb.connect(str(world / "warehouse.duckdb")) as edited:
        edited.execute("UPDATE attribution.campaigns SET accounts = accounts + 1 WHERE as_of_date = ?", [SECOND])
    before = (world / "warehouse.duckdb").read_bytes()
    snapshots = {name: [b.snapshot_id for b in lake.history(name)] for name in contracts.names("published")}
    (world / "raw").rename(world / "raw-of-before")

    equal, edited_then = (reproduce(settings.settings(world, "sail"), run_id) for run_id in (replaced, current))

    (world / "raw-of-before").rename(world / "raw")
    assert (equal.night, equal.tables, equal.differences) == (FIRST, len(TABLES), ())
    assert (equal.code_then, equal.code_now) == (first.code, "another-code")
    campaigns = published(world).read("campaigns", SECOND).num_rows
    assert campaigns > 0
    assert edited_then.differences == (Difference("campaigns", campaigns, campaigns),)
    assert (world / "warehouse.duckdb").read_bytes() == before
    assert snapshots == {name: [b.snapshot_id for b in lake.history(name)] for name in contracts.names("published")}


def test_a_run_that_is_not_there_or_whose_snapshots_expired_is_told(
    world: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = settings.settings(world, "sail")
    with pytest.raises(IolausError, match="No published run has the id nonsense"):
        reproduce(chosen, "nonsense")
    (current,) = published(world).read("runs", SECOND)["run_id"].to_pylist()
    history = Lake.history

    def expired(lake: Lake, name: str) -> list[Build]:
        return [] if name == "campaigns.registry" else history(lake, name)

    monkeypatch.setattr(Lake, "history", expired)
    with pytest.raises(IolausError, match=r"of table campaigns\.registry has expired"):
        reproduce(chosen, current)


def test_a_corrected_partition_makes_its_night_stale_and_a_touched_or_removed_one_does_not(world: Path) -> None:
    (path,) = partition(world, "accounts", SECOND).glob("*.parquet")
    os.utime(path)
    hidden = world / "raw" / "charges-of-before"
    (world / "raw" / "charges").rename(hidden)
    assert stale(world) == {}
    hidden.rename(world / "raw" / "charges")
    half = partition(world, "api_requests", SECOND + timedelta(days=1)) / "part-0.parquet"
    half.parent.mkdir()
    half.write_bytes(path.read_bytes()[:100])
    assert stale(world) == {}, "a delivery that is still being written says nothing yet"
    half.unlink()
    kept = path.read_bytes()
    rows = pq.ParquetFile(path).read()
    pq.write_table(rows.slice(0, rows.num_rows - 1), path)
    assert stale(world) == {SECOND: f"raw/accounts/ds={SECOND} changed after the night was built"}
    path.write_bytes(kept)
    assert stale(world) == {}


def test_a_rebuilt_night_makes_the_one_that_was_built_on_it_stale(engine: Runner, world: Path) -> None:
    (path,) = partition(world, "logins", FIRST).glob("*.parquet")
    rows = pq.ParquetFile(path).read()
    pq.write_table(rows.slice(0, rows.num_rows - 1), path)
    assert set(stale(world)) == {FIRST}
    own = at(engine, world)
    for step in ("staged.logins", "signals.devices", "signals.login_addresses"):
        own.build(step, FIRST)
    told = stale(world)
    assert set(told) == {FIRST, SECOND}
    assert told[SECOND] == f"staged.logins of {FIRST} was rebuilt after it was used"

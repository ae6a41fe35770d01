"""Rows that come late change the nights they belong to: told, rebuilt, and then as if they had come in time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from jobs import contracts, settings, stale_nights
from jobs.run import Runner, runner
from jobs.status import nights as status
from jobs.warehouse import Warehouse, open_warehouse
from tests.worlds import FIRST, SECOND, copy_of, exact_text, golden_world, partition

NIGHTS = (FIRST, SECOND)
TABLES = [name.split(".")[1] for name in contracts.names("published") if name != "published.runs"]


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


def reasons(root: Path) -> dict[date, str]:
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


def texts(root: Path, night: date | None = None) -> dict[str, str]:
    return {name: exact_text(published(root).read(name, night)) for name in TABLES}


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory, engine: Runner) -> Path:
    """Two nights run one by one as they were delivered, a hundredth of the requests late."""
    root = golden_world(tmp_path_factory.mktemp("late") / "world", days=2)
    for night in NIGHTS:
        at(engine, root).run(night)
    return root


def test_late_rows_are_told_rebuilt_and_then_as_if_they_had_come_in_time(
    engine: Runner, late: Path, tmp_path: Path
) -> None:
    timely = in_time(copy_of(late / "raw", tmp_path / "raw").parent)
    for night in NIGHTS:
        at(engine, timely).run(night)
    assert reasons(timely) == {}

    told = reasons(late)
    assert set(told) == {FIRST}
    assert told[FIRST].startswith(f"raw/api_requests/ds={SECOND} brought ")
    assert "rows of the night after it was built" in told[FIRST]
    before = published(late).read("runs", None).to_pylist()
    assert [row["stale"] for row in before] == [True, False]
    assert [row["knows_deliveries_to"] for row in before] == list(NIGHTS)
    as_known_then = texts(late)
    assert as_known_then["campaign_daily"] != texts(timely)["campaign_daily"]

    assert stale_nights.rebuild(at(engine, late), lambda *_: None) == list(NIGHTS)

    for name, text in texts(late).items():
        assert text == texts(timely)[name], name
    assert reasons(late) == {}
    after = published(late).read("runs", None).to_pylist()
    assert [row["stale"] for row in after] == [False, False]
    assert [row["knows_deliveries_to"] for row in after] == [SECOND, SECOND]
    for then, now in zip(before, after, strict=True):
        assert now["first_published_at"] == then["published_at"] < now["published_at"]
        assert now["rows_in"] > 0
    assert stale_nights.rebuild(at(engine, late), lambda *_: None) == []
    built: list[object] = []
    at(engine, late).run(FIRST, lambda each: built.append(each.rows))
    assert set(built) == {None}, "a plain run of the night keeps what it knows"

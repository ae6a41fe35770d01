"""Which night a row counts in: the one that delivers it, until the night of its day is staged again and takes it in."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs import landing, settings
from jobs.nights.run import Runner
from jobs.staged import declared
from tests.worlds import FIRST, SECOND, golden_world, partition

STEP = "staged.api_requests"
THIRD = SECOND + timedelta(days=1)


@pytest.fixture
def own(tmp_path: Path, spark: SparkSession) -> Runner:
    made = Runner(settings.settings(golden_world(tmp_path, days=3), "sail"))
    made._spark = spark
    return made


def staged(own: Runner, *nights: date) -> list[tuple[str, date, date]]:
    """Request, night and day of everything staged."""
    found: list[tuple[str, date, date]] = []
    for night in nights:
        rows = own.lake.read_arrow(STEP, night, night, ["request_id", "activity_date"]).to_pylist()
        found += [(row["request_id"], night, row["activity_date"]) for row in rows]
    return found


def stage(own: Runner, night: date, known_on: date | None = None) -> int | None:
    return own.build(STEP, night, known_on).rows


def counts(own: Runner, night: date) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(own.lake.builds(STEP)[night].properties["delivery"])
    return found


def test_a_late_row_counts_where_it_is_delivered_until_its_own_night_takes_it(own: Runner) -> None:
    for night in (FIRST, SECOND, THIRD):
        stage(own, night)
    nightly = staged(own, FIRST, SECOND, THIRD)
    late = {(request, day) for request, night, day in nightly if day < night}
    assert {day for _, day in late} >= {FIRST, SECOND}

    assert stage(own, FIRST, known_on=THIRD + timedelta(days=1)) is not None
    assert stage(own, SECOND, known_on=THIRD + timedelta(days=1)) is not None
    assert stage(own, THIRD) is not None, "it must give up the rows that were taken"

    moved = staged(own, FIRST, SECOND, THIRD)
    assert sorted((request, day) for request, _, day in moved) == sorted((request, day) for request, _, day in nightly)
    assert [row for row in moved if row[1] != max(row[2], FIRST)] == []
    for night in (FIRST, SECOND, THIRD):
        found = counts(own, night)
        assert found["landed"] == found["staged"] + found["duplicates"] + found["rejected"]
    assert counts(own, FIRST)["late"] > 0
    files = [pq.ParquetFile(p).metadata.num_rows for p in (own.settings.root / "raw/api_requests").glob("*/*.parquet")]
    assert sum(counts(own, night)["landed"] for night in (FIRST, SECOND, THIRD)) == sum(files)


def test_rows_taken_before_their_partition_was_staged_are_not_staged_again(own: Runner) -> None:
    stage(own, FIRST, known_on=SECOND)
    assert stage(own, FIRST) is None, "a plain run keeps what the night knows"
    stage(own, SECOND)
    rows = staged(own, FIRST, SECOND)
    assert len({request for request, *_ in rows}) == len(rows)
    assert {day for _, night, day in rows if night == SECOND} == {SECOND}


def test_what_a_partition_brings_is_known_by_day_and_changes_with_a_row_of_that_day_only(own: Runner) -> None:
    root = own.settings.root
    before = landing.late_rows(landing.find(root, declared("api_requests"), THIRD))
    assert set(before) == {FIRST, SECOND}
    (path,) = partition(root, "api_requests", THIRD).glob("*.parquet")
    rows = pq.ParquetFile(path).read().to_pylist()
    (place, *_) = [n for n, row in enumerate(rows) if row["requested_at"].date() == SECOND]
    rows[place]["output_tokens"] += 1
    rows.reverse()
    schema = pq.ParquetFile(path).schema_arrow
    pq.write_table(pa.Table.from_pylist(rows, schema), path)
    after = landing.late_rows(landing.find(root, declared("api_requests"), THIRD))
    assert after[FIRST] == before[FIRST]
    assert after[SECOND].rows == before[SECOND].rows
    assert after[SECOND].digest != before[SECOND].digest


def test_tables_without_a_limit_of_lateness_bring_nothing(own: Runner) -> None:
    assert landing.late_rows(landing.find(own.settings.root, declared("charges"), SECOND)) == {}
    assert landing.later_deliveries(own.settings.root, declared("charges"), FIRST, THIRD) == []


def test_an_absent_delivery_of_facts_is_said_as_it_is(own: Runner) -> None:
    shutil.rmtree(partition(own.settings.root, "charges", SECOND))
    own.build("staged.charges", SECOND)
    note = json.loads(own.lake.builds("staged.charges")[SECOND].properties["delivery"])["note"]
    assert note == f"Table charges was not delivered (its last delivery is of {FIRST}) and reads as empty."


@pytest.mark.parametrize("nights_later", [1, 4, 31, 120])
def test_charges_delivered_again_are_duplicates_as_far_back_as_corrections_come(own: Runner, nights_later: int) -> None:
    again = FIRST + timedelta(days=nights_later)
    (path,) = partition(own.settings.root, "charges", FIRST).glob("*.parquet")
    shutil.copytree(path.parent, partition(own.settings.root, "charges", again), dirs_exist_ok=True)
    for night in (FIRST, again):
        own.build("staged.charges", night)
    first, second = (json.loads(own.lake.builds("staged.charges")[n].properties["delivery"]) for n in (FIRST, again))
    assert first["staged"] > 0
    assert (second["landed"], second["staged"], second["duplicates"]) == (first["landed"], 0, first["landed"])

"""The lake: one night is replaced whole, the others stay; what is not committed is not there."""

from __future__ import annotations

import functools
import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyiceberg.exceptions import CommitFailedException
from pyspark.sql import SparkSession

from jobs import contracts
from jobs.errors import IolausError, UsageError
from jobs.lake.lake import Lake

TABLE = "campaigns.daily"
MONDAY = date(2026, 3, 2)
TUESDAY = MONDAY + timedelta(days=1)


def rows(*exchanges: int) -> pa.Table:
    schema = contracts.arrow_schema(contracts.load(TABLE))
    made = [
        {
            "campaign_id": "c1",
            "activity_date": MONDAY,
            "model": "m",
            "task_label": f"t{place}",
            "accounts": 1,
            "exchanges": each,
            "input_tokens": 0,
            "output_tokens": 0,
        }
        for place, each in enumerate(exchanges)
    ]
    return pa.Table.from_pylist(made, schema=schema)


def commit(lake: Lake, night: date, *exchanges: int, fingerprint: str = "f") -> None:
    lake.commit(TABLE, night, lake.write_arrow(TABLE, night, rows(*exchanges)), fingerprint, {"k": "v"}, "code")


def exchanges(lake: Lake, first: date, last: date) -> list[int]:
    return sorted(lake.read_arrow(TABLE, first, last)["exchanges"].to_pylist())


def test_replacing_a_night_leaves_the_other_nights(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    commit(lake, MONDAY, 1, 2)
    commit(lake, TUESDAY, 30)
    commit(lake, MONDAY, 5)
    assert exchanges(lake, MONDAY, MONDAY) == [5]
    assert exchanges(Lake(tmp_path), MONDAY, TUESDAY) == [5, 30]


def test_a_night_can_become_empty_and_is_still_built(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    commit(lake, MONDAY, 1)
    commit(lake, MONDAY)
    assert exchanges(lake, MONDAY, MONDAY) == []
    assert lake.builds(TABLE)[MONDAY].rows == 0


def test_a_build_says_what_was_recorded_about_it(tmp_path: Path) -> None:
    commit(Lake(tmp_path), MONDAY, 1, 2, 3, fingerprint="abc")
    build = Lake(tmp_path).builds(TABLE)[MONDAY]
    assert (build.fingerprint, build.rows, dict(build.properties)) == ("abc", 3, {"k": "v"})


def test_files_of_a_build_that_died_before_its_commit_are_never_read(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    commit(lake, MONDAY, 1)
    assert lake.write_arrow(TABLE, MONDAY, rows(7, 8))
    assert exchanges(Lake(tmp_path), MONDAY, MONDAY) == [1]


def test_a_steady_lake_sees_its_own_commits_at_once_and_others_later(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    commit(lake, MONDAY, 1)
    with lake.steady():
        assert lake.prints(TABLE) == {MONDAY: "f"}
        commit(Lake(tmp_path), MONDAY, 2, fingerprint="theirs")
        with lake.steady():
            assert lake.prints(TABLE) == {MONDAY: "f"}
        assert exchanges(lake, MONDAY, MONDAY) == [1]
        commit(lake, TUESDAY, 3, fingerprint="ours")
        assert lake.prints(TABLE) == {MONDAY: "theirs", TUESDAY: "ours"}
    commit(Lake(tmp_path), MONDAY, 4, fingerprint="last")
    assert lake.prints(TABLE)[MONDAY] == "last"


def test_a_lost_race_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lake, other = Lake(tmp_path), Lake(tmp_path)
    commit(lake, MONDAY, 1)
    assert exchanges(other, MONDAY, MONDAY) == [1]  # knows the table as it was
    commit(lake, TUESDAY, 2)
    commit(other, MONDAY, 3)
    assert exchanges(Lake(tmp_path), MONDAY, TUESDAY) == [2, 3]


def test_a_race_that_is_always_lost_ends_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def lost(*_: Any) -> None:
        raise CommitFailedException("somebody else was first")

    lake = Lake(tmp_path)
    commit(lake, MONDAY, 1)
    monkeypatch.setattr(lake, "_replace", lost)
    monkeypatch.setattr("jobs.lake.lake.time.sleep", lambda _: None)
    with pytest.raises(IolausError, match=r"campaigns\.daily could not be committed"):
        commit(lake, MONDAY, 2)
    assert exchanges(Lake(tmp_path), MONDAY, MONDAY) == [1]


def test_every_difference_from_the_contract_is_named_at_once(tmp_path: Path, spark: SparkSession) -> None:
    frame = spark.sql("SELECT 'c1' AS campaign_id, 1 AS exchanges, 'x' AS surplus")
    with pytest.raises(IolausError) as error:
        Lake(tmp_path).write_files(TABLE, MONDAY, frame)
    for part in ("column model is missing", "exchanges is int instead of bigint", "surplus is not in the contract"):
        assert part in str(error.value)


def test_rows_in_memory_must_fit_the_contract_too(tmp_path: Path) -> None:
    with pytest.raises(IolausError, match="does not fit its contract"):
        Lake(tmp_path).write_arrow(TABLE, MONDAY, rows(1).drop_columns(["model"]))


def test_a_column_that_a_contract_gains_is_null_in_the_nights_before(
    tmp_path: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = contracts.load(TABLE)
    former = contracts.Contract(
        today.name, today.description, "", tuple(c for c in today.columns if c.name != "output_tokens"), today.key, ()
    )
    old = rows(4).drop_columns(["output_tokens"])
    with monkeypatch.context() as before:
        before.setattr(contracts, "load", functools.cache(lambda name: former))
        lake = Lake(tmp_path)
        lake.commit(TABLE, MONDAY, lake.write_arrow(TABLE, MONDAY, old), "f", {}, "code")
    lake = Lake(tmp_path)
    commit(lake, TUESDAY, 9)
    both = lake.read_arrow(TABLE, MONDAY, TUESDAY).sort_by("exchanges").to_pylist()
    assert [(row["exchanges"], row["output_tokens"]) for row in both] == [(4, None), (9, 0)]
    by_engine = lake.read(spark, TABLE, MONDAY, TUESDAY).orderBy("exchanges").collect()
    assert [(row.exchanges, row.output_tokens) for row in by_engine] == [(4, None), (9, 0)]


@given(
    st.lists(st.tuples(st.integers(0, 5), st.integers(0, 2)), min_size=1, max_size=8),
    st.integers(0, 5),
    st.integers(0, 5),
)
@settings(max_examples=15)
def test_nights_have_the_files_that_a_scan_finds(commits: list[tuple[int, int]], first: int, last: int) -> None:
    """PyIceberg's own scan of the same snapshot is the oracle, whatever was replaced or emptied before."""
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder))
        for day, exchanges in commits:
            commit(lake, MONDAY + timedelta(days=day), *range(exchanges))
        start, end = MONDAY + timedelta(days=first), MONDAY + timedelta(days=last)
        table = lake.tables.open(TABLE)
        for snapshot in table.snapshots():
            scan = table.scan(f"ds >= '{start}' AND ds <= '{end}'", snapshot_id=snapshot.snapshot_id)
            found = sorted(task.file.file_path.removeprefix("file://") for task in scan.plan_files())
            assert lake.paths(TABLE, start, end, snapshot.snapshot_id) == found


def test_a_snapshot_that_is_gone_is_told(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    commit(lake, MONDAY, 1)
    with pytest.raises(IolausError, match=r"Snapshot 7 of table .* has expired"):
        lake.paths(TABLE, MONDAY, MONDAY, 7)


@pytest.mark.parametrize("is_first", [True, False])
def test_two_builds_of_one_night_that_know_nothing_of_each_other_leave_one(tmp_path: Path, is_first: bool) -> None:
    one, other = Lake(tmp_path), Lake(tmp_path)
    commit(one, MONDAY if not is_first else TUESDAY, 1)
    for lake in (one, other):
        assert lake.tables.open(TABLE).snapshots()  # both look at the table before either commits
    commit(one, MONDAY, 2, 3)
    commit(other, MONDAY, 4, 5, 6)
    assert exchanges(Lake(tmp_path), MONDAY, MONDAY) == [4, 5, 6]
    assert Lake(tmp_path).builds(TABLE)[MONDAY].rows == 3


def test_two_first_builds_of_a_fresh_table_leave_one(tmp_path: Path) -> None:
    one, other = Lake(tmp_path), Lake(tmp_path)
    for lake in (one, other):
        lake.tables.open(TABLE)
    commit(one, MONDAY, 2, 3)
    commit(other, MONDAY, 2, 3)
    assert exchanges(Lake(tmp_path), MONDAY, MONDAY) == [2, 3]


def test_a_commit_between_looking_and_committing_is_seen_by_its_parent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other writer commits after this one has looked what to replace: the hardest moment."""
    lake, other = Lake(tmp_path), Lake(tmp_path)
    commit(lake, TUESDAY, 1)
    replaced = lake._replace
    moments = iter([lambda: commit(other, MONDAY, 7, 8), lambda: None])

    def late(table: Any, night: date, files: list[str], summary: dict[str, str]) -> None:
        next(moments)()
        replaced(table, night, files, summary)

    monkeypatch.setattr(lake, "_replace", late)
    commit(lake, MONDAY, 9)
    assert exchanges(Lake(tmp_path), MONDAY, TUESDAY) == [1, 9]


def test_rows_that_no_build_wrote_are_never_read(tmp_path: Path) -> None:
    lake = Lake(tmp_path)
    commit(lake, MONDAY, 1, 2)
    (again,) = lake.write_arrow(TABLE, MONDAY, rows(1, 2))
    lake.tables.open(TABLE).add_files([again])
    with pytest.raises(IolausError, match=r"holds 4 rows of 2026-03-02 where its build wrote 2.*iolaus doctor --mend"):
        exchanges(Lake(tmp_path), MONDAY, MONDAY)
    commit(Lake(tmp_path), MONDAY, 5)
    assert exchanges(Lake(tmp_path), MONDAY, MONDAY) == [5], "building it again replaces whatever is there"


@pytest.mark.parametrize("damage", ["lost", "emptied", "shortened"])
def test_a_file_that_is_not_as_it_was_written_is_never_read_as_no_rows(
    tmp_path: Path, spark: SparkSession, damage: str
) -> None:
    lake = Lake(tmp_path)
    commit(lake, MONDAY, 1, 2)
    (path,) = map(Path, lake.paths(TABLE, MONDAY, MONDAY))
    if damage == "lost":
        path.unlink()
    else:
        path.write_bytes(b"" if damage == "emptied" else path.read_bytes()[:-1])
    for read in (lambda: lake.read_arrow(TABLE, MONDAY, TUESDAY), lambda: lake.read(spark, TABLE, MONDAY, MONDAY)):
        with pytest.raises(IolausError, match=rf"{path.name} of table {TABLE} (is missing|has \d+ bytes instead of)"):
            read()


def test_a_catalog_that_is_not_configured_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"^The catalog nowhere cannot be used \(.+\): configure it in PYICEBERG_CATALOG__NOWHERE"
    ):
        Lake(tmp_path, "nowhere")


def test_a_commit_between_catalog_and_mark_is_no_older_catalog(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    commit(Lake(tmp_path), MONDAY, 1)
    lake = Lake(tmp_path)
    load = lake.tables._catalog.load_table

    def load_and_lose(name: str) -> Any:
        found = load(name)
        commit(Lake(tmp_path), TUESDAY, 2)
        return found

    monkeypatch.setattr(lake.tables._catalog, "load_table", load_and_lose)
    assert exchanges(lake, MONDAY, MONDAY) == [1]

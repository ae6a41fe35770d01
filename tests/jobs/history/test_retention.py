"""Retention: old snapshots and what only they referred to go; what stands, and the newest build of every night, stay."""

from __future__ import annotations

import signal
import subprocess
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from jobs import contracts, settings
from jobs.errors import IolausError
from jobs.history.retention import Expired, _old, expire
from jobs.lake import rewriting
from jobs.lake.builds import Build
from jobs.lake.lake import Lake
from jobs.lake.snapshots import Version
from tests.jobs.history.killing import KILLED

TABLE = "campaigns.daily"
MONDAY = date(2026, 3, 2)
DAYS = [MONDAY + timedelta(days=n) for n in range(3)]
SOON = datetime.now(UTC) + timedelta(days=9)  # everything written by a test is older than a week then


def commit(lake: Lake, night: date, exchanges: int) -> Build:
    row = {"campaign_id": "c1", "activity_date": night, "model": "m", "task_label": "t", "accounts": 1}
    numbers = {"exchanges": exchanges, "input_tokens": 0, "output_tokens": 0}
    rows = pa.Table.from_pylist([row | numbers], schema=contracts.arrow_schema(contracts.load(TABLE)))
    return lake.commit(TABLE, night, lake.write_arrow(TABLE, night, rows), f"{night}-{exchanges}", {}, "code")


def held(root: Path) -> list[tuple[date, int]]:
    rows = Lake(root).read_arrow(TABLE, DAYS[0], DAYS[-1]).to_pylist()
    return sorted((row["activity_date"], row["exchanges"]) for row in rows)


def files(root: Path) -> set[str]:
    return {str(path) for path in (root / "lake" / "campaigns").rglob("*") if path.is_file()}


def expired(root: Path, keep_days: int = 7, now: datetime = SOON) -> Expired:
    return expire(settings.settings(root, "sail"), keep_days, now)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three nights, the first two built again, the last one twice."""
    lake = Lake(tmp_path)
    for number, day in enumerate([*DAYS, DAYS[0], DAYS[1], DAYS[2], DAYS[2]]):
        commit(lake, day, number + 1)
    return tmp_path


def test_what_stands_and_the_newest_build_of_every_night_stay(root: Path) -> None:
    before, builds = held(root), Lake(root).builds(TABLE)
    replaced = [build for build in Lake(root).history(TABLE) if build not in builds.values()]
    old = [path for build in replaced for path in Lake(root).paths(TABLE, DAYS[0], DAYS[-1], build.snapshot_id)]

    found = expired(root)

    assert (found.snapshots, found.files > 0, found.bytes > 0) == ({TABLE: 8}, True, True)
    assert held(root) == before
    lake = Lake(root)
    assert lake.builds(TABLE) == builds
    assert [build.fingerprint for build in lake.history(TABLE)] == [build.fingerprint for build in builds.values()]
    for build in builds.values():
        assert lake.read_arrow(TABLE, build.night, build.night, snapshot_id=build.snapshot_id).num_rows == 1
    for build in replaced:
        with pytest.raises(IolausError, match="has expired"):
            lake.build_of(TABLE, build.night, build.snapshot_id)
    assert not Path(old[0]).exists()
    referred = {path for version in rewriting.versions(lake, TABLE) for path in version.live}
    assert {path for path in files(root) if path.endswith(".parquet")} == referred
    assert len([path for path in files(root) if path.endswith(".metadata.json")]) == 1


def test_what_is_young_stays_and_a_second_time_there_is_nothing_to_do(root: Path) -> None:
    before = files(root)
    assert expired(root, keep_days=30).snapshots == {}
    young = datetime.now(UTC) + timedelta(hours=1)
    assert (expired(root, 1, young).snapshots, files(root)) == ({}, before)
    assert expired(root).files > 0
    left = files(root)
    again = expired(root)
    assert (again.snapshots, again.files, again.bytes) == ({}, 0, 0)
    assert files(root) == left


def test_what_a_step_that_died_has_left_goes(root: Path) -> None:
    lake = Lake(root)
    (orphan,) = lake.write_arrow(TABLE, MONDAY, lake.read_arrow(TABLE, MONDAY, MONDAY))
    left = [root / "quality/data_docs/.2026-03-02.77/index.html", root / "lake/_scratch/x/part-0.parquet"]
    left += [root / "report/.2026-03-02.x1/new/index.html", root / "lake/.erasures.json.aside"]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("half")
    expired(root, 1, datetime.now(UTC))
    assert [path for path in left if path.exists()] == []
    assert not Path(orphan).exists()
    assert not Path(orphan).parent.exists()
    assert len(held(root)) == len(DAYS)


def test_a_folder_that_holds_nothing_else_is_left_to_its_owner(root: Path) -> None:
    for name in ("lake/erasures.json", "lake/notes/of-somebody.txt", "raw/accounts/ds=2026-03-02/part-0.jsonl"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text("[]")
    expired(root)
    assert (root / "lake/notes/of-somebody.txt").exists()
    assert (root / "lake/erasures.json").exists()
    assert (root / "raw/accounts/ds=2026-03-02/part-0.jsonl").exists()


def test_it_does_not_run_beside_a_step_of_a_night(root: Path) -> None:
    with Lake(root).shared(), pytest.raises(IolausError, match="A night is being built"):
        expired(root)


def test_killed_it_goes_on_where_it_was(root: Path) -> None:
    before, builds = held(root), Lake(root).builds(TABLE)
    options = ["--keep-days", "7", "--root", str(root), "--date", f"{SOON.date()}"]
    drop, unlink = ("jobs.lake.rewriting", "", "_drop"), ("pathlib", "Path", "unlink")
    for moment in ((*drop, "1"), (*unlink, "1"), (*unlink, "3")):
        line = [sys.executable, "-c", KILLED, *moment, "expire", *options]
        done = subprocess.run(line, capture_output=True, check=False)
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
        assert (held(root), Lake(root).builds(TABLE)) == (before, builds)
    assert expired(root).files > 0
    assert (held(root), Lake(root).builds(TABLE)) == (before, builds)
    assert expired(root).files == 0


@examples(max_examples=60)
@given(st.lists(st.sampled_from([None, *DAYS]), min_size=1, max_size=12), st.integers(0, 12))
def test_no_choice_of_snapshots_takes_a_newest_build_or_the_current_rows(nights: list[date | None], limit: int) -> None:
    versions = [
        Version(number, number * 1000, _builds(number, night), frozenset(), frozenset())
        for number, night in enumerate(nights)
    ]
    dropped = set(_old(versions, datetime.fromtimestamp(limit, UTC)))
    assert len(versions) - 1 not in dropped
    assert dropped <= set(range(limit))
    for night in set(nights) - {None}:
        assert max(number for number, each in enumerate(nights) if each == night) not in dropped
    kept = set(range(len(versions))) - dropped
    newest = {night: number for number, night in enumerate(nights) if night}
    assert {number for number in kept if number < limit} <= {*newest.values(), len(versions) - 1}


def _builds(number: int, night: date | None) -> tuple[Build, ...]:
    values: dict[str, Any] = {"fingerprint": "f", "rows": 0, "snapshot_id": number, "committed_ms": 0, "properties": {}}
    return (Build(table=TABLE, night=night, **values),) if night else ()

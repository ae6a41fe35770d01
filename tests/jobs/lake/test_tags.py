"""What was published of a night has a name in every table, which holds through rebuilding, expiry, erasure and a move."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from jobs import settings
from jobs.history.retention import expire
from jobs.lake import rewriting
from jobs.lake.adopting import adopt
from jobs.lake.lake import Lake
from jobs.lake.tags import night_of_tag, tag_of
from tests.jobs.lake.test_lake import MONDAY, TABLE, TUESDAY, commit

PUBLISHED, OTHER = tag_of(MONDAY, "run-1"), tag_of(TUESDAY, "run-2")
LATER = datetime.now(UTC) + timedelta(days=9)


def read(lake: Lake, tag: str) -> list[int]:
    """What any reader of Iceberg gets of a night by its name."""
    table = lake.tables.open(TABLE, fresh=True)
    snapshot = table.snapshot_by_name(tag)
    assert snapshot is not None
    rows = table.scan(f"ds = '{night_of_tag(tag)}'", snapshot_id=snapshot.snapshot_id).to_arrow()
    return sorted(rows["exchanges"].to_pylist())


def tags(lake: Lake) -> set[str]:
    return set(lake.tables.open(TABLE, fresh=True).refs()) - {"main"}


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Monday and Tuesday published; Monday built again, and that not published."""
    root = tmp_path / "root"
    root.mkdir()
    made = Lake(root)
    commit(made, MONDAY, 1, 2)
    made.tag(TABLE, PUBLISHED, made.builds(TABLE)[MONDAY].snapshot_id)
    commit(made, TUESDAY, 30)
    made.tag(TABLE, OTHER, made.builds(TABLE)[TUESDAY].snapshot_id)
    commit(made, MONDAY, 7, fingerprint="refused")
    return made


def erase(lake: Lake, night_file: str) -> None:
    """Let no snapshot name a data file, nor anything stand for it."""
    rewriting.replace(lake, TABLE, {night_file: None}, lambda build: build.properties, MONDAY)


def test_a_name_is_made_of_night_and_run_and_foreign_names_are_of_no_night() -> None:
    assert PUBLISHED == "2026-03-02-run-1"
    assert night_of_tag(PUBLISHED) == MONDAY
    assert [night_of_tag(each) for each in ("main", "2026-03-02", "quarter-end", "2026-13-02-x")] == [None] * 4


def test_a_published_night_is_read_by_its_name_whatever_is_built_since(lake: Lake) -> None:
    assert read(lake, PUBLISHED) == [1, 2]
    assert read(lake, OTHER) == [30]


def test_naming_a_version_again_changes_nothing(lake: Lake) -> None:
    before = lake.tables.open(TABLE, fresh=True).metadata_location
    lake.tag(TABLE, OTHER, lake.builds(TABLE)[TUESDAY].snapshot_id)
    assert lake.tables.open(TABLE, fresh=True).metadata_location == before


def test_expiry_keeps_what_a_published_run_is_named_by_and_drops_other_versions_with_their_names(lake: Lake) -> None:
    superseded = tag_of(TUESDAY, "run-0")
    lake.tag(TABLE, superseded, lake.history(TABLE)[0].snapshot_id)
    commit(lake, TUESDAY, 31)
    dropped = [each.snapshot_id for each in lake.history(TABLE)][:2]
    rewriting.drop(lake, TABLE, dropped, {PUBLISHED})
    assert tags(lake) == {PUBLISHED, superseded}, "one snapshot has both names, and a published one stays"
    assert read(lake, PUBLISHED) == [1, 2]


def test_expiry_of_a_lake_without_published_runs_takes_their_names_too(lake: Lake) -> None:
    expire(settings.settings(lake.folder.parent, "sail"), 7, LATER)
    assert tags(lake) == {OTHER}, "of Tuesday the newest build stands"


def test_an_erasure_moves_the_name_of_what_stands_and_takes_the_name_of_what_was_replaced(lake: Lake) -> None:
    (path,) = lake.paths(TABLE, TUESDAY, TUESDAY)
    lake.tag(TABLE, "quarter-end", lake.builds(TABLE)[TUESDAY].snapshot_id)
    erase(lake, path)
    assert tags(lake) == {PUBLISHED, OTHER}, "Monday was published before the file was there"
    assert read(lake, OTHER) == []
    (monday,) = lake.paths(TABLE, MONDAY, MONDAY, lake.tables.open(TABLE).snapshot_by_name(PUBLISHED).snapshot_id)
    erase(lake, monday)
    assert tags(lake) == {OTHER}, "what was published of Monday had the rows, and what stands is another version"
    assert read(lake, OTHER) == []


def test_an_erasure_that_was_killed_before_names_moved_moves_them_when_run_again(
    lake: Lake, monkeypatch: pytest.MonkeyPatch
) -> None:
    (path,) = lake.paths(TABLE, TUESDAY, TUESDAY)
    with monkeypatch.context() as patched:
        patched.setattr(rewriting, "_drop", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            erase(lake, path)
    erase(Lake(lake.folder.parent), path)
    assert tags(lake) == {PUBLISHED, OTHER}
    assert read(lake, OTHER) == []


def test_a_copy_that_stands_for_itself_has_the_names_of_the_nights_that_it_took(lake: Lake, tmp_path: Path) -> None:
    shutil.copytree(lake.folder.parent, tmp_path / "copy")
    assert adopt(tmp_path / "copy") == 1
    copy = Lake(tmp_path / "copy")
    assert tags(copy) == {OTHER}, "earlier versions stay with the original"
    assert read(copy, OTHER) == [30]

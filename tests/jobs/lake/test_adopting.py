"""A lake that was copied or moved touches nothing of the original, and can be taken over."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from jobs.errors import IolausError
from jobs.lake.adopting import adopt
from jobs.lake.lake import Lake
from tests.jobs.lake.test_lake import MONDAY, TABLE, TUESDAY, commit, exchanges

WEDNESDAY = TUESDAY + timedelta(days=1)


def files(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


@pytest.fixture
def original(tmp_path: Path) -> Path:
    root = tmp_path / "original"
    root.mkdir()
    lake = Lake(root)
    commit(lake, MONDAY, 1, 2)
    commit(lake, TUESDAY, 3)
    commit(lake, MONDAY, 4, 5, fingerprint="again")
    commit(lake, WEDNESDAY)
    return root


def taken(original: Path, is_moved: bool) -> Path:
    place = original.parent / "other place"
    if is_moved:
        original.rename(place)
    else:
        shutil.copytree(original, place)
    return place


@pytest.mark.parametrize("is_moved", [False, True])
def test_nothing_is_written_below_a_root_that_was_taken_elsewhere(original: Path, is_moved: bool) -> None:
    place = taken(original, is_moved)
    before = files(original.parent)
    with pytest.raises(IolausError, match="iolaus adopt"):
        commit(Lake(place), WEDNESDAY, 9)
    with pytest.raises(IolausError, match="iolaus adopt"):
        exchanges(Lake(place), MONDAY, TUESDAY)
    lost = [name for name in before if before[name] != files(original.parent).get(name)]
    assert [name for name in lost if "_leases" not in name] == []
    assert not original.exists() or set(files(original)) == {
        n.split("/", 1)[1] for n in before if n.startswith("original/")
    }


@pytest.mark.parametrize("is_moved", [False, True])
def test_a_lake_that_was_taken_over_has_its_nights_and_leaves_the_original_alone(
    original: Path, is_moved: bool
) -> None:
    there = {
        night: (each.fingerprint, each.rows, each.properties) for night, each in Lake(original).builds(TABLE).items()
    }
    place = taken(original, is_moved)
    before = files(original) if original.exists() else {}
    assert adopt(place) == 1
    assert adopt(place) == 0, "it stands for itself already"
    lake = Lake(place)
    here = {night: (each.fingerprint, each.rows, each.properties) for night, each in lake.builds(TABLE).items()}
    assert here == there
    assert exchanges(lake, MONDAY, WEDNESDAY) == [3, 4, 5]
    commit(lake, MONDAY, 7)
    assert exchanges(Lake(place), MONDAY, WEDNESDAY) == [3, 7]
    if before:
        assert files(original) == before
        assert exchanges(Lake(original), MONDAY, WEDNESDAY) == [3, 4, 5]


def test_a_copy_that_lacks_a_file_is_not_taken_over(original: Path) -> None:
    place = taken(original, is_moved=False)
    (path,) = Lake(original).paths(TABLE, TUESDAY, TUESDAY)
    (place / Path(path).relative_to(original)).unlink()
    with pytest.raises(IolausError, match="copy the whole folder again"):
        adopt(place)


def test_where_there_is_no_lake_there_is_nothing_to_take_over(tmp_path: Path) -> None:
    with pytest.raises(IolausError, match="no lake"):
        adopt(tmp_path)
    assert list(tmp_path.iterdir()) == []

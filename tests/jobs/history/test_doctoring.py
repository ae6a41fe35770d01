"""Damage is found and said, nothing lost is taken for a first night, and what can be mended is mended."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from jobs import contracts, settings
from jobs.errors import IolausError
from jobs.history.doctoring import Findings, examine, mend
from jobs.lake.lake import Lake
from jobs.nights import agreement
from jobs.nights.steps import JUDGED, RUNS
from jobs.warehouse import open_warehouse
from tests.jobs.history.test_forgetting import rows
from tests.jobs.lake.test_lake import TABLE, exchanges
from tests.jobs.lake.test_lake import rows as daily

MONDAY = date(2026, 3, 2)
TUESDAY = MONDAY + timedelta(days=1)
NEXT = TUESDAY + timedelta(days=1)
PUBLISHED = "published.campaign_daily"  # is made from TABLE
BESIDE = "signals.devices"  # is not


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two nights of four tables, both published."""
    lake, warehouse = Lake(tmp_path), open_warehouse("duckdb:///{root}/warehouse.duckdb", tmp_path)
    for night in (MONDAY, TUESDAY):
        lake.commit(TABLE, night, lake.write_arrow(TABLE, night, daily(1, 2)), "f", {}, "code")
        for name in (BESIDE, JUDGED, PUBLISHED, RUNS):
            made = rows(name, {"as_of_date": night} if name.startswith("published.") else {})
            lake.commit(name, night, lake.write_arrow(name, night, made), "f", {}, "code")
            if name in (PUBLISHED, RUNS):
                warehouse.publish(night, {contracts.load(name).table: made})
    return tmp_path


def examined(root: Path, is_verified: bool = False) -> Findings:
    return examine(settings.settings(root), is_verified)


def mended(root: Path, is_verified: bool = False) -> Findings:
    return mend(settings.settings(root), is_verified)


def commit(root: Path, name: str) -> None:
    lake = Lake(root)
    made = daily(1, 2) if name == TABLE else rows(name, {"as_of_date": MONDAY})
    lake.commit(name, MONDAY, lake.write_arrow(name, MONDAY, made), "f", {}, "code")


def test_a_whole_lake_has_nothing_to_mend(root: Path) -> None:
    assert examined(root, is_verified=True) == Findings(())
    assert mended(root, is_verified=True) == Findings(())


def test_doubled_rows_are_found_and_emptied_with_what_was_built_from_them(root: Path) -> None:
    lake = Lake(root)
    lake.tables.open(TABLE).add_files(lake.write_arrow(TABLE, MONDAY, daily(1, 2)))
    assert "holds 4 rows of 2026-03-02 where its build wrote 2" in examined(root).damages[0]

    found = mended(root)

    assert [each.split(" was ")[0] for each in found.mended if "Table" in each][:1] == [f"Table {TABLE} of {MONDAY}"]
    assert {name for name in (TABLE, PUBLISHED, BESIDE) if Lake(root).builds(name)[MONDAY].is_void} == {
        TABLE,
        PUBLISHED,
    }
    assert MONDAY in found.to_build
    with pytest.raises(IolausError, match="found damaged: build that night again"):
        exchanges(Lake(root), MONDAY, TUESDAY)
    for name in (TABLE, PUBLISHED):
        commit(root, name)
    assert exchanges(Lake(root), MONDAY, TUESDAY) == [1, 1, 2, 2]


def test_a_flipped_bit_is_found_when_files_are_read(root: Path) -> None:
    (path,) = map(Path, Lake(root).paths(TABLE, MONDAY, MONDAY))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))
    assert examined(root) == Findings(())
    assert f"{TABLE} does not hold the bytes of {MONDAY}" in examined(root, is_verified=True).damages[0]
    assert MONDAY in mended(root, is_verified=True).to_build


@pytest.mark.parametrize("damage", ["lost", "emptied", "garbage", "older"])
def test_a_catalog_that_is_not_the_current_one_is_no_first_night_and_is_written_anew(root: Path, damage: str) -> None:
    place = root / "lake" / "catalog.db"
    older = place.read_bytes()
    lake = Lake(root)
    lake.commit(TABLE, TUESDAY, lake.write_arrow(TABLE, TUESDAY, daily(7)), "new", {}, "code")
    if damage == "lost":
        place.unlink()
    else:
        place.write_bytes({"emptied": b"", "garbage": b"garbage" * 1000, "older": older}[damage])
    with pytest.raises(IolausError, match="iolaus doctor --mend"):
        exchanges(Lake(root), MONDAY, TUESDAY)
    with pytest.raises(IolausError, match="iolaus doctor --mend"):
        commit(root, TABLE)
    assert "iolaus doctor --mend" in examined(root).damages[0]
    assert "written anew" in mended(root).mended[0]
    assert exchanges(Lake(root), MONDAY, TUESDAY) == [1, 2, 7]
    assert examined(root, is_verified=True) == Findings(())


def test_a_lost_warehouse_is_no_first_night_and_is_published_again(root: Path) -> None:
    warehouse = open_warehouse("duckdb:///{root}/warehouse.duckdb", root)
    before = warehouse.read("campaign_daily", None)
    (root / "warehouse.duckdb").unlink()
    with pytest.raises(IolausError, match=r"warehouse lacks nights 2026-03-02, 2026-03-03.*iolaus doctor --mend"):
        agreement.require(Lake(root), warehouse, NEXT)
    assert len(mended(root).mended) == 2
    agreement.require(Lake(root), warehouse, NEXT)
    assert warehouse.read("campaign_daily", None) == before


def test_a_lost_lake_is_no_first_night(root: Path) -> None:
    shutil.rmtree(root / "lake")
    warehouse = open_warehouse("duckdb:///{root}/warehouse.duckdb", root)
    with pytest.raises(IolausError, match="the lake was lost, or is an older copy"):
        agreement.require(Lake(root), warehouse, NEXT)
    agreement.require(Lake(root), warehouse, MONDAY)  # to build it again from its first night on


def test_a_copied_lake_is_not_mended(root: Path) -> None:
    shutil.copytree(root, root / "copy")
    before = (root / "copy" / "lake" / "catalog.db").read_bytes()
    with pytest.raises(IolausError, match="iolaus adopt"):
        mended(root / "copy")
    assert (root / "copy" / "lake" / "catalog.db").read_bytes() == before


def test_a_run_that_was_killed_between_warehouse_and_lake_may_go_on(root: Path) -> None:
    night = TUESDAY + timedelta(days=1)
    lake, warehouse = Lake(root), open_warehouse("duckdb:///{root}/warehouse.duckdb", root)
    lake.commit(JUDGED, night, lake.write_arrow(JUDGED, night, rows(JUDGED, {"as_of_date": night})), "f", {}, "code")
    warehouse.publish(night, {"runs": rows(RUNS, {"as_of_date": night})})
    agreement.require(lake, warehouse, night + timedelta(days=1))

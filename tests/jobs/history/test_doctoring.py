"""Damage is found and said, nothing lost is taken for a first night, and what can be mended is mended."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path

import pytest

from jobs import contracts, settings
from jobs.errors import IolausError
from jobs.history.doctoring import Findings, examine, mend
from jobs.lake import rewriting
from jobs.lake.lake import Lake
from jobs.lake.layout import plain
from jobs.nights import agreement
from jobs.nights.steps import JUDGED, RUNS
from jobs.privacy import erasures
from jobs.warehouse import open_warehouse
from tests.jobs.history.lakes import rows
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


def metadata_of(root: Path, kind: str) -> Path:
    """A file of what Iceberg keeps about TABLE as it stands."""
    table = Lake(root).tables.open(TABLE)
    snapshot = table.current_snapshot()
    assert snapshot is not None
    named = {
        "metadata": table.metadata_location,
        "list": snapshot.manifest_list,
        "manifest": snapshot.manifests(table.io)[0].manifest_path,
    }
    return Path(plain(named[kind]))


HARMS = {
    "lost": lambda path: path.unlink(),
    "emptied": lambda path: path.write_bytes(b""),
    "cut": lambda path: path.write_bytes(path.read_bytes()[:100]),
    "other bytes": lambda path: path.write_bytes(b"\xff" * path.stat().st_size),
}


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("kind", ["metadata", "list", "manifest"])
def test_a_table_whose_newest_metadata_are_damaged_goes_back_and_its_last_night_is_built_again(
    root: Path, kind: str, harm: str
) -> None:
    HARMS[harm](metadata_of(root, kind))
    assert "iolaus doctor --verify --mend" in examined(root).damages[0]
    with pytest.raises(IolausError, match="iolaus doctor --verify --mend"):
        exchanges(Lake(root), MONDAY, TUESDAY)

    found = mended(root)

    assert f"Table {TABLE} went back to what was built before {TUESDAY}." in found.mended
    assert Lake(root).builds(PUBLISHED)[TUESDAY].is_void
    assert found.to_build == (TUESDAY,)
    lake = Lake(root)
    assert exchanges(lake, MONDAY, MONDAY) == [1, 2]
    for name in (TABLE, PUBLISHED):
        lake.commit(
            name,
            TUESDAY,
            lake.write_arrow(name, TUESDAY, daily(1, 2) if name == TABLE else rows(name, {"as_of_date": TUESDAY})),
            "f",
            {},
            "code",
        )
    assert exchanges(Lake(root), MONDAY, TUESDAY) == [1, 1, 2, 2]
    assert examined(root, is_verified=True).damages == ()


def test_damaged_metadata_of_an_earlier_snapshot_are_found_and_its_night_is_built_again(root: Path) -> None:
    table = Lake(root).tables.open(TABLE)
    Path(plain(table.snapshots()[0].manifest_list)).write_bytes(b"")
    assert examined(root, is_verified=True).damages[0].startswith(f"Table {TABLE} has damaged metadata of {MONDAY}")
    assert MONDAY in mended(root, is_verified=True).to_build
    assert examined(root, is_verified=True).damages == ()
    assert len(rewriting.versions(Lake(root), TABLE)) == len(Lake(root).tables.open(TABLE).snapshots())


def test_a_mark_that_says_too_much_is_set_right(root: Path) -> None:
    (root / "lake" / "_heads" / TABLE).write_text("99")
    assert "iolaus doctor --mend" in examined(root).damages[0]
    assert mended(root).to_build == ()
    assert examined(root, is_verified=True) == Findings(())


@pytest.mark.parametrize("harm", [b"", b"garbage" * 1000])
def test_a_damaged_warehouse_is_put_aside_and_published_again(root: Path, harm: bytes) -> None:
    before = open_warehouse("duckdb:///{root}/warehouse.duckdb", root).read("campaign_daily", None)
    (root / "warehouse.duckdb").write_bytes(harm)
    assert "iolaus doctor" in examined(root, is_verified=True).damages[0]
    mended(root, is_verified=True)
    assert open_warehouse("duckdb:///{root}/warehouse.duckdb", root).read("campaign_daily", None) == before
    assert examined(root, is_verified=True) == Findings(())


def test_a_flipped_bit_in_the_warehouse_is_found_when_every_row_is_read(root: Path) -> None:
    place = root / "warehouse.duckdb"
    content = bytearray(place.read_bytes())
    content[content.find(b"t0")] ^= 1  # stands in a row
    place.write_bytes(bytes(content))
    assert any("doctor --verify --mend" in each for each in examined(root, is_verified=True).damages)
    assert "The damaged warehouse was put aside." in mended(root, is_verified=True).mended
    assert examined(root, is_verified=True) == Findings(())


@pytest.mark.parametrize("register", [None, "", "[{", '[{"account": 1}]', "\xff"])
def test_a_lost_erasure_register_is_told_and_nothing_is_staged_without_it(root: Path, register: str | None) -> None:
    lake = Lake(root)
    lake.commit(TABLE, MONDAY, lake.write_arrow(TABLE, MONDAY, daily(1)), "f", {erasures.LEFT_OUT: "some"}, "code")
    if register is not None:
        (root / "lake" / erasures.REGISTER).write_bytes(register.encode("latin-1"))
    with pytest.raises(IolausError, match=r"erasure register .* back from a backup"):
        erasures.require_register(Lake(root))
    assert any("erasure register" in each for each in examined(root).damages)

"""Settings are refused where they are read, not after a night's work."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.errors import UsageError
from jobs.lake.lake import Lake
from jobs.settings import WAREHOUSE, settings
from tests.jobs.lake.test_lake import MONDAY, commit, exchanges


@pytest.mark.parametrize("url", ["mysql://db/x", "warehouse.duckdb", "duckdb://", "duckdb:///", "sqlite:///x"])
def test_a_warehouse_that_nothing_can_publish_to_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(WAREHOUSE, url)
    with pytest.raises(UsageError, match=rf"is not supported: set {WAREHOUSE} to duckdb:///"):
        settings(tmp_path)


def test_a_duckdb_file_is_taken(tmp_path: Path) -> None:
    assert settings(tmp_path, warehouse="duckdb:///w.duckdb").warehouse == "duckdb:///w.duckdb"


@pytest.mark.parametrize(
    "name", ["ha#sh", "q?mark", "per%41cent", "br[ab]ket", "cur{a,b}ly", "st*r", "back\\slash", "new\nline", "\udcff"]
)
def test_a_root_that_would_name_other_files_is_refused_before_anything_is_written(tmp_path: Path, name: str) -> None:
    for root in (tmp_path / name, tmp_path / name / "below"):
        root.mkdir()
        with pytest.raises(UsageError, match="move it to a path without"):
            settings(root)
        assert not list(root.glob("lake"))


@pytest.mark.parametrize(
    "name", ["a blank", "quo'te", 'double"quote', "ümlaut", "a=b", "a:b", "a;b", "100%", "a&b", "$HOME", "~"]
)
def test_a_lake_works_below_any_other_name(tmp_path: Path, name: str) -> None:
    root = tmp_path / name
    root.mkdir()
    lake = Lake(settings(root).root)
    commit(lake, MONDAY, 1, 2)
    assert exchanges(Lake(root), MONDAY, MONDAY) == [1, 2]
    assert [each.name for each in tmp_path.iterdir()] == [name]


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgresql://kim:hush@db/x", "holds a password"),
        ("postgresql://db/x?user=kim&password=hush", "holds a password"),
        ("postgresql://db", "names no database"),
    ],
)
def test_a_database_is_named_without_a_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, said: str
) -> None:
    monkeypatch.setenv(WAREHOUSE, url)
    with pytest.raises(UsageError, match=said) as refused:
        settings(tmp_path)
    assert "hush" not in str(refused.value)

"""Settings are refused where they are read, not after a night's work."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.errors import UsageError
from jobs.settings import WAREHOUSE, settings


@pytest.mark.parametrize("url", ["postgresql://db/x", "warehouse.duckdb", "duckdb://", "duckdb:///", "sqlite:///x"])
def test_a_warehouse_that_nothing_can_publish_to_is_refused_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv(WAREHOUSE, url)
    with pytest.raises(UsageError, match=rf"is not supported: set {WAREHOUSE} to duckdb:///"):
        settings(tmp_path)


def test_a_duckdb_file_is_taken(tmp_path: Path) -> None:
    assert settings(tmp_path, warehouse="duckdb:///w.duckdb").warehouse == "duckdb:///w.duckdb"

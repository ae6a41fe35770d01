"""What stands where, also for those who may only look."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from jobs import settings
from jobs.history.status import nights
from jobs.lake.lake import Lake
from jobs.warehouse import open_warehouse
from jobs.warehouse.duck import DuckDBWarehouse
from tests.jobs.history.lakes import rows

NIGHT = date(2026, 3, 2)


def test_who_may_not_write_the_warehouse_is_told_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Lake(tmp_path)
    open_warehouse("duckdb:///{root}/warehouse.duckdb", tmp_path).publish(
        NIGHT, {"runs": rows("published.runs", {"as_of_date": NIGHT})}
    )

    def refused(self: DuckDBWarehouse, stale: object) -> None:
        raise OSError(30, "Read-only file system", str(self.path))

    monkeypatch.setattr(DuckDBWarehouse, "mark", refused)
    assert [(each.night, each.is_published) for each in nights(settings.settings(tmp_path))] == [(NIGHT, True)]

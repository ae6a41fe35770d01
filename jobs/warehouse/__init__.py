"""Warehouses that BI tools read: the only package that touches them."""

from __future__ import annotations

from pathlib import Path

from jobs.settings import POSTGRES, warehouse_place
from jobs.warehouse.protocol import SCHEMA, Removed, Warehouse

__all__ = ["SCHEMA", "Removed", "Warehouse", "open_warehouse"]


def open_warehouse(url: str, root: Path) -> Warehouse:
    """The warehouse that `url` names; `{root}` in it stands for the root folder. Raises `UsageError` for others."""
    place = warehouse_place(url)
    if url.startswith(POSTGRES):
        from jobs.warehouse.postgres import PostgresWarehouse

        return PostgresWarehouse(url)
    from jobs.warehouse.duck import DuckDBWarehouse

    return DuckDBWarehouse(Path(place.replace("{root}", str(root))).resolve())

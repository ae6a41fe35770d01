"""Warehouses that BI tools read: the only package that touches them."""

from __future__ import annotations

from pathlib import Path

from jobs.settings import warehouse_place
from jobs.warehouse.protocol import SCHEMA, Removed, Warehouse

__all__ = ["SCHEMA", "Removed", "Warehouse", "open_warehouse"]


def open_warehouse(url: str, root: Path) -> Warehouse:
    """The warehouse that `url` names; `{root}` in it stands for the root folder. Raises `UsageError` for others."""
    from jobs.warehouse.duck import DuckDBWarehouse

    return DuckDBWarehouse(Path(warehouse_place(url).replace("{root}", str(root))).resolve())

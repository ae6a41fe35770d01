"""Published tables of a night by hand: a test gives the columns it is about, the rest has simple values."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from jobs import contracts

NIGHT = date(2026, 3, 3)
SIMPLE: dict[str, Any] = {
    "string": "x", "long": 1, "int": 1, "double": 0.5, "boolean": True, "date": NIGHT,
    "timestamp": datetime(2026, 3, 3, 23, tzinfo=UTC), "decimal(18,6)": Decimal("1.5"),
}  # fmt: skip


def table(name: str, *rows: dict[str, Any]) -> pa.Table:
    contract = contracts.load(f"published.{name}")
    usual = {column.name: SIMPLE[column.type] for column in contract.columns}
    return pa.Table.from_pylist([usual | row for row in rows], schema=contracts.arrow_schema(contract))


def night(**rows: list[dict[str, Any]]) -> dict[str, pa.Table]:
    """Every published table; those that are not given are empty."""
    names = [contracts.load(name).table for name in contracts.names("published")]
    assert set(rows) <= set(names)
    return {name: table(name, *rows.get(name, [])) for name in names}

"""Small lakes for the tests of history: rows of any table, and a lake that is put back between tests."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs import contracts

MONDAY = date(2026, 3, 2)
TUESDAY = MONDAY + timedelta(days=1)
TODAY = date(2026, 3, 9)
EMPTY = {
    "string": "x",
    "long": 0,
    "int": 0,
    "double": 0.0,
    "boolean": False,
    "date": MONDAY,
    "timestamp": 0,
    "decimal(18,6)": 0,
}


def rows(name: str, *given: dict[str, Any]) -> pa.Table:
    """Rows of a table: what is not given is null, or something where the contract requires it."""
    contract = contracts.load(name)
    base = {column.name: EMPTY[column.type] if column.required else None for column in contract.columns}
    return pa.Table.from_pylist([base | each for each in given], schema=contracts.arrow_schema(contract))


def made_and_kept(folder: Path, make: Callable[[Path], object]) -> tuple[Path, Path]:
    """Where a lake was made, and a copy to put back there: metadata name files by absolute path."""
    place, kept = folder / "root", folder / "kept"
    place.mkdir()
    make(place)
    shutil.copytree(place, kept)
    return place, kept


def put_back(place: Path, kept: Path) -> Path:
    """The lake as it was made."""
    shutil.rmtree(place)
    shutil.copytree(kept, place)
    return place

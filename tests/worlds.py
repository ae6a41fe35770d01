"""Small worlds for whole-night tests: simulated once per run of the tests, copied where a test changes them."""

from __future__ import annotations

import json
import shutil
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.simulate.worlds import write_world

FIRST = date(2026, 3, 2)
SECOND = FIRST + timedelta(days=1)


def golden_world(root: Path, days: int = 2) -> Path:
    """The tiny preset: one campaign of 48 accounts among 400, with look-alikes, late, repeated and broken rows."""
    root.mkdir(parents=True, exist_ok=True)
    write_world(root, "tiny", 7, None, days, FIRST, None)
    return root


def copy_of(world: Path, target: Path) -> Path:
    shutil.copytree(world, target)
    return target


def partition(root: Path, table: str, night: date) -> Path:
    return root / "raw" / table / f"ds={night.isoformat()}"


def rewrite(root: Path, table: str, night: date, change: object) -> None:
    """Replace a partition's rows by `change(rows)`, as JSON lines, so that any value can be written."""
    folder = partition(root, table, night)
    rows: list[dict[str, object]] = []
    for path in sorted(folder.glob("*.parquet")):
        rows += pq.ParquetFile(path).read().to_pylist()
        path.unlink()
    assert callable(change)
    text = "".join(json.dumps(row, default=_plain) + "\n" for row in change(rows))
    (folder / "part-0.jsonl").write_text(text)


def _plain(value: object) -> str:
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def exact_text(table: pa.Table) -> str:
    """Schema and every row with every digit: equal only if order, types and values are.

    Text and not the Arrow buffers: what memory holds under a null is left undefined.
    """
    rows = (json.dumps(row, default=str) for row in table.to_pylist())
    return "\n".join([str(table.schema), *rows])

"""Rows that are tuples in the order of a schema, as an Arrow table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyarrow as pa

MICRO = 1_000_000  # bits are kept in millionths, as whole numbers, so that sums are exact in any order


def table_of(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    """An Arrow table of `schema` with one row per tuple, in the order given; empty when there are none."""
    columns = [[row[place] for row in rows] for place in range(len(schema))]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
    return pa.table(arrays, schema=schema)

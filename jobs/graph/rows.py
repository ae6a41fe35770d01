"""Arrow tables of rows that come as tuples, or as batches in which groups lie mixed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

MICRO = 1_000_000  # bits are kept in millionths, as whole numbers, so that sums are exact in any order


def table_of(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    """An Arrow table of `schema` with one row per tuple, in the order given; empty when there are none."""
    columns = [[row[place] for row in rows] for place in range(len(schema))]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
    return pa.table(arrays, schema=schema)


def whole_groups(batches: Iterable[pa.RecordBatch], key: str) -> Iterator[pa.Table]:
    """The rows of each group as one table, in order of the key; rows of all may lie mixed in all batches.

    For `repartition(key).mapInArrow(...)`: `groupBy(key).applyInArrow(...)` holds a group many times over on the embedded engine.
    """
    held = [batch for batch in batches if batch.num_rows]
    if not held:
        return
    rows = pa.Table.from_batches(held).sort_by(key)
    ends = pc.run_end_encode(rows[key].combine_chunks()).run_ends.to_pylist()
    for start, end in pairwise([0, *ends]):
        yield rows.slice(start, end - start)

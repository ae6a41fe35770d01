"""Arrow tables of rows that come as tuples, or of the groups of a frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

MICRO = 1_000_000  # bits are kept in millionths, as whole numbers, so that sums are exact in any order


def table_of(rows: Sequence[tuple[Any, ...]], schema: pa.Schema) -> pa.Table:
    """An Arrow table of `schema` with one row per tuple, in the order given; empty when there are none."""
    columns = [[row[place] for row in rows] for place in range(len(schema))]
    arrays = [pa.array(column, kind) for column, kind in zip(columns, schema.types, strict=True)]
    return pa.table(arrays, schema=schema)


def whole_groups(batches: Iterable[pa.RecordBatch], key: str) -> Iterator[pa.Table]:
    """The rows of each group as one table, in order of the key; rows of all may lie mixed in all batches."""
    held = [batch for batch in batches if batch.num_rows]
    if not held:
        return
    rows = pa.Table.from_batches(held).sort_by(key)
    ends = pc.run_end_encode(rows[key].combine_chunks()).run_ends.to_pylist()
    for start, end in pairwise([0, *ends]):
        yield rows.slice(start, end - start)


def by_group(rows: DataFrame, key: str, told: Callable[[pa.Table], pa.Table], schema: str) -> DataFrame:
    """What `told` makes of the rows of each group, which come in any order; columns of `schema`.

    `groupBy(key).applyInArrow(...)` would say the same, but the embedded engine holds a group many times over for it.
    """

    def of_part(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        for each in whole_groups(batches, key):
            yield from told(each).to_batches()

    return rows.repartition(key).mapInArrow(of_part, schema)

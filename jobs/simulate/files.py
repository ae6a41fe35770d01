"""Raw files: the Arrow shapes of the input contract, and writing them the same way every time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

TIMESTAMP = pa.timestamp("us", tz="UTC")
COST = pa.decimal128(18, 6)


def instants(microseconds: Any) -> pa.Array:
    """UTC timestamps; None stays null."""
    return pa.array(microseconds, type=pa.int64()).cast(TIMESTAMP)


def words(values: Any) -> pa.Array:
    """Text; None stays null."""
    return pa.array(values, type=pa.string(), from_pandas=False)


def chosen(names: Sequence[str | None], index: NDArray[Any], missing: NDArray[np.bool_] | None = None) -> pa.Array:
    """`names[index]` as text without building a Python string per row; null where `missing`."""
    return pa.array(names, type=pa.string()).take(pa.array(index, mask=missing))


def money(micro: NDArray[np.int64]) -> pa.Array:
    """Whole micro-units as decimal(18, 6), exactly."""
    pairs = np.empty((len(micro), 2), np.int64)
    pairs[:, 0], pairs[:, 1] = micro, np.where(micro < 0, -1, 0)
    return pa.Array.from_buffers(COST, len(micro), [None, pa.py_buffer(pairs.tobytes())])


def sketches(values: NDArray[np.uint32], missing: NDArray[np.bool_]) -> pa.Array:
    """Rows of 16 unsigned 32-bit values, kept as signed 32-bit with the same bits; null where `missing`."""
    signed = np.ascontiguousarray(values).view(np.int32)
    kept = pa.array(signed[~missing].reshape(-1))
    lengths = np.where(missing, 0, values.shape[1])
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    return pa.ListArray.from_arrays(pa.array(offsets), kept, mask=pa.array(missing))


class Partition:
    """One `part-0.parquet` of one table and delivery date, written in pieces."""

    def __init__(self, root: Path, table: str, ds: str, schema: pa.Schema) -> None:
        folder = root / "raw" / table / f"ds={ds}"
        folder.mkdir(parents=True, exist_ok=True)
        plain = [f.name for f in schema if f.name in ("request_id", "prompt_sketch", "requested_at")]
        encoded = [f.name for f in schema if f.name not in plain and not pa.types.is_nested(f.type)]
        self._writer = pq.ParquetWriter(
            folder / "part-0.parquet", schema, compression="zstd", compression_level=1, use_dictionary=encoded
        )

    def add(self, rows: pa.Table) -> None:
        if rows.num_rows:
            self._writer.write_table(rows)

    def close(self) -> None:
        self._writer.close()


def write_partition(root: Path, table: str, ds: str, rows: pa.Table) -> None:
    part = Partition(root, table, ds, rows.schema)
    part.add(rows)
    part.close()


def write_truth(root: Path, name: str, rows: pa.Table) -> None:
    folder = root / "truth"
    folder.mkdir(parents=True, exist_ok=True)
    pq.write_table(rows, folder / f"{name}.parquet", compression="zstd")

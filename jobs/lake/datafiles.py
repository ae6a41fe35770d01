"""Parquet data files: how they are written, and read under a contract that may have grown since."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Iterable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from jobs import store
from jobs.lake.layout import PARTITION, successor_path


def rows_in(path: str) -> int:
    """Rows of a data file, by its footer."""
    rows: int = store.parquet(path).metadata.num_rows
    return rows


def digest_of(paths: Iterable[str]) -> str:
    """Digest (32 hex digits) of the bytes of files, whatever their names and order."""
    found = []
    for path in paths:
        with store.place(path).open("rb") as file:
            found.append(hashlib.file_digest(file, "sha256").hexdigest())
    return hashlib.sha256("".join(sorted(found)).encode()).hexdigest()[:32]


def non_empty(folder: Path) -> list[str]:
    """The files below a folder that hold rows, sorted."""
    return sorted(str(path) for path in folder.glob("*.parquet") if rows_in(str(path)))


def dated(rows: pa.Table, night: date) -> pa.Table:
    """The rows as a data file of `night` holds them."""
    return rows.append_column(pa.field(PARTITION, pa.date32()), pa.array([night] * rows.num_rows, pa.date32()))


def conformed(path: str, schema: pa.Schema) -> pa.Table:
    """The columns of `schema` from one data file; columns that it was written without are null."""
    file = store.parquet(path)
    part = file.read(columns=[name for name in schema.names if name in file.schema_arrow.names])
    for field in schema:
        if field.name not in part.column_names:
            part = part.append_column(field, pa.nulls(part.num_rows, field.type))
    return part.select(schema.names).cast(schema)


def read_file(path: str, columns: Collection[str] | None = None) -> pa.Table | None:
    """Rows of one data file as they were written, of `columns` those that it has; None when it is gone."""
    try:
        with store.parquet(path) as file:
            wanted = None if columns is None else [each for each in file.schema_arrow.names if each in columns]
            return file.read(columns=wanted)
    except FileNotFoundError:
        return None


def said_in(path: str, name: str) -> str | None:
    """What the metadata of a data file say under a name. Raises `FileNotFoundError` when it is gone."""
    with store.parquet(path) as file:
        said = (file.metadata.metadata or {}).get(name.encode())
    return None if said is None else said.decode()


def saying(rows: pa.Table, name: str, text: str) -> pa.Table:
    """Rows whose data file says this in its metadata."""
    return rows.replace_schema_metadata({**(rows.schema.metadata or {}), name.encode(): text.encode()})


def write_rows(path: Path, rows: pa.Table) -> str:
    """Write rows to a fresh file; gives its path."""
    store.write_parquet(path, rows)
    return str(path)


def write_successor(path: str, rows: pa.Table, mark: str) -> str | None:
    """Write what is left of a data file beside it; gives its path, or None when nothing is left.

    File and `mark` give the name, so that whoever was killed and starts again finds what is written already.
    """
    if not rows.num_rows:
        return None
    found = successor_path(path, mark)
    if store.is_object(found):
        store.write_parquet(found, rows)
    elif not found.exists():
        found.parent.mkdir(exist_ok=True)
        aside = found.with_suffix(".aside")
        pq.write_table(rows, aside, compression="zstd")
        with aside.open("rb+") as file:
            os.fsync(file.fileno())
        aside.replace(found)
    return str(found)

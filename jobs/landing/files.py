"""What was delivered: the files of the partition in force, checked as far as headers tell, and their content hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from jobs import store
from jobs.errors import IolausError
from jobs.landing import formats
from jobs.landing.shapes import FACT, RawTable


@dataclass(frozen=True)
class RawFile:
    """One delivered file. `name` is its path below the root; `parts` are Parquet row groups, or 1 for JSON lines.

    `rows` is None for JSON lines, whose rows are known only when read; `changed_ns` is when the file was last written.
    """

    path: str
    name: str
    size_bytes: int
    sha256: str
    rows: int | None
    parts: int
    changed_ns: int = 0


@dataclass(frozen=True)
class Delivery:
    """The partition of a raw table that is in force on a night; `ds` is None when nothing was delivered.

    `unknown_columns` are delivered and not declared (of JSON lines only the first megabytes are looked at);
    `missing_columns` are optional and absent from at least one file. `content_hash` depends on the bytes of the
    files only, not on their names or order. `last_before` is the newest earlier partition of facts that were not delivered.
    """

    raw: RawTable
    ds: date | None
    files: tuple[RawFile, ...] = ()
    unknown_columns: tuple[str, ...] = ()
    missing_columns: tuple[str, ...] = ()
    content_hash: str | None = None
    last_before: date | None = None

    @property
    def size_bytes(self) -> int:
        return sum(file.size_bytes for file in self.files)


def find(root: Path, raw: RawTable, night: date) -> Delivery:
    """The delivery of a table in force on `night`: facts of that very `ds`, snapshots of the newest `ds` up to it.

    A partition without a data file counts as not delivered. Raises `IolausError` naming the table and the file
    when something in it is no partition or no data file, a file cannot be read, or lacks a required column.
    """
    for ds, folder in _partitions(root / "raw" / raw.name, raw.name, night, newest_first=True):
        paths = _data_files(folder, raw.name, root) if ds == night or raw.kind != FACT else _entries(folder, raw.name)
        if not paths:
            continue
        if raw.kind == FACT and ds != night:
            return Delivery(raw, None, last_before=ds)
        return _delivery(raw, ds, paths, root)
    return Delivery(raw, None)


def date_of(folder: Path) -> date | None:
    """The day that a partition is named for; None for any other name, also for another spelling of a day."""
    text = folder.name.removeprefix("ds=")
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if folder.name == f"ds={day.isoformat()}" else None


def _partitions(folder: Path, table: str, night: date, newest_first: bool) -> list[tuple[date, Path]]:
    """Partitions up to `night`. Raises `IolausError` for whatever else lies in a table's folder, unless it is a marker."""
    found = []
    for each in _entries(folder, table) if folder.is_dir() else ():
        ds = date_of(each)
        if ds is None or not each.is_dir():
            raise IolausError(
                f"Table raw/{table} has {each.name}, which is no partition: name a folder ds=YYYY-MM-DD, "
                f"put files into it, or remove this one."
            )
        if ds <= night:
            found.append((ds, each))
    return sorted(found, reverse=newest_first)


def _entries(folder: Path, table: str) -> list[Path]:
    """What lies in a folder, sorted; names that start with a dot or underscore are markers of the writers and ignored."""
    with formats.readable(table, folder.name):
        return sorted(each for each in folder.iterdir() if each.name[0] not in "._")


def _data_files(folder: Path, table: str, root: Path) -> list[Path]:
    """Data files, sorted. Raises `IolausError` for anything else: nothing that was delivered is passed over."""
    paths = _entries(folder, table)
    for path in paths:
        name = path.relative_to(root)
        if not path.exists():
            raise IolausError(f"Table raw/{table}: the link {name} leads nowhere: deliver the file or remove the link.")
        if not path.is_file():
            what = "a folder" if path.is_dir() else "no ordinary file"
            raise IolausError(
                f"Table raw/{table}: {name} is {what}: a partition holds files only; move what is in it up or remove it."
            )
        if not path.name.endswith((*formats.JSON_SUFFIXES, formats.PARQUET_SUFFIX)):
            raise IolausError(
                f"Table raw/{table}: the file {name} is neither Parquet nor JSON lines "
                f"({', '.join((formats.PARQUET_SUFFIX, *formats.JSON_SUFFIXES))}): convert or remove it."
            )
    return paths


def _delivery(raw: RawTable, ds: date, paths: list[Path], root: Path) -> Delivery:
    names = {each.name for each in raw.fields}
    files: list[RawFile] = []
    unknown: set[str] = set()
    missing: set[str] = set()
    for path in paths:
        name = path.relative_to(root).as_posix()
        with formats.readable(raw.name, name):
            header = formats.header(path)
            with path.open("rb") as handle:
                sha256 = hashlib.file_digest(handle, "sha256").hexdigest()
        if twice := sorted(header.repeated & names):
            raise IolausError(
                f"Table raw/{raw.name}: the file {name} has the column {twice[0]} twice: deliver it again with one of them."
            )
        if header.complete:
            formats.require(raw, name, header.columns)
        unknown |= header.columns - names
        missing |= names - header.columns
        stat = path.stat()
        files.append(RawFile(str(path), name, stat.st_size, sha256, header.rows, header.parts, stat.st_mtime_ns))
    content = _content_hash([file.sha256 for file in files])
    return Delivery(raw, ds, tuple(files), tuple(sorted(unknown)), tuple(sorted(missing - set(raw.required))), content)


def require_unchanged(delivery: Delivery) -> None:
    """Raise `IolausError` when a file is no longer what `find` saw: what was read of it is neither the one nor the other."""
    for file in delivery.files:
        with formats.readable(delivery.raw.name, file.name):
            stat = store.place(file.path).stat()
        if (stat.st_size, stat.st_mtime_ns) != (file.size_bytes, file.changed_ns):
            raise IolausError(
                f"Table raw/{delivery.raw.name}: the file {file.name} changed while it was read: "
                f"run this again when it is delivered whole."
            )


def content(
    root: Path, raw: RawTable, night: date, known: Mapping[str, Sequence[object]]
) -> tuple[date | None, str | None]:
    """Partition in force on `night` and its content hash, without opening a file that was met before.

    `known` maps a file's name to (size, when it was last written, SHA-256) as recorded when it was read.
    """
    place = root / "raw" / raw.name
    of_night = [(night, place / f"ds={night.isoformat()}")]
    for ds, folder in of_night if raw.kind == FACT else _partitions(place, raw.name, night, newest_first=True):
        if folder.is_dir() and (paths := _data_files(folder, raw.name, root)):
            return ds, _content_hash([_sha256(path, known.get(path.relative_to(root).as_posix())) for path in paths])
    return None, None


def _sha256(path: Path, known: Sequence[object] | None) -> str:
    stat = path.stat()
    if known is not None and (known[0], known[1]) == (stat.st_size, stat.st_mtime_ns):
        return str(known[2])
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _content_hash(digests: list[str]) -> str:
    return hashlib.sha256(json.dumps(sorted(digests)).encode()).hexdigest()

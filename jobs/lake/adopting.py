"""Takes over a lake that was copied or moved: Iceberg's metadata name every file by the path where it was written.

The current nights of every table are committed once more, from the files in this folder, into a fresh catalog that is
swapped in at the end; killed before, nothing has happened. Earlier versions of nights stay with the original.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.table import Table
from pyiceberg.table.metadata import TableMetadataUtil

from jobs.errors import IolausError
from jobs.lake import locks
from jobs.lake.builds import PREFIX, Build, builds_in, said
from jobs.lake.catalog import CATALOG, HEADS, Change, Tables, append_files, embedded
from jobs.lake.layout import plain
from jobs.lake.snapshots import Manifests
from jobs.lake.tags import night_of_tag, point, tags


class _Moved(PyArrowFileIO):
    """Reads below `new` what metadata have below `old`."""

    def __init__(self, old: str, new: str) -> None:
        super().__init__()
        self.old, self.new = old, new

    def new_input(self, location: str) -> Any:
        return super().new_input(here(location, self.old, self.new))


def here(path: str, old: str, new: str) -> str:
    """A path of the original, or a text with such paths, as it is in the copy."""
    return path.replace(f"{old}/", f"{new}/")


def adopt(root: Path) -> int:
    """Let the lake below `root` stand for itself; gives how many tables were elsewhere.

    Raises `IolausError` when there is no lake, it has lost files, or a night is being built in it.
    """
    folder = root / "lake"
    database = folder / CATALOG
    if not database.exists():
        raise IolausError(f"There is no lake below {root}: expected {database}.")
    with locks.alone(folder):
        copies = [table for table in _tables(database, folder) if _origin(table) != str(folder)]
        if not copies:
            return 0
        found = [(table, _files(table)) for table in copies]
        aside = folder / f".{CATALOG}.adopting"
        aside.unlink(missing_ok=True)
        for table, (files, builds) in found:
            _commit(Tables(folder, None, embedded(folder, aside)), table, files, builds)
        shutil.rmtree(folder / HEADS, ignore_errors=True)  # what they count starts anew
        aside.replace(database)
    return len(copies)


def _tables(database: Path, folder: Path) -> list[Table]:
    """Every table as its metadata in this folder have it."""
    with contextlib.closing(sqlite3.connect(database)) as catalog:
        rows = catalog.execute("SELECT table_namespace, table_name, metadata_location FROM iceberg_tables").fetchall()
    found = []
    for layer, name, location in sorted(rows):
        path = folder / layer / name / "metadata" / Path(plain(location)).name
        try:
            metadata = TableMetadataUtil.parse_raw(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise IolausError(
                f"The lake {folder} lacks {path}, which its catalog names: copy the whole folder again while no night is built."
            ) from None
        io = _Moved(_origin_of(metadata.location), str(folder))
        found.append(Table((layer, name), metadata, str(path), io, NoopCatalog("copied")))
    return found


def _origin(table: Table) -> str:
    return _origin_of(table.location())


def _origin_of(location: str) -> str:
    """The lake's folder, of the location of a table."""
    return str(Path(plain(location)).parent.parent)


def _files(table: Table) -> tuple[list[str], list[Build]]:
    """Current data files, in this folder, and the standing build of every night."""
    manifests, snapshot = Manifests(), table.current_snapshot()
    old, new = _origin(table), table.io.new  # type: ignore[attr-defined]
    live = sorted(manifests.in_snapshot(table, snapshot)[0]) if snapshot else []
    for path in live:
        place = Path(here(path, old, new))
        if not place.is_file() or place.stat().st_size != manifests.sizes[path][1]:
            raise IolausError(
                f"The lake's table {'.'.join(table.name())} has the file {path}, which is not whole at {place}: "
                f"copy the whole folder again while no night is built."
            )
    name = ".".join(table.name()[-2:])
    builds = {build.night: build for each in table.snapshots() for build in builds_in(name, each)}
    return [here(path, old, new) for path in live], [builds[night] for night in sorted(builds)]


def _commit(tables: Tables, copied: Table, files: list[str], builds: list[Build]) -> None:
    old, new = _origin(copied), copied.io.new  # type: ignore[attr-defined]
    again = [
        said(
            each.night,
            each.fingerprint,
            each.rows,
            each.code,
            json.loads(here(json.dumps(dict(each.properties)), old, new)),
            each.digest,
        )
        | {"committed_ms": each.committed_ms}
        for each in builds
    ]
    table = tables.taken_over(".".join(copied.name()[-2:]), copied)
    with Change(table) as transaction:
        append_files(transaction, table, files, {PREFIX + "builds": json.dumps(again)})
    taken, standing = table.snapshots()[-1].snapshot_id, {(build.night, build.snapshot_id) for build in builds}
    point(table, {tag: taken for tag, each in tags(copied).items() if (night_of_tag(tag), each) in standing})

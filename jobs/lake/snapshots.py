"""What Iceberg's metadata say: the snapshots of a table and the files that they name."""

from __future__ import annotations

import contextlib
import errno
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyiceberg.conversions import from_bytes
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.manifest import ManifestEntryStatus, ManifestFile
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.types import DateType
from pyiceberg.utils.datetime import days_to_date

from jobs.errors import IolausError
from jobs.lake.builds import Build, builds_in
from jobs.lake.layout import plain

MACHINE = {
    errno.EMFILE,
    errno.ENFILE,
    errno.EACCES,
    errno.EPERM,
    errno.ENOSPC,
    errno.EDQUOT,
    errno.EROFS,
    errno.EIO,
    errno.ENOMEM,
}
Size = tuple[int, int]  # of a data file: rows and bytes, as its manifest has them
Files = tuple[frozenset[str], frozenset[str]]  # of a snapshot's rows, and all that its metadata name


@dataclass(frozen=True)
class Version:
    """One snapshot of a table. `live` are the data files of its rows, `named` all that its metadata mention.

    Metadata hold the least and greatest value of a file's columns, also of files that the snapshot only removed.
    """

    snapshot_id: int
    committed_ms: int
    builds: tuple[Build, ...]
    live: frozenset[str]
    named: frozenset[str]


class Manifests:
    """Iceberg's lists and manifests, each read once: they never change once they are written."""

    def __init__(self) -> None:
        self._read: dict[str, Files] = {}
        self.sizes: dict[str, Size] = {}

    def versions(self, name: str, table: Table) -> list[Version]:
        """Every snapshot of a table, oldest first; the last one is current."""
        found = []
        for snapshot in table.snapshots():
            with readable(name):
                live, named = self.in_snapshot(table, snapshot)
            builds = builds_in(name, snapshot)
            found.append(Version(snapshot.snapshot_id, snapshot.timestamp_ms, builds, live, named))
        current = table.current_snapshot()
        return sorted(found, key=lambda each: current is not None and each.snapshot_id == current.snapshot_id)

    def unreadable(self, table: Table) -> list[Snapshot]:
        """Snapshots whose metadata are lost or damaged, oldest first."""

        def is_damaged(snapshot: Snapshot) -> bool:
            try:
                with readable(".".join(table.name()[-2:])):
                    self.in_snapshot(table, snapshot)
            except IolausError:
                return True
            return False

        return [each for each in table.snapshots() if is_damaged(each)]

    def in_snapshot(self, table: Table, snapshot: Snapshot) -> Files:
        """Live and named files of a snapshot; lists and manifests never change once they are written."""
        if snapshot.manifest_list not in self._read:
            parts = [self.in_manifest(table, manifest) for manifest in snapshot.manifests(table.io)]
            live = frozenset[str]().union(*(part[0] for part in parts))
            self._read[snapshot.manifest_list] = live, frozenset[str]().union(*(part[1] for part in parts))
        return self._read[snapshot.manifest_list]

    def in_manifest(self, table: Table, manifest: ManifestFile) -> Files:
        if manifest.manifest_path not in self._read:
            entries = manifest.fetch_manifest_entry(table.io, discard_deleted=False)
            for each in entries:
                held = each.data_file
                self.sizes[plain(held.file_path)] = held.record_count, held.file_size_in_bytes
            paths = [(plain(each.data_file.file_path), each.status != ManifestEntryStatus.DELETED) for each in entries]
            live = frozenset(path for path, is_live in paths if is_live)
            self._read[manifest.manifest_path] = live, frozenset(path for path, _ in paths)
        return self._read[manifest.manifest_path]


@contextlib.contextmanager
def readable(name: str) -> Iterator[None]:
    """Read metadata of table `name`; what is lost or damaged of them is one sentence, whatever library stumbles over it.

    What the machine refuses (handles, rights, its disk) leaves as it is.
    """
    try:
        yield
    except (IolausError, NoSuchTableError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, FileNotFoundError) and error.errno in MACHINE:
            raise
        reason = (str(error).splitlines() or [""])[0][:200].rstrip(".:") or type(error).__name__
        what = "lacks metadata" if isinstance(error, FileNotFoundError) else "has metadata that cannot be read"
        raise IolausError(
            f"The lake's table {name} {what} ({reason}): if the lake was moved or copied, take it over with `iolaus adopt`; else "
            f"put lake and warehouse back from one backup, or run `iolaus doctor --verify --mend`."
        ) from error


def snapshot_of(name: str, table: Table, snapshot_id: int | None) -> Snapshot | None:
    """The current snapshot of a table, or the named one. Raises `IolausError` when that has expired."""
    if snapshot_id is None:
        return table.current_snapshot()
    if snapshot := table.snapshot_by_id(snapshot_id):
        return snapshot
    raise expired(name, snapshot_id)


def expired(name: str, snapshot_id: int) -> IolausError:
    """What to say of a snapshot that is gone."""
    return IolausError(
        f"Snapshot {snapshot_id} of table {name} has expired: what was built from it cannot be reproduced; "
        f"keep snapshots as long as runs must be."
    )


def may_hold(manifest: ManifestFile, first: date, last: date) -> bool:
    """Whether a manifest may name files of the nights `first` to `last`, by what its list says about it."""
    (nights,) = manifest.partitions or (None,)
    if nights is None or nights.lower_bound is None or nights.upper_bound is None:
        return True
    bounds = (nights.lower_bound, nights.upper_bound)
    lowest, highest = (days_to_date(int(from_bytes(DateType(), bound))) for bound in bounds)
    return lowest <= last and first <= highest


def live_entries(table: Table) -> Iterator[Any]:
    """The manifest entries of the table's current files."""
    snapshot = table.current_snapshot()
    for manifest in snapshot.manifests(table.io) if snapshot else ():
        yield from manifest.fetch_manifest_entry(table.io, discard_deleted=True)

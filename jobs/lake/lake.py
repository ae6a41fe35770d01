"""The only module that touches lake storage: Iceberg tables whose nights are replaced in one transaction.

The engine writes Parquet files to a path nobody reads yet; PyIceberg then drops the old files of the night and adds
the new ones in one commit. A crash leaves unreferenced files, never half a night. Snapshot properties say which
run, code and inputs made the night, so that a published number can be followed back to landed files.

History is only rewritten by an erasure (`replace`) and only shortened by retention (`drop`). Both first commit tables
that do without a file; `sweep` removes files later, so that a process that dies leaves too much and never too little.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import time
import uuid
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.conversions import from_bytes
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.manifest import ManifestEntryStatus, ManifestFile
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.table import Table, Transaction
from pyiceberg.table.metadata import TableMetadata
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.transforms import IdentityTransform
from pyiceberg.types import DateType
from pyiceberg.utils.datetime import days_to_date

from jobs import contracts
from jobs.errors import IolausError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PARTITION = "ds"
PREFIX = "iolaus."
COMMIT_ATTEMPTS = 8
Files = tuple[frozenset[str], frozenset[str]]  # of a snapshot's rows, and all that its metadata name
LEFT_OVER_SECONDS = 86_400  # no step takes a day
logging.getLogger("pyiceberg").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Build:
    """One committed night of one table. `properties` are what the builder recorded about it; `code` is the code version.

    An erasure leaves its fingerprint and time as they were, and `replaces` has the snapshots that it stands for since.
    """

    table: str
    night: date
    fingerprint: str
    rows: int
    snapshot_id: int
    committed_ms: int
    properties: Mapping[str, str]
    code: str | None = None
    replaces: tuple[int, ...] = ()
    erased_on: date | None = None


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


class _Transaction(Transaction):
    """PyIceberg copies a table's whole history each time a transaction looks at it; here once per change it makes."""

    _copy: tuple[object, object, TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        before, updates = self._table.metadata, self._updates
        if self._copy is None or self._copy[0] is not before or self._copy[1] is not updates:
            self._copy = before, updates, super().table_metadata
        return self._copy[2]


class Lake:
    """The tables below `{root}/lake`, or of the PyIceberg catalog named `catalog`."""

    def __init__(self, root: Path, catalog: str | None = None) -> None:
        self.folder = root / "lake"
        self.foreign_catalog = catalog
        self._scratch = self.folder / "_scratch" / uuid.uuid4().hex  # steps may run side by side in other processes
        self._tables: dict[str, Table] = {}
        self._histories: dict[str, list[Build]] | None = None
        self._read: dict[str, Files] = {}
        if catalog:
            self._catalog: Catalog = load_catalog(catalog)
        else:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._catalog = load_catalog(
                "iolaus",
                type="sql",
                uri=f"sqlite:///{self.folder / 'catalog.db'}?timeout=60",
                warehouse=f"file://{self.folder}",
            )

    @contextlib.contextmanager
    def steady(self) -> Iterator[None]:
        """Within it, what was built of a table is looked up once, and again after a commit of this lake's own.

        A step sees one state of its inputs from first to last. May be entered again within itself.
        """
        outer = self._histories
        self._histories = {} if outer is None else outer
        try:
            yield
        finally:
            self._histories = outer

    def builds(self, name: str) -> dict[date, Build]:
        """The committed nights of a table with what was recorded about each; empty when it was never built."""
        return {build.night: build for build in self.history(name)}  # of a night's builds the last one stands

    def history(self, name: str) -> list[Build]:
        """Every build of a table whose snapshot has not expired, also those that were replaced; oldest first."""
        if self._histories is not None and name in self._histories:
            return self._histories[name]
        table = self._existing(name, fresh=True)
        builds = [build for snapshot in (table.snapshots() if table else ()) for build in _builds(name, snapshot)]
        if self._histories is not None:
            self._histories[name] = builds
        return builds

    def build_of(self, name: str, night: date, snapshot_id: int) -> Build:
        """The build of a night that a snapshot holds.

        Raises `IolausError` when the snapshot has expired or was changed by an erasure.
        """
        for build in (each for each in self.history(name) if each.night == night):
            if build.snapshot_id == snapshot_id:
                return build
            if snapshot_id in build.replaces:
                raise IolausError(
                    f"Snapshot {snapshot_id} of table {name} was changed by an erasure on {build.erased_on} (`iolaus forget`): "
                    f"what was built from it cannot be reproduced; what was published of it stands, without the account."
                )
        raise _expired(name, snapshot_id)

    def prints(self, name: str) -> dict[date, str]:
        """The fingerprints of a table's nights."""
        return {night: build.fingerprint for night, build in self.builds(name).items()}

    def paths(self, name: str, first: date, last: date, snapshot_id: int | None = None) -> list[str]:
        """Data files of the nights `first` to `last`, both included, sorted; as a snapshot had them, if one is named."""
        table = self._existing(name)
        snapshot = None if table is None else _snapshot(name, table, snapshot_id)
        if table is None or snapshot is None:
            return []
        live = (
            self._in_manifest(table, manifest)[0]
            for manifest in snapshot.manifests(table.io)
            if _may_hold(manifest, first, last)
        )
        return sorted(path for path in chain.from_iterable(live) if first <= self.night_of(path) <= last)

    def read(self, spark: SparkSession, name: str, first: date, last: date) -> DataFrame:
        """Rows of the nights `first` to `last` with the columns of the contract; an empty frame when there are none."""
        contract = contracts.load(name)
        schema = contracts.spark_schema(contract)
        paths = self.paths(name, first, last)
        if not paths:
            return spark.createDataFrame([], schema)
        return spark.read.schema(schema).parquet(*paths)

    def read_arrow(
        self,
        name: str,
        first: date,
        last: date,
        columns: Iterable[str] | None = None,
        snapshot_id: int | None = None,
    ) -> pa.Table:
        """The same rows in memory, without an engine; as a snapshot had them, if one is named."""
        schema = contracts.arrow_schema(contracts.load(name))
        wanted = list(columns) if columns is not None else schema.names
        schema = pa.schema([schema.field(each) for each in wanted])
        parts = [_conformed(pq.ParquetFile(path), schema) for path in self.paths(name, first, last, snapshot_id)]
        return pa.concat_tables(parts) if parts else schema.empty_table()

    def write_files(self, name: str, night: date, frame: DataFrame) -> list[str]:
        """Let the engine write `frame` to a fresh path; gives its non-empty files, which no reader sees before `commit`.

        Raises `IolausError` listing every difference between the frame and the contract.
        """
        from pyspark.sql import functions as F

        contract = contracts.load(name)
        found = {field.name: field.dataType.simpleString() for field in frame.schema.fields}
        if wrong := contracts.differences(contract, found):
            raise IolausError(f"Table {name} does not fit its contract: {'; '.join(wrong)}.")
        path = self._fresh_path(name, night)
        ordered = frame.select(*contract.column_names, F.lit(night).cast("date").alias(PARTITION))
        ordered.write.mode("append").parquet(str(path))
        return _non_empty(path)

    def write_arrow(self, name: str, night: date, rows: pa.Table) -> list[str]:
        """The same for rows in memory, which must have exactly the contract's Arrow schema."""
        schema = contracts.arrow_schema(contracts.load(name))
        if not rows.schema.equals(schema):
            raise IolausError(f"Table {name} does not fit its contract: has {rows.schema}, needs {schema}.")
        if not rows.num_rows:
            return []
        path = self._fresh_path(name, night)
        path.mkdir(parents=True)
        pq.write_table(self.dated(rows, night), path / "part-0.parquet", compression="zstd")
        return [str(path / "part-0.parquet")]

    @staticmethod
    def dated(rows: pa.Table, night: date) -> pa.Table:
        """The rows as a data file of `night` holds them."""
        return rows.append_column(pa.field(PARTITION, pa.date32()), pa.array([night] * rows.num_rows, pa.date32()))

    @staticmethod
    def night_of(path: str) -> date:
        """The night that a data file belongs to."""
        return date.fromisoformat(Path(path).parent.parent.name.removeprefix(f"{PARTITION}="))

    def commit(
        self,
        name: str,
        night: date,
        files: list[str],
        fingerprint: str,
        properties: Mapping[str, str],
        code: str | None = None,
    ) -> Build:
        """Replace the night of a table by `files` in one transaction, with its provenance; `code` is the version that built it.

        Raises `IolausError` when other writers keep winning the race for the table.
        """
        rows = sum(map(_rows, files))
        said = _said(night, fingerprint, rows, code, properties)
        summary = {PREFIX + key: value for key, value in said.items()}
        for attempt in range(COMMIT_ATTEMPTS):
            try:
                table = self._evolved(name, self._open(name, fresh=attempt > 0))
                self._replace(table, night, files, summary)
                if self._histories is not None:
                    self._histories.pop(name, None)
                return _builds(name, table.snapshots()[-1])[0]
            except CommitFailedException:
                time.sleep(0.05 * 2**attempt)
        raise IolausError(f"Table {name} could not be committed: other writers kept changing it; run the step again.")

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        """Hold while a step is built or old snapshots are read; waits until nobody holds the lake `alone`."""
        with self._lock_file() as lock:
            fcntl.flock(lock, fcntl.LOCK_SH)
            if self._histories is None:  # else what was looked up was looked up under this lock
                self._tables.clear()
            yield

    @contextlib.contextmanager
    def alone(self) -> Iterator[None]:
        """Hold while history is rewritten or removed; ends with the process, however that ends.

        Raises `IolausError` when somebody holds the lake, or when it is a copy whose tables are still in another folder.
        """
        with self._lock_file() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise IolausError(
                    f"A night is being built in {self.folder}, or another `iolaus forget` or `expire` is at work: "
                    f"run this again when it is done."
                ) from None
            self._tables.clear()
            self._require_own_files()
            yield

    def _require_own_files(self) -> None:
        """Metadata name files by absolute path: in a copied folder they name the original's, and nothing refers to the copy's."""
        for name in self.tables():
            entry = next(_live_entries(self._open(name, fresh=True, create=False)), None)
            path = _plain(entry.data_file.file_path) if entry else str(self.folder)
            if not Path(path).is_relative_to(self.folder):
                raise IolausError(
                    f"The lake {self.folder} was moved or copied: its table {name} has the file {path}. "
                    f"Put it back where it was built, or delete it and build its nights again."
                )

    def note(self, name: str) -> str | None:
        """The text of a small file beside the tables; None when there is none."""
        path = self.folder / name
        return path.read_text(encoding="utf-8") if path.exists() else None

    def write_note(self, name: str, text: str) -> None:
        """Replace a small file beside the tables, whole or not at all."""
        aside = self.folder / f".{name}.aside"
        with aside.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        aside.replace(self.folder / name)

    def tables(self) -> list[str]:
        """Every table of a layer that the catalog has, also such as no contract declares any more."""
        layers = {parts[0] for parts in self._catalog.list_namespaces()} & set(contracts.LAYERS)
        return sorted(".".join(parts[-2:]) for layer in layers for parts in self._catalog.list_tables(layer))

    def versions(self, name: str) -> list[Version]:
        """Every snapshot of a table with the files that its metadata name, oldest first; the last one is current."""
        table = self._existing(name, fresh=True)
        return [] if table is None else self._versions(name, table)

    def read_file(self, path: str, columns: Collection[str] | None = None) -> pa.Table | None:
        """Rows of one data file as they were written, of `columns` those that it has; None when it is gone."""
        try:
            with pq.ParquetFile(path) as file:
                wanted = None if columns is None else [each for each in file.schema_arrow.names if each in columns]
                return file.read(columns=wanted)
        except FileNotFoundError:
            return None

    def write_successor(self, path: str, rows: pa.Table, mark: str) -> str | None:
        """Write what is left of a data file beside it; gives its path, or None when nothing is left.

        File and `mark` give the name, so that whoever was killed and starts again finds what is written already.
        """
        if not rows.num_rows:
            return None
        folder = Path(path).parent.parent / uuid.uuid5(uuid.NAMESPACE_URL, f"{path}\0{mark}").hex
        found = folder / "part-0.parquet"
        if not found.exists():
            folder.mkdir(exist_ok=True)
            aside = folder / "part-0.aside"
            pq.write_table(rows, aside, compression="zstd")
            with aside.open("rb+") as file:
                os.fsync(file.fileno())
            aside.replace(found)
        return str(found)

    def replace(
        self,
        name: str,
        successors: Mapping[str, str | None],
        revised: Callable[[Build], Mapping[str, str]],
        today: date,
    ) -> bool:
        """Let no snapshot name the files in `successors`, nor hold a build that `revised` gives other properties.

        One transaction puts the successors (None: nothing is left) into the current rows and commits every night again
        whose builds lose their snapshots; another one drops those snapshots. Run again, it goes on where it was killed.
        Gives whether there was anything to do. Raises `IolausError` when another writer is at work.
        """
        table = self._existing(name, fresh=True)
        versions = [] if table is None else self._versions(name, table)

        def is_old(version: Version) -> bool:
            changed = any(revised(build) != build.properties for build in version.builds)
            return changed or bool(version.named & successors.keys())

        old = {each.snapshot_id for each in versions if is_old(each)}
        if table is None or not old:
            return False
        try:
            if again := _to_commit_again(versions, old):
                if name in contracts.names():
                    table = self._evolved(name, table)
                live = versions[-1].live
                removed = live & successors.keys()
                added = {path: new for path in sorted(removed) if (new := successors[path])}
                said = [
                    _said(
                        build.night,
                        build.fingerprint,
                        sum(
                            _rows(added.get(path, path))
                            for path in _of_night(live, build.night) - (removed - added.keys())
                        ),
                        build.code,
                        revised(build),
                    )
                    | {
                        "committed_ms": build.committed_ms,
                        "replaces": sorted(_stands_for(versions, build.night, old)),
                        "erased_on": today.isoformat(),
                    }
                    for build in again
                ]
                with _Transaction(table) as transaction:
                    if removed:
                        with transaction.update_snapshot().overwrite() as overwritten:
                            for entry in _live_entries(table):
                                if _plain(entry.data_file.file_path) in removed:
                                    overwritten.delete_data_file(entry.data_file)
                    _append(transaction, table, list(added.values()), {PREFIX + "builds": json.dumps(said)})
            table = self._open(name, fresh=True, create=False)
            self._drop(table, [each.snapshot_id for each in self._versions(name, table) if is_old(each)])
        except CommitFailedException as error:
            raise IolausError(f"Table {name} was changed by another writer: run the command again.") from error
        return True

    def _versions(self, name: str, table: Table) -> list[Version]:
        found = []
        for snapshot in table.snapshots():
            live, named = self._in_snapshot(table, snapshot)
            builds = _builds(name, snapshot)
            found.append(Version(snapshot.snapshot_id, snapshot.timestamp_ms, builds, live, named))
        current = table.current_snapshot()
        return sorted(found, key=lambda each: current is not None and each.snapshot_id == current.snapshot_id)

    def _in_snapshot(self, table: Table, snapshot: Snapshot) -> Files:
        """Live and named files of a snapshot; lists and manifests never change once they are written."""
        if snapshot.manifest_list not in self._read:
            parts = [self._in_manifest(table, manifest) for manifest in snapshot.manifests(table.io)]
            live = frozenset[str]().union(*(part[0] for part in parts))
            self._read[snapshot.manifest_list] = live, frozenset[str]().union(*(part[1] for part in parts))
        return self._read[snapshot.manifest_list]

    def _in_manifest(self, table: Table, manifest: ManifestFile) -> Files:
        if manifest.manifest_path not in self._read:
            entries = manifest.fetch_manifest_entry(table.io, discard_deleted=False)
            paths = [(_plain(each.data_file.file_path), each.status != ManifestEntryStatus.DELETED) for each in entries]
            live = frozenset(path for path, is_live in paths if is_live)
            self._read[manifest.manifest_path] = live, frozenset(path for path, _ in paths)
        return self._read[manifest.manifest_path]

    def drop(self, name: str, snapshot_ids: Collection[int]) -> None:
        """Forget snapshots of a table, but never the current one; their files stay until `sweep`."""
        table = self._existing(name, fresh=True)
        if table is not None:
            self._drop(table, snapshot_ids)

    def _drop(self, table: Table, snapshot_ids: Collection[int]) -> None:
        known = {each.snapshot_id for each in table.snapshots()} - {each.snapshot_id for each in table.refs().values()}
        if chosen := sorted(known & set(snapshot_ids)):
            table.maintenance.expire_snapshots().by_ids(chosen).commit()

    def sweep(self, needed: Collection[str], before: float, metadata_before: float | None = None) -> tuple[int, int]:
        """Delete what no snapshot refers to and was last written before `before` (seconds since 1970); gives files, bytes.

        `needed` are data files that are about to be committed. Table metadata that are not current are deleted when older
        than `metadata_before`. Only files below the lake's folder are looked at. Call it with the lake held `alone`.
        """
        referred = set(needed)
        for name in self.tables():
            table = self._open(name, fresh=True, create=False)
            referred |= {path for version in self._versions(name, table) for path in version.live}
            referred |= {_plain(table.metadata_location)}
            for snapshot in table.snapshots():
                referred.add(_plain(snapshot.manifest_list))
                referred |= {_plain(each.manifest_path) for each in snapshot.manifests(table.io)}
        files = freed = 0
        for path in [
            each for layer in contracts.LAYERS for each in (self.folder / layer).glob("*/*/**/*") if each.is_file()
        ]:
            is_metadata = path.name.endswith(".metadata.json")
            limit = metadata_before if is_metadata else before
            stat = path.stat()
            if str(path) in referred or limit is None or stat.st_mtime >= limit:
                continue
            path.unlink()
            files, freed = files + 1, freed + stat.st_size
            for folder in (path.parent, path.parent.parent) if path.parent.name != "metadata" else ():
                with contextlib.suppress(OSError):
                    folder.rmdir()  # only when empty
        return files, freed

    def scratch(self, spark: SparkSession, frame: DataFrame) -> DataFrame:
        """Materialise an intermediate frame once, so that an iterative algorithm does not repeat its past."""
        path = self._scratch / uuid.uuid4().hex
        frame.write.parquet(str(path))
        return spark.read.schema(frame.schema).parquet(str(path))

    def clear_scratch(self, left_over_seconds: float = LEFT_OVER_SECONDS) -> None:
        """Remove what `scratch` wrote, here or in a process that was killed; call when the step is committed."""
        import shutil

        shutil.rmtree(self._scratch, ignore_errors=True)
        for other in (self.folder / "_scratch").glob("*"):
            with contextlib.suppress(OSError):
                if time.time() - other.stat().st_mtime >= left_over_seconds:
                    shutil.rmtree(other, ignore_errors=True)

    def _replace(self, table: Table, night: date, files: list[str], summary: dict[str, str]) -> None:
        with _Transaction(table) as transaction:
            if table.current_snapshot() is not None and self.paths(".".join(table.name()[-2:]), night, night):
                transaction.delete(f"{PARTITION} = '{night.isoformat()}'")
            _append(transaction, table, files, summary)

    @contextlib.contextmanager
    def _lock_file(self) -> Iterator[Any]:
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / ".lock").open("a") as lock:
            yield lock

    def _evolved(self, name: str, table: Table) -> Table:
        """The table with the columns that its contract has gained since; nights written before read them as null."""
        declared = contracts.iceberg_schema(contracts.load(name))
        if not set(declared.column_names) <= set(table.schema().column_names):
            with table.update_schema() as update:
                update.union_by_name(declared)
        return table

    def _fresh_path(self, name: str, night: date) -> Path:
        layer, table = name.split(".")
        return self.folder / layer / table / "data" / f"{PARTITION}={night.isoformat()}" / uuid.uuid4().hex

    def _existing(self, name: str, fresh: bool = False) -> Table | None:
        try:
            return self._open(name, fresh=fresh, create=False)
        except NoSuchTableError:
            return None

    def _open(self, name: str, fresh: bool = False, create: bool = True) -> Table:
        if name in self._tables and not fresh:
            return self._tables[name]
        try:
            table = self._catalog.load_table(name)
        except NoSuchTableError:
            if not create:
                raise
            table = self._create(name)
        self._tables[name] = table
        return table

    def _create(self, name: str) -> Table:
        layer, _ = name.split(".")
        schema = contracts.iceberg_schema(contracts.load(name))
        night = schema.find_field(PARTITION)
        spec = PartitionSpec(
            PartitionField(source_id=night.field_id, field_id=1000, transform=IdentityTransform(), name=PARTITION)
        )
        options: dict[str, Any] = {"properties": {"comment": contracts.load(name).description}}
        self._catalog.create_namespace_if_not_exists(layer)
        return self._catalog.create_table_if_not_exists(name, schema, partition_spec=spec, **options)


def _snapshot(name: str, table: Table, snapshot_id: int | None) -> Snapshot | None:
    if snapshot_id is None:
        return table.current_snapshot()
    if snapshot := table.snapshot_by_id(snapshot_id):
        return snapshot
    raise _expired(name, snapshot_id)


def _expired(name: str, snapshot_id: int) -> IolausError:
    return IolausError(
        f"Snapshot {snapshot_id} of table {name} has expired: what was built from it cannot be reproduced; "
        f"keep snapshots as long as runs must be."
    )


def _may_hold(manifest: ManifestFile, first: date, last: date) -> bool:
    """Whether a manifest may name files of the nights `first` to `last`, by what its list says about it."""
    (nights,) = manifest.partitions or (None,)
    if nights is None or nights.lower_bound is None or nights.upper_bound is None:
        return True
    bounds = (nights.lower_bound, nights.upper_bound)
    lowest, highest = (days_to_date(int(from_bytes(DateType(), bound))) for bound in bounds)
    return lowest <= last and first <= highest


def _builds(name: str, snapshot: Snapshot) -> tuple[Build, ...]:
    """What a snapshot says about the builds that it holds: one, after an erasure many; none where it only removed files."""
    summary = snapshot.summary.additional_properties if snapshot.summary else {}
    said = {key.removeprefix(PREFIX): value for key, value in summary.items() if key.startswith(PREFIX)}
    parts: list[dict[str, Any]] = json.loads(said["builds"]) if "builds" in said else [said] if "night" in said else []
    return tuple(
        Build(
            table=name,
            night=date.fromisoformat(part["night"]),
            fingerprint=part["fingerprint"],
            rows=int(part["rows"]),
            snapshot_id=snapshot.snapshot_id,
            committed_ms=int(part.get("committed_ms", snapshot.timestamp_ms)),
            properties=json.loads(part["properties"]),
            code=part.get("code"),
            replaces=tuple(part.get("replaces", ())),
            erased_on=date.fromisoformat(part["erased_on"]) if "erased_on" in part else None,
        )
        for part in parts
    )


def _said(night: date, fingerprint: str, rows: int, code: str | None, properties: Mapping[str, str]) -> dict[str, str]:
    made = {
        "night": night.isoformat(),
        "fingerprint": fingerprint,
        "rows": str(rows),
        "properties": json.dumps(dict(properties), sort_keys=True),
    }
    return made | ({"code": code} if code else {})


def _append(transaction: Any, table: Table, files: list[str], summary: dict[str, str]) -> None:
    if files:
        transaction.add_files(files, snapshot_properties=summary, check_duplicate_files=False)
    else:
        transaction.append(table.schema().as_arrow().empty_table(), snapshot_properties=summary)


def _to_commit_again(versions: list[Version], old: Collection[int]) -> list[Build]:
    """The standing build of every night whose builds lose snapshots, unless it survives and stands for them already."""
    builds = [build for each in versions for build in each.builds]
    standing = {build.night: build for build in builds}  # of a night's builds the last one stands
    lost: dict[date, set[int]] = {}
    for build in builds:
        if build.snapshot_id in old:
            lost.setdefault(build.night, set()).add(build.snapshot_id)
    return [
        build
        for build in builds
        if build is standing[build.night] and not lost.get(build.night, set()) <= set(build.replaces)
    ]


def _live_entries(table: Table) -> Iterator[Any]:
    snapshot = table.current_snapshot()
    for manifest in snapshot.manifests(table.io) if snapshot else ():
        yield from manifest.fetch_manifest_entry(table.io, discard_deleted=True)


def _stands_for(versions: list[Version], night: date, gone: Collection[int]) -> set[int]:
    """Snapshots of a night's builds that go, and those which they stood for themselves."""
    builds = [build for each in versions for build in each.builds if build.night == night]
    lost = {build.snapshot_id for build in builds if build.snapshot_id in gone}
    return lost.union(*(build.replaces for build in builds))


def _rows(path: str) -> int:
    rows: int = pq.ParquetFile(path).metadata.num_rows
    return rows


def _of_night(paths: Collection[str], night: date) -> set[str]:
    return {path for path in paths if Lake.night_of(path) == night}


def _plain(location: str) -> str:
    return location.removeprefix("file://")


def _conformed(file: pq.ParquetFile, schema: pa.Schema) -> pa.Table:
    """The columns of `schema` from one data file; columns that it was written without are null."""
    part = file.read(columns=[name for name in schema.names if name in file.schema_arrow.names])
    for field in schema:
        if field.name not in part.column_names:
            part = part.append_column(field, pa.nulls(part.num_rows, field.type))
    return part.select(schema.names).cast(schema)


def _non_empty(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.glob("*.parquet") if pq.ParquetFile(path).metadata.num_rows)

"""The lake as builders of nights see it: Iceberg tables whose nights are replaced in one transaction.

The engine writes Parquet files to a path nobody reads yet; PyIceberg then drops the old files of the night and adds
the new ones in one commit. A crash leaves unreferenced files, never half a night. Snapshot properties say which
run, code and inputs made the night, so that a published number can be followed back to landed files.
History is rewritten and shortened elsewhere (`jobs.lake.rewriting`).
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pyarrow as pa
from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot

from jobs import contracts, store
from jobs.errors import IolausError
from jobs.lake import locks
from jobs.lake.builds import PREFIX, VOID, Build, builds_in, said
from jobs.lake.catalog import Change, Tables, append_files
from jobs.lake.datafiles import conformed, dated, digest_of, non_empty, rows_in, write_rows
from jobs.lake.layout import PARTITION, fresh_path, night_of, of_night
from jobs.lake.scratch import LEFT_OVER_SECONDS, Scratch
from jobs.lake.snapshots import Manifests, expired, may_hold, readable, snapshot_of
from jobs.lake.tags import point

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

COMMIT_ATTEMPTS = 8
T = TypeVar("T")
WAY_BACK = "restore the lake from a backup, or run `iolaus doctor --mend` and build what it names again."
logging.getLogger("pyiceberg").setLevel(logging.ERROR)


class Lake:
    """The tables below `{root}/lake`, or of the PyIceberg catalog named `catalog`."""

    def __init__(self, root: Path, catalog: str | None = None) -> None:
        self.folder = root / "lake"
        self.foreign_catalog = catalog
        self.tables = Tables(self.folder, catalog)
        self.manifests = Manifests()
        self.folder.mkdir(parents=True, exist_ok=True)
        self._scratch = Scratch(self.folder / "_scratch")
        self._histories: dict[str, list[Build]] | None = None

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
        table = self.tables.existing(name, fresh=True)
        builds = [build for snapshot in (table.snapshots() if table else ()) for build in builds_in(name, snapshot)]
        if self._histories is not None:
            self._histories[name] = builds
        return builds

    def build_of(self, name: str, night: date, snapshot_id: int) -> Build:
        """The build of a night that a snapshot holds, or held with the tokens of the keys before.

        Raises `IolausError` when the snapshot has expired, was changed by an erasure, or had been replaced before a change of the
        key.
        """
        for build in (each for each in self.history(name) if each.night == night):
            if build.snapshot_id == snapshot_id or snapshot_id in build.renamed:
                return build
            if snapshot_id in build.replaces:
                if build.erased_on is None:
                    raise IolausError(
                        f"Snapshot {snapshot_id} of table {name} was brought under a newer key on {build.rekeyed_on} (`iolaus "
                        f"rekey`): what was built from it cannot be reproduced; what was published of it stands, with other tokens."
                    )
                raise IolausError(
                    f"Snapshot {snapshot_id} of table {name} was changed by an erasure on {build.erased_on} (`iolaus forget`): "
                    f"what was built from it cannot be reproduced; what was published of it stands, without the account."
                )
        raise expired(name, snapshot_id)

    def prints(self, name: str) -> dict[date, str]:
        """The fingerprints of a table's nights."""
        return {night: build.fingerprint for night, build in self.builds(name).items()}

    def paths(self, name: str, first: date, last: date, snapshot_id: int | None = None) -> list[str]:
        """Data files of the nights `first` to `last`, both included, sorted; as a snapshot had them, if one is named.

        Raises `IolausError` when a file is not as it was written, or a night holds other rows than its build wrote.
        """
        table = self.tables.existing(name)
        snapshot = None if table is None else snapshot_of(name, table, snapshot_id)
        if table is None or snapshot is None:
            return []
        found = self._live(table, snapshot, first, last)
        for path in found:
            self._require_whole(name, path)
        if snapshot_id is None:
            standing = {build.night: build for each in table.snapshots() for build in builds_in(name, each)}
            for night, build in standing.items():
                if first <= night <= last:
                    self._require_rows(build, found)
                    if build.is_void:
                        raise IolausError(f"Table {name} of {night} was found damaged: build that night again first.")
        return found

    def damage(self, name: str, night: date, is_verified: bool = False) -> str | None:
        """What is wrong with a night of a table, in one sentence; None for nothing. Files are read where `is_verified`."""
        try:
            paths = self.paths(name, night, night)
        except IolausError as error:
            return str(error)
        build = self.builds(name).get(night)
        if is_verified and build and build.digest and digest_of(paths) != build.digest:
            return f"Table {name} does not hold the bytes of {night} that its build wrote: {WAY_BACK}"
        return None

    def void(self, name: str, night: date) -> None:
        """Let a night hold nothing and be built again before anybody reads it."""
        build = self.builds(name)[night]
        self.commit(name, night, [], VOID, build.properties, build.code)

    def unreadable(self, name: str) -> list[Snapshot]:
        """Snapshots of a table whose metadata are lost or damaged."""
        table = self.tables.existing(name)
        return self.manifests.unreadable(table) if table else []

    def rows_held(self, name: str, night: date) -> int:
        """Rows of a night that the table holds, by its manifests, whatever its build says."""
        table = self.tables.existing(name)
        snapshot = table.current_snapshot() if table else None
        return self._rows(self._live(table, snapshot, night, night)) if table and snapshot else 0

    def _rows(self, paths: Iterable[str]) -> int:
        return sum(self.manifests.sizes[path][0] for path in paths)

    def _require_whole(self, name: str, path: str) -> None:
        size = self.manifests.sizes[path][1]
        try:
            found: int | None = store.place(path).stat().st_size
        except FileNotFoundError:
            found = None
        if found != size:
            what = "is missing" if found is None else f"has {found} bytes instead of {size}"
            raise IolausError(f"The file {path} of table {name} {what}: {WAY_BACK}")

    def _require_rows(self, build: Build, paths: Iterable[str]) -> None:
        held = self._rows(of_night(list(paths), build.night))
        if held != build.rows:
            raise IolausError(
                f"Table {build.table} holds {held} rows of {build.night} where its build wrote {build.rows}: {WAY_BACK}"
            )

    def _live(self, table: Table, snapshot: Snapshot, first: date, last: date) -> list[str]:
        with readable(".".join(table.name()[-2:])):
            live = (
                self.manifests.in_manifest(table, manifest)[0]
                for manifest in snapshot.manifests(table.io)
                if may_hold(manifest, first, last)
            )
            return sorted(path for path in chain.from_iterable(live) if first <= night_of(path) <= last)

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
        parts = [conformed(path, schema) for path in self.paths(name, first, last, snapshot_id)]
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
        path = fresh_path(self.folder, name, night)
        ordered = frame.select(*contract.column_names, F.lit(night).cast("date").alias(PARTITION))
        ordered.write.mode("append").parquet(str(path))
        return non_empty(path)

    def write_arrow(self, name: str, night: date, rows: pa.Table) -> list[str]:
        """The same for rows in memory, which must have exactly the contract's Arrow schema."""
        schema = contracts.arrow_schema(contracts.load(name))
        if not rows.schema.equals(schema):
            raise IolausError(f"Table {name} does not fit its contract: has {rows.schema}, needs {schema}.")
        if not rows.num_rows:
            return []
        return [write_rows(fresh_path(self.folder, name, night) / "part-0.parquet", dated(rows, night))]

    def commit(
        self,
        name: str,
        night: date,
        files: list[str],
        fingerprint: str,
        properties: Mapping[str, str],
        code: str | None,
    ) -> Build:
        """Replace the night of a table by `files` in one transaction, with its provenance; `code` is the version that built it.

        Whatever the night holds by then is replaced. Raises `IolausError` when other writers keep winning the race for the
        table, or the table does not hold the rows afterwards.
        """
        rows = sum(map(rows_in, files))
        about = said(night, fingerprint, rows, code, properties, digest_of(files))
        summary = {PREFIX + key: value for key, value in about.items()}

        def change(opened: Table) -> Build:
            table = self.tables.evolved(name, opened)
            self._replace(table, night, files, summary)
            if self._histories is not None:
                self._histories.pop(name, None)
            build = builds_in(name, table.snapshots()[-1])[0]
            self._require_rows(build, self._live(table, table.snapshots()[-1], night, night))
            self.tables.record(name, table)
            return build

        return self._won(name, change)

    def tag(self, name: str, tag: str, snapshot_id: int) -> None:
        """Let `tag` name a snapshot of a table, for readers and against expiry; no write where it does already."""
        self._won(name, lambda table: point(table, {tag: snapshot_id}))

    def _won(self, name: str, change: Callable[[Table], T]) -> T:
        """What `change` gives, which is tried again on the newest state of the table when another writer was faster."""
        for attempt in range(COMMIT_ATTEMPTS):
            try:
                return change(self.tables.open(name, fresh=attempt > 0))
            except CommitFailedException:
                time.sleep(0.05 * 2**attempt)
        raise IolausError(f"Table {name} could not be committed: other writers kept changing it; run the step again.")

    @contextlib.contextmanager
    def night_lease(self, night: date) -> Iterator[None]:
        """Hold while a whole night is built: no other night, and no single step, is built meanwhile. Waits for its turn."""
        with locks.lease(self.folder, locks.NIGHTS, f"The run of {night}"):
            yield

    @contextlib.contextmanager
    def step_lease(self, name: str, night: date) -> Iterator[None]:
        """Hold while one step is built by itself: steps of other tables go on beside it. Waits for its turn."""
        doing = f"The build of {name} for {night}"
        with locks.lease(self.folder, locks.NIGHTS, doing, exclusive=False), locks.lease(self.folder, name, doing):
            yield

    @contextlib.contextmanager
    def shared(self) -> Iterator[None]:
        """Hold while a step is built or old snapshots are read; waits until nobody holds the lake alone."""
        with locks.shared(self.folder):
            if self._histories is None:  # else what was looked up was looked up under this lock
                self.tables.forget_loaded()
            yield

    def note(self, name: str) -> str | None:
        """The text of a small file beside the tables; None when there is none."""
        path = self.folder / name
        return path.read_text(encoding="utf-8", errors="replace") if path.exists() else None

    def write_note(self, name: str, text: str) -> None:
        """Replace a small file beside the tables, whole or not at all."""
        store.write_whole(self.folder / name, text)

    def scratch(self, spark: SparkSession, frame: DataFrame) -> DataFrame:
        """Materialise an intermediate frame once, so that an iterative algorithm does not repeat its past."""
        return self._scratch.stored(spark, frame)

    def clear_scratch(self, left_over_seconds: float = LEFT_OVER_SECONDS) -> None:
        """Remove what `scratch` wrote, here or in a process that was killed; call when the step is committed."""
        self._scratch.clear(left_over_seconds)

    def _replace(self, table: Table, night: date, files: list[str], summary: dict[str, str]) -> None:
        with Change(table) as transaction:
            snapshot = table.current_snapshot()
            if snapshot is not None and self._live(table, snapshot, night, night):
                transaction.delete(f"{PARTITION} = '{night.isoformat()}'")
            append_files(transaction, table, files, summary)

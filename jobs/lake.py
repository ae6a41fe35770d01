"""The only module that touches lake storage: Iceberg tables whose nights are replaced in one transaction.

The engine writes Parquet files to a path nobody reads yet; PyIceberg then drops the old files of the night and adds
the new ones in one commit. A crash leaves unreferenced files, never half a night. Snapshot properties say which
run, code and inputs made the night, so that a published number can be followed back to landed files.
"""

from __future__ import annotations

import contextlib
import json
import logging
import time
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.exceptions import CommitFailedException, NoSuchTableError
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.table import Table
from pyiceberg.table.snapshots import Snapshot
from pyiceberg.transforms import IdentityTransform

from jobs import contracts, provenance
from jobs.errors import IolausError

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

PARTITION = "ds"
PREFIX = "iolaus."
COMMIT_ATTEMPTS = 8
LEFT_OVER_SECONDS = 86_400  # no step takes a day
logging.getLogger("pyiceberg").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Build:
    """One committed night of one table. `properties` are what the builder recorded about it; `code` is the code version."""

    table: str
    night: date
    fingerprint: str
    rows: int
    snapshot_id: int
    committed_ms: int
    properties: Mapping[str, str]
    code: str | None = None


class Lake:
    """The tables below `{root}/lake`, or of the PyIceberg catalog named `catalog`."""

    def __init__(self, root: Path, catalog: str | None = None) -> None:
        self.folder = root / "lake"
        self._scratch = self.folder / "_scratch" / uuid.uuid4().hex  # steps may run side by side in other processes
        self._tables: dict[str, Table] = {}
        self._histories: dict[str, list[Build]] | None = None
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
        found = [_build(name, snapshot) for snapshot in (table.snapshots() if table else ())]
        builds = [build for build in found if build is not None]
        if self._histories is not None:
            self._histories[name] = builds
        return builds

    def build_of(self, name: str, snapshot_id: int) -> Build:
        """The build that a snapshot holds. Raises `IolausError` when the snapshot has expired."""
        for build in self.history(name):
            if build.snapshot_id == snapshot_id:
                return build
        raise IolausError(
            f"Snapshot {snapshot_id} of table {name} has expired: what was built from it cannot be reproduced; "
            f"keep snapshots as long as runs must be."
        )

    def prints(self, name: str) -> dict[date, str]:
        """The fingerprints of a table's nights."""
        return {night: build.fingerprint for night, build in self.builds(name).items()}

    def paths(self, name: str, first: date, last: date, snapshot_id: int | None = None) -> list[str]:
        """Data files of the nights `first` to `last`, both included, sorted; as a snapshot had them, if one is named."""
        table = self._existing(name)
        if table is None or table.current_snapshot() is None:
            return []
        nights = f"{PARTITION} >= '{first.isoformat()}' AND {PARTITION} <= '{last.isoformat()}'"
        return sorted(
            task.file.file_path.removeprefix("file://")
            for task in table.scan(nights, snapshot_id=snapshot_id).plan_files()
        )

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
        dated = rows.append_column(pa.field(PARTITION, pa.date32()), pa.array([night] * rows.num_rows, pa.date32()))
        pq.write_table(dated, path / "part-0.parquet", compression="zstd")
        return [str(path / "part-0.parquet")]

    def commit(
        self, name: str, night: date, files: list[str], fingerprint: str, properties: Mapping[str, str]
    ) -> Build:
        """Replace the night of a table by `files` in one transaction, with its provenance.

        Raises `IolausError` when other writers keep winning the race for the table.
        """
        rows = sum(pq.ParquetFile(path).metadata.num_rows for path in files)
        summary = {
            PREFIX + "night": night.isoformat(),
            PREFIX + "fingerprint": fingerprint,
            PREFIX + "rows": str(rows),
            PREFIX + "code": provenance.code_version(),
            PREFIX + "properties": json.dumps(dict(properties), sort_keys=True),
        }
        for attempt in range(COMMIT_ATTEMPTS):
            try:
                table = self._evolved(name, self._open(name, fresh=attempt > 0))
                self._replace(table, night, files, summary)
                if self._histories is not None:
                    self._histories.pop(name, None)
                return self.builds(name)[night]
            except CommitFailedException:
                time.sleep(0.05 * 2**attempt)
        raise IolausError(f"Table {name} could not be committed: other writers kept changing it; run the step again.")

    def scratch(self, spark: SparkSession, frame: DataFrame) -> DataFrame:
        """Materialise an intermediate frame once, so that an iterative algorithm does not repeat its past."""
        path = self._scratch / uuid.uuid4().hex
        frame.write.parquet(str(path))
        return spark.read.schema(frame.schema).parquet(str(path))

    def clear_scratch(self) -> None:
        """Remove what `scratch` wrote, here or in a process that was killed; call when the step is committed."""
        import shutil

        shutil.rmtree(self._scratch, ignore_errors=True)
        for other in (self.folder / "_scratch").glob("*"):
            with contextlib.suppress(OSError):
                if time.time() - other.stat().st_mtime > LEFT_OVER_SECONDS:
                    shutil.rmtree(other, ignore_errors=True)

    def _replace(self, table: Table, night: date, files: list[str], summary: dict[str, str]) -> None:
        with table.transaction() as transaction:
            if table.current_snapshot() is not None and self.paths(".".join(table.name()[-2:]), night, night):
                transaction.delete(f"{PARTITION} = '{night.isoformat()}'")
            if files:
                transaction.add_files(files, snapshot_properties=summary, check_duplicate_files=False)
            else:
                transaction.append(table.schema().as_arrow().empty_table(), snapshot_properties=summary)

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


def _build(name: str, snapshot: Snapshot) -> Build | None:
    """What a snapshot says about the build that it holds; None for one that only removed files."""
    summary = snapshot.summary.additional_properties if snapshot.summary else {}
    if PREFIX + "night" not in summary:
        return None
    return Build(
        table=name,
        night=date.fromisoformat(summary[PREFIX + "night"]),
        fingerprint=summary[PREFIX + "fingerprint"],
        rows=int(summary[PREFIX + "rows"]),
        snapshot_id=snapshot.snapshot_id,
        committed_ms=snapshot.timestamp_ms,
        properties=json.loads(summary[PREFIX + "properties"]),
        code=summary.get(PREFIX + "code"),
    )


def _conformed(file: pq.ParquetFile, schema: pa.Schema) -> pa.Table:
    """The columns of `schema` from one data file; columns that it was written without are null."""
    part = file.read(columns=[name for name in schema.names if name in file.schema_arrow.names])
    for field in schema:
        if field.name not in part.column_names:
            part = part.append_column(field, pa.nulls(part.num_rows, field.type))
    return part.select(schema.names).cast(schema)


def _non_empty(folder: Path) -> list[str]:
    return sorted(str(path) for path in folder.glob("*.parquet") if pq.ParquetFile(path).metadata.num_rows)

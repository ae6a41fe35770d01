"""The catalog: opening, creating and growing Iceberg tables, and the transaction that changes one."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pyiceberg.catalog import Catalog, load_catalog
from pyiceberg.catalog.noop import NoopCatalog
from pyiceberg.exceptions import NoSuchTableError
from pyiceberg.io.pyarrow import PyArrowFileIO
from pyiceberg.partitioning import PartitionField, PartitionSpec
from pyiceberg.table import Table, TableProperties, Transaction
from pyiceberg.table.metadata import TableMetadata, TableMetadataUtil
from pyiceberg.transforms import IdentityTransform
from sqlalchemy.exc import DatabaseError

from jobs import contracts, store
from jobs.errors import IolausError, UsageError
from jobs.lake.layout import PARTITION, plain
from jobs.lake.snapshots import Manifests, readable

# PyIceberg would put an append that lost a race on top of the rows that won it; whoever lost looks again here.
NO_RETRIES = {TableProperties.COMMIT_NUM_RETRIES: "0"}

CATALOG = "catalog.db"
HEADS = "_heads"  # beside the catalog: how far each table had come, so that an older catalog is not taken for the current one

_RESTORE = (
    "it was lost, or is an older copy; put lake and warehouse back from one backup, or run `iolaus doctor --mend`."
)


class MovedLake(IolausError):  # noqa: N818 - it is the lake that moved
    """The lake's metadata name the files of another folder."""


def embedded(folder: Path, database: Path) -> Catalog:
    """The catalog in the SQLite file `database`, with its tables below `folder`."""
    try:
        return load_catalog("iolaus", type="sql", uri=f"sqlite:///{database}?timeout=60", warehouse=f"file://{folder}")
    except DatabaseError as error:
        reason = str(error).splitlines()[0]
        raise IolausError(f"The lake's catalog {database} cannot be read ({reason}): {_RESTORE}") from error


def _configured(name: str, properties: Mapping[str, str]) -> Catalog:
    """The catalog that PyIceberg's own configuration knows by `name`."""
    try:
        return load_catalog(name, **properties)
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise UsageError(
            f"The catalog {name} cannot be used ({reason.rstrip('.')}): configure it in PYICEBERG_CATALOG__{name.upper()}__URI and "
            f"what its server asks for, or correct IOLAUS_CATALOG."
        ) from error


def recovered(folder: Path) -> list[str]:
    """Write the catalog anew from the newest metadata of every table below `folder` that can be read; gives the tables' names.

    Built aside and swapped in. Raises `IolausError` when there are no tables.
    """
    found: dict[tuple[str, ...], list[tuple[int, int, Path]]] = {}
    for path in folder.glob("*/*/metadata/*.metadata.json"):
        number = path.name.partition("-")[0]
        if number.isdigit():
            found.setdefault(path.parent.parent.relative_to(folder).parts, []).append(
                (int(number), path.stat().st_mtime_ns, path)
            )
    if not found:
        raise IolausError(
            f"There is no table below {folder}: put the lake back from a backup, or build its nights again."
        )
    newest = {
        name: next((path for _, _, path in sorted(each, reverse=True) if _is_whole(path)), None)
        for name, each in found.items()
    }
    aside = folder / f".{CATALOG}.recovering"
    aside.unlink(missing_ok=True)
    catalog = embedded(folder, aside)
    for (layer, name), whole in sorted(newest.items()):
        catalog.create_namespace_if_not_exists(layer)
        if whole is not None:
            catalog.register_table((layer, name), f"file://{whole}")
    aside.replace(folder / CATALOG)
    return [".".join(name) for name in sorted(newest)]


def _is_whole(path: Path) -> bool:
    """Whether metadata of a table can be read, with those of its current rows."""
    try:
        with readable(path.name):
            metadata = TableMetadataUtil.parse_raw(path.read_text(encoding="utf-8"))
            table = Table((path.name,), metadata, str(path), PyArrowFileIO(), NoopCatalog("recovered"))
            if (snapshot := table.current_snapshot()) is not None:
                Manifests().in_snapshot(table, snapshot)
    except IolausError:
        return False
    return True


class Tables:
    """The tables below `folder`, or of the PyIceberg catalog named `foreign`; each is loaded once unless asked afresh."""

    def __init__(self, folder: Path, foreign: str | None, catalog: Catalog | None = None) -> None:
        self._tables: dict[str, Table] = {}
        self._own = None if foreign else folder
        self._heads = folder / HEADS
        if catalog is not None:
            self._catalog = catalog
        elif foreign:
            self._catalog = _configured(foreign, store.iceberg_properties() if store.is_object(folder) else {})
        else:
            folder.mkdir(parents=True, exist_ok=True)
            self._catalog = embedded(folder, folder / CATALOG)

    def forget_loaded(self) -> None:
        """Load every table again when it is next asked for."""
        self._tables.clear()

    def names(self) -> list[str]:
        """Every table of a layer that the catalog has, also such as no contract declares any more."""
        try:
            layers = {parts[0] for parts in self._catalog.list_namespaces()} & set(contracts.LAYERS)
            return sorted(".".join(parts[-2:]) for layer in layers for parts in self._catalog.list_tables(layer))
        except (DatabaseError, UnicodeDecodeError) as error:
            raise IolausError(
                f"The lake's catalog cannot be read ({str(error).splitlines()[0]}): {_RESTORE}"
            ) from error

    def all(self) -> list[Table]:
        """Every table, and those that were built and are lost. Raises `IolausError` for what is not as it was built."""
        known = {path.name for path in self._heads.glob("[!.]*")} | set(self.names())
        return [self.open(name, fresh=True, create=False) for name in sorted(known)]

    def existing(self, name: str, fresh: bool = False) -> Table | None:
        try:
            return self.open(name, fresh=fresh, create=False)
        except NoSuchTableError:
            return None

    def open(self, name: str, fresh: bool = False, create: bool = True) -> Table:
        if name in self._tables and not fresh:
            return self._tables[name]
        built = self._head(name)  # before the catalog is asked: another process may commit between the two
        try:
            with readable(name):
                table = self._catalog.load_table(name)
        except NoSuchTableError:
            if built:
                raise IolausError(
                    f"The lake's catalog does not know table {name}, which was built: {_RESTORE}"
                ) from None
            if not create:
                raise
            table = self._create(name)
        except DatabaseError as error:
            raise IolausError(
                f"The lake's catalog cannot be read ({str(error).splitlines()[0]}): {_RESTORE}"
            ) from error
        if self._own and not Path(plain(table.location())).is_relative_to(self._own):
            raise MovedLake(
                f"The lake {self._own} was moved or copied: its table {name} is in {plain(table.location())}. "
                f"Work there, or let this one stand for itself with `iolaus adopt`."
            )
        if _position(table) < built:
            raise IolausError(f"The lake's catalog has an older version of table {name} than was built: {_RESTORE}")
        self._tables[name] = table
        return table

    def record(self, name: str, table: Table) -> None:
        """Remember how far a table has come, whole or not at all."""
        self._heads.mkdir(exist_ok=True)
        store.write_whole(self._heads / name, str(_position(table)), is_synced=False)

    def gone_back(self, name: str) -> bool:
        """Whether a table is at an earlier state than was built; that state is taken for the newest from then on."""
        built = self._head(name)
        try:
            table = self._catalog.load_table(name)
        except NoSuchTableError:
            (self._heads / name).unlink(missing_ok=True)
            return built > 0
        if _position(table) < built:
            self.record(name, table)
            return True
        return False

    def _head(self, name: str) -> int:
        place = self._heads / name
        text = place.read_text(errors="replace") if place.exists() else ""
        return int(text) if text.isascii() and text.isdigit() else 0

    def evolved(self, name: str, table: Table) -> Table:
        """The table with the columns that its contract has gained since; nights written before read them as null.

        A commit to it is tried once: what was written on top of another state is refused.
        """
        declared = contracts.iceberg_schema(contracts.load(name))
        if not set(declared.column_names) <= set(table.schema().column_names):
            with table.update_schema() as update:
                update.union_by_name(declared)
        if not table.properties.items() >= NO_RETRIES.items():
            with table.transaction() as transaction:
                transaction.set_properties(NO_RETRIES)
        return table

    def taken_over(self, name: str, other: Table) -> Table:
        """A fresh table like one of another catalog: same columns by name, no rows."""
        layer, _ = name.split(".")
        self._catalog.create_namespace_if_not_exists(layer)
        schema = other.schema()
        night = schema.find_field(PARTITION)
        spec = PartitionSpec(
            PartitionField(source_id=night.field_id, field_id=1000, transform=IdentityTransform(), name=PARTITION)
        )
        return self._catalog.create_table(name, schema, partition_spec=spec, properties=other.properties)

    def _create(self, name: str) -> Table:
        layer, _ = name.split(".")
        schema = contracts.iceberg_schema(contracts.load(name))
        night = schema.find_field(PARTITION)
        spec = PartitionSpec(
            PartitionField(source_id=night.field_id, field_id=1000, transform=IdentityTransform(), name=PARTITION)
        )
        options: dict[str, Any] = {"properties": {"comment": contracts.load(name).description, **NO_RETRIES}}
        self._catalog.create_namespace_if_not_exists(layer)
        return self._catalog.create_table_if_not_exists(name, schema, partition_spec=spec, **options)


def _position(table: Table) -> int:
    """How many changes a table has seen; it only grows."""
    return int(getattr(table.metadata, "last_sequence_number", 0))


class Change(Transaction):
    """PyIceberg copies a table's whole history each time a transaction looks at it; here once per change it makes."""

    _copy: tuple[object, object, TableMetadata] | None = None

    @property
    def table_metadata(self) -> TableMetadata:
        before, updates = self._table.metadata, self._updates
        if self._copy is None or self._copy[0] is not before or self._copy[1] is not updates:
            self._copy = before, updates, super().table_metadata
        return self._copy[2]


def append_files(transaction: Any, table: Table, files: list[str], summary: dict[str, str]) -> None:
    if files:
        transaction.add_files(files, snapshot_properties=summary, check_duplicate_files=False)
    else:
        transaction.append(table.schema().as_arrow().empty_table(), snapshot_properties=summary)

"""DuckDB: the new file is built aside, checked, and swapped in, so that readers keep a whole file at every moment.

A tool that wrote to the file and was killed leaves a write-ahead log beside it. What it says goes into the next file; one that
does not belong to the file any more is put away, since nobody could open the file beside it.

A reader that holds the old file keeps its snapshot; the next connection sees the new one. The storage version is the oldest that
current BI drivers open.
"""

from __future__ import annotations

import contextlib
import fcntl
import mmap
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from jobs import contracts
from jobs.errors import IolausError
from jobs.warehouse.asking import ask
from jobs.warehouse.protocol import SCHEMA, Removed
from jobs.warehouse.sql import (
    NIGHT,
    Execute,
    columns_of,
    current,
    described,
    literal,
    mark,
    named,
    parts,
    quoted,
    remove,
    rows_about,
    told,
    view_of,
)

STORAGE_VERSION = "v1.5.0"
TYPES = {
    "string": "VARCHAR",
    "long": "BIGINT",
    "int": "INTEGER",
    "double": "DOUBLE",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMPTZ",
}


class DuckDBWarehouse:
    """One DuckDB file at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def publish(self, night: date, tables: Mapping[str, pa.Table], stale: Mapping[date, str] | None = None) -> None:
        """Raises `IolausError` when the file cannot be written or does not hold what was put in."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._alone(), self._swapped(f"{night} is not published") as aside:
            with _writable(aside) as connection:
                for table in sorted(tables, key=lambda name: (name != "runs", name)):  # views look at runs
                    _replace(connection, contracts.load(f"published.{table}"), night, tables[table])
                if stale is not None:
                    mark(_executing(connection), stale)
            _check(aside, night, tables)

    def mark(self, stale: Mapping[date, str]) -> None:
        """Raises `IolausError` when the file cannot be written."""
        if not self.path.exists():
            return
        with self._alone():
            rows = self.read("runs", None).to_pylist()
            if all((row["stale"], row["stale_because"]) == told(stale, row["as_of_date"]) for row in rows):
                return
            with self._swapped("stale nights are not marked") as aside, _writable(aside) as connection:
                _columns_of(connection, contracts.load("published.runs"))
                mark(_executing(connection), stale)

    def forget(self, accounts: Sequence[str], rewrite: bool) -> Removed:
        """Raises `IolausError` when the file cannot be written.

        Deleting leaves the bytes of a row in the file, so what is left is copied into a fresh one.
        """
        if not self.path.exists():
            return Removed({}, frozenset())
        with self._alone():
            self._remove_left_overs()
            with self._open() as connection:
                assert connection is not None
                found = {
                    each: hits
                    for each in _tables(connection)
                    if (
                        hits := rows_about(
                            _executing(connection), each, _columns(connection, each, "VARCHAR"), accounts
                        )
                    )
                }
            met = frozenset(account for hits in found.values() for account, _ in hits)
            removed = Removed({each: len(hits) for each, hits in found.items()}, met)
            if not found and not rewrite and not self._contains(accounts):
                return removed
            with self._swapped("nothing was removed from it") as aside:
                with _writable(aside) as connection:
                    for table in _tables(connection):
                        remove(_executing(connection), table, _columns(connection, table, "VARCHAR"), accounts)
                _write_anew(aside)
        return removed

    def rewrite(self, renewed: Callable[[pa.Table], pa.Table]) -> dict[str, int]:
        """Raises `IolausError` when the file cannot be written."""
        if not self.path.exists():
            return {}
        with self._alone(), self._swapped("nothing in it was rewritten") as aside:
            with _writable(aside) as connection:
                found = {table: _rewrite(connection, table, renewed) for table in _tables(connection)}
            _write_anew(aside)
        return {table: rows for table, rows in found.items() if rows}

    def read(self, table: str, night: date | None) -> pa.Table:
        contract = contracts.load(f"published.{table}")
        schema = contracts.arrow_schema(contract)
        with self._open() as connection:
            if connection is None or not _exists(connection, table):
                return schema.empty_table()
            condition = "" if night is None else f"WHERE {NIGHT} = DATE '{night.isoformat()}'"
            order = ", ".join(quoted(name) for name in contract.key)
            held = _columns(connection, table)
            query = f"SELECT {columns_of(contract, held)} FROM {named(table)} {condition} ORDER BY {order}"
            rows: pa.Table = connection.sql(query).to_arrow_table()
            return rows.cast(schema)

    def nights(self) -> list[date]:
        with self._open() as connection:
            if connection is None or not _exists(connection, "runs"):
                return []
            rows = connection.execute(f"SELECT DISTINCT {NIGHT} FROM {SCHEMA}.runs ORDER BY 1").fetchall()
        return [row[0] for row in rows]

    def newest(self) -> date | None:
        published = self.nights()
        return published[-1] if published else None

    def query(self, sql: str, *values: str) -> pa.Table:
        if self.newest() is None:  # which also puts away a write-ahead log that nobody could open the file beside
            raise IolausError(f"No night is published in {self.path}: run `iolaus run --date D` first.")
        return ask(self.path, sql, values)

    @contextlib.contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection | None]:
        if not self.path.exists():
            yield None
            return
        try:
            connection = self._connected()
        except (duckdb.Error, OSError) as error:
            raise IolausError(
                f"Warehouse {self.path} cannot be opened ({str(error).splitlines()[0]}): end the program that writes to it, "
                f"put it back from a backup, or let `iolaus doctor --verify --mend` publish it again from the lake."
            ) from error
        with connection:
            connection.execute("SET TimeZone = 'UTC'")
            try:
                yield connection
            except duckdb.Error as error:
                raise IolausError(
                    f"Warehouse {self.path} is damaged ({str(error).splitlines()[0]}): put it back from a backup, or let "
                    f"`iolaus doctor --verify --mend` publish it again from the lake."
                ) from error

    def set_aside(self) -> bool:
        """Put the file away, beside its place, unless every row of it can be read; gives whether that was done."""
        if not self.path.exists():
            return False
        try:
            self.read_all()
        except IolausError:
            with self._alone():
                self.path.replace(self.path.with_name(f".{self.path.name}.damaged"))
                self._put_log_away()
            return True
        return False

    def read_all(self) -> None:
        """Read every row; raises `IolausError` when one cannot be read."""
        with self._open() as connection:
            if connection is None:
                return
            for table in _tables(connection):
                connection.sql(f"SELECT * FROM {named(table)}").fetchall()

    def _connected(self) -> duckdb.DuckDBPyConnection:
        try:
            return duckdb.connect(str(self.path), read_only=True)
        except duckdb.Error as error:
            if not (self._log.exists() and "wal" in str(error).lower()):
                raise
            self._put_log_away()
            return duckdb.connect(str(self.path), read_only=True)

    @property
    def _log(self) -> Path:
        return self.path.with_name(f"{self.path.name}.wal")

    def _put_log_away(self) -> None:
        if self._log.exists():
            self._log.replace(self.path.with_name(f".{self.path.name}.wal.left-behind"))

    def _copied(self, aside: Path) -> None:
        """A copy of the file with what its write-ahead log says, where that belongs to it."""
        if self._log.exists():
            shutil.copyfile(self.path, aside)
            shutil.copyfile(self._log, f"{aside}.wal")
            try:
                with duckdb.connect(str(aside)) as connection:
                    connection.execute("CHECKPOINT")
                return
            except duckdb.Error:
                Path(f"{aside}.wal").unlink(missing_ok=True)
        shutil.copyfile(self.path, aside)

    @contextlib.contextmanager
    def _swapped(self, otherwise: str) -> Iterator[Path]:
        """A copy of the file to write to, swapped in at the end; on an error it is removed and nothing happened."""
        self._remove_left_overs()
        aside = self.path.with_name(f".{self.path.name}.{os.getpid()}.aside")
        try:
            if self.path.exists():
                self._copied(aside)
            yield aside
            with aside.open("rb+") as file:
                os.fsync(file.fileno())
            self._put_log_away()
            aside.replace(self.path)
        except (duckdb.Error, OSError) as error:
            raise IolausError(
                f"Warehouse {self.path} could not be written ({str(error).splitlines()[0]}); {otherwise}."
            ) from error
        finally:
            aside.unlink(missing_ok=True)

    def _remove_left_overs(self) -> None:
        for left_over in self.path.parent.glob(f".{self.path.name}.*.aside*"):
            left_over.unlink()

    def _contains(self, accounts: Sequence[str]) -> bool:
        """Whether the file holds an account's id anywhere in the clear, as in space that is no longer in use."""
        with self.path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            return any(content.find(each.encode()) >= 0 for each in accounts)

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Two publishers exclude each other; the lock goes with the process that holds it."""
        with self.path.with_name(f".{self.path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


@contextlib.contextmanager
def _writable(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to the file `path` within one transaction."""
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET threads = 1")
        connection.execute(f"ATTACH {literal(str(path))} AS w (STORAGE_VERSION '{STORAGE_VERSION}')")
        connection.execute("USE w")
        connection.execute("BEGIN")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        yield connection
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT")


def _tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    query = "SELECT table_name FROM information_schema.tables WHERE table_schema = ? AND table_type = 'BASE TABLE' ORDER BY 1"
    return [row[0] for row in connection.execute(query, [SCHEMA]).fetchall()]


def _write_anew(path: Path) -> None:
    """Let a file hold live rows alone: deleting leaves the bytes of a row in it."""
    fresh = path.with_name(f"{path.name}.fresh")
    _copy(path, fresh)
    fresh.replace(path)


def _rewrite(connection: duckdb.DuckDBPyConnection, table: str, renewed: Callable[[pa.Table], pa.Table]) -> int:
    """Rows of a table, of each night that was rewritten."""
    name, count = named(table), 0
    for part in parts(_executing(connection), table):
        rows = connection.sql(f"SELECT * FROM {name} WHERE {part} ORDER BY rowid").to_arrow_table()
        incoming = renewed(rows)
        if incoming is rows:
            continue
        connection.execute(f"DELETE FROM {name} WHERE {part}")
        connection.register("incoming", incoming)
        connection.execute(f"INSERT INTO {name} BY NAME SELECT * FROM incoming")
        connection.unregister("incoming")
        count += rows.num_rows
    return count


def _copy(path: Path, target: Path) -> None:
    """Write a fresh file with the rows, views and comments of another one, and nothing of what was deleted there."""
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        connection.execute(f"ATTACH {literal(str(path))} AS old (READ_ONLY)")
        connection.execute(f"ATTACH {literal(str(target))} AS fresh (STORAGE_VERSION '{STORAGE_VERSION}')")
        connection.execute("COPY FROM DATABASE old TO fresh")
        for table in sorted(set(_tables(connection))):  # of both files
            counts = [f"(SELECT count(*) FROM {name}.{named(table)})" for name in ("old", "fresh")]
            (row,) = connection.execute(f"SELECT {', '.join(counts)}").fetchall()
            if row[0] != row[1]:
                raise IolausError(
                    f"Warehouse table {table} could not be copied: {row[1]} of {row[0]} rows; nothing was removed."
                )
        connection.execute("CHECKPOINT fresh")


def _replace(connection: duckdb.DuckDBPyConnection, contract: contracts.Contract, night: date, rows: pa.Table) -> None:
    name = named(contract.table)
    _columns_of(connection, contract)
    connection.execute(f"DELETE FROM {name} WHERE {NIGHT} = ?", [night])
    connection.register("incoming", rows)
    names = ", ".join(quoted(column) for column in contract.column_names)
    order = ", ".join(quoted(column) for column in contract.key)
    connection.execute(f"INSERT INTO {name} ({names}) SELECT {names} FROM incoming ORDER BY {order}")
    connection.unregister("incoming")
    connection.execute(f"COMMENT ON TABLE {name} IS {literal(described(contract))}")
    for column in contract.columns:
        connection.execute(f"COMMENT ON COLUMN {name}.{quoted(column.name)} IS {literal(column.description)}")
    if contract.table == "runs" or _exists(connection, "runs"):
        view = named(current(contract.table))
        connection.execute(f"CREATE OR REPLACE VIEW {view} AS {view_of(contract.table, contract.column_names)}")
        text = f"The newest published night of: {described(contract)}"
        connection.execute(f"COMMENT ON VIEW {view} IS {literal(text)}")


def _executing(connection: duckdb.DuckDBPyConnection) -> Execute:
    return lambda statement, *values: connection.execute(statement, list(values)).fetchall()


def _columns_of(connection: duckdb.DuckDBPyConnection, contract: contracts.Contract) -> None:
    """Let the table exist with every column of its contract; what an earlier release wrote may lack some."""
    name = named(contract.table)
    columns = ", ".join(f"{quoted(c.name)} {_type(c.type)}" for c in contract.columns)
    connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
    for column in contract.columns:
        connection.execute(f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {quoted(column.name)} {_type(column.type)}")


def _check(path: Path, night: date, tables: Mapping[str, pa.Table]) -> None:
    with duckdb.connect(str(path), read_only=True) as connection:
        for table, rows in sorted(tables.items()):
            query = f"SELECT count(*) FROM {named(table)} WHERE {NIGHT} = ?"
            (found,) = connection.execute(query, [night]).fetchall()
            if found[0] != rows.num_rows:
                raise IolausError(f"Warehouse table {table} does not hold the {rows.num_rows} rows of {night}.")


def _exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    query = "SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?"
    return bool(connection.execute(query, [SCHEMA, table]).fetchall())


def _columns(connection: duckdb.DuckDBPyConnection, table: str, kind: str | None = None) -> set[str]:
    query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = ? AND table_name = ?"
    return {name for name, held in connection.execute(query, [SCHEMA, table]).fetchall() if kind in (None, held)}


def _type(kind: str) -> str:
    return TYPES.get(kind, kind.upper())

"""DuckDB: the new file is built aside, checked, and swapped in, so that readers keep a whole file at every moment.

A reader that holds the old file keeps its snapshot; the next connection sees the new one. The storage version is the oldest that
current BI drivers open.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from jobs import contracts
from jobs.errors import IolausError
from jobs.warehouse import SCHEMA

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
NIGHT = "as_of_date"


class DuckDBWarehouse:
    """One DuckDB file at `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def publish(self, night: date, tables: Mapping[str, pa.Table]) -> None:
        """Raises `IolausError` when the file cannot be written or does not hold what was put in."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self._alone():
            for left_over in self.path.parent.glob(f".{self.path.name}.*.aside*"):
                left_over.unlink()
            aside = self.path.with_name(f".{self.path.name}.{os.getpid()}.aside")
            try:
                if self.path.exists():
                    shutil.copyfile(self.path, aside)
                _write(aside, night, tables)
                _check(aside, night, tables)
                with aside.open("rb+") as file:
                    os.fsync(file.fileno())
                aside.replace(self.path)
            except (duckdb.Error, OSError) as error:
                aside.unlink(missing_ok=True)
                raise IolausError(
                    f"Warehouse {self.path} could not be written ({error}); {night} is not published."
                ) from error

    def read(self, table: str, night: date | None) -> pa.Table:
        contract = contracts.load(f"published.{table}")
        schema = contracts.arrow_schema(contract)
        with self._open() as connection:
            if connection is None or not _exists(connection, table):
                return schema.empty_table()
            condition = "" if night is None else f"WHERE {NIGHT} = DATE '{night.isoformat()}'"
            order = ", ".join(_quoted(name) for name in contract.key)
            held = _columns(connection, table)
            columns = ", ".join(  # a file that an earlier release wrote lacks what the contract gained since
                _quoted(name) if name in held else f"NULL AS {_quoted(name)}" for name in contract.column_names
            )
            query = f"SELECT {columns} FROM {SCHEMA}.{_quoted(table)} {condition} ORDER BY {order}"
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

    @contextlib.contextmanager
    def _open(self) -> Iterator[duckdb.DuckDBPyConnection | None]:
        if not self.path.exists():
            yield None
            return
        try:
            connection = duckdb.connect(str(self.path), read_only=True)
        except duckdb.Error as error:
            raise IolausError(f"Warehouse {self.path} cannot be opened: {str(error).splitlines()[0]}") from error
        with connection:
            connection.execute("SET TimeZone = 'UTC'")
            yield connection

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Two publishers exclude each other; the lock goes with the process that holds it."""
        with self.path.with_name(f".{self.path.name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield


def _write(path: Path, night: date, tables: Mapping[str, pa.Table]) -> None:
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'UTC'")
        connection.execute("SET threads = 1")
        connection.execute(
            f"ATTACH '{str(path).replace(chr(39), chr(39) * 2)}' AS w (STORAGE_VERSION '{STORAGE_VERSION}')"
        )
        connection.execute("USE w")
        connection.execute("BEGIN")
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}")
        for table in sorted(tables, key=lambda name: (name != "runs", name)):  # views look at runs
            _replace(connection, contracts.load(f"published.{table}"), night, tables[table])
        connection.execute("COMMIT")
        connection.execute("CHECKPOINT")


def _replace(connection: duckdb.DuckDBPyConnection, contract: contracts.Contract, night: date, rows: pa.Table) -> None:
    name = f"{SCHEMA}.{_quoted(contract.table)}"
    columns = ", ".join(f"{_quoted(c.name)} {_type(c.type)}" for c in contract.columns)
    connection.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
    for column in contract.columns:
        connection.execute(f"ALTER TABLE {name} ADD COLUMN IF NOT EXISTS {_quoted(column.name)} {_type(column.type)}")
    connection.execute(f"DELETE FROM {name} WHERE {NIGHT} = ?", [night])
    connection.register("incoming", rows)
    names = ", ".join(_quoted(column) for column in contract.column_names)
    order = ", ".join(_quoted(column) for column in contract.key)
    connection.execute(f"INSERT INTO {name} ({names}) SELECT {names} FROM incoming ORDER BY {order}")
    connection.unregister("incoming")
    text = contract.description if not contract.limitations else f"{contract.description} {contract.limitations}"
    connection.execute(f"COMMENT ON TABLE {name} IS {_literal(text)}")
    for column in contract.columns:
        connection.execute(f"COMMENT ON COLUMN {name}.{_quoted(column.name)} IS {_literal(column.description)}")
    view = f"{SCHEMA}.{_quoted(contract.table + '_current')}"
    newest = f"(SELECT max({NIGHT}) FROM {SCHEMA}.runs)"
    if contract.table == "runs" or _exists(connection, "runs"):
        connection.execute(f"CREATE OR REPLACE VIEW {view} AS SELECT {names} FROM {name} WHERE {NIGHT} = {newest}")
        connection.execute(f"COMMENT ON VIEW {view} IS {_literal('The newest published night of: ' + text)}")


def _check(path: Path, night: date, tables: Mapping[str, pa.Table]) -> None:
    with duckdb.connect(str(path), read_only=True) as connection:
        for table, rows in sorted(tables.items()):
            query = f"SELECT count(*) FROM {SCHEMA}.{_quoted(table)} WHERE {NIGHT} = ?"
            (found,) = connection.execute(query, [night]).fetchall()
            if found[0] != rows.num_rows:
                raise IolausError(f"Warehouse table {table} does not hold the {rows.num_rows} rows of {night}.")


def _exists(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    query = "SELECT 1 FROM information_schema.tables WHERE table_schema = ? AND table_name = ?"
    return bool(connection.execute(query, [SCHEMA, table]).fetchall())


def _columns(connection: duckdb.DuckDBPyConnection, table: str) -> set[str]:
    query = "SELECT column_name FROM information_schema.columns WHERE table_schema = ? AND table_name = ?"
    return {row[0] for row in connection.execute(query, [SCHEMA, table]).fetchall()}


def _type(kind: str) -> str:
    return TYPES.get(kind, kind.upper())


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"

"""PostgreSQL: a night is replaced in one transaction, so that no reader ever sees half of one.

Rows come in as Arrow through ADBC, into temporary tables, and from there by INSERT ... SELECT with the casts of the contract: an
append would not cast, and a replaced table would lose its grants, comments and views. Publishers exclude each other by an advisory
lock that ends with their transaction. Text is compared byte by byte (COLLATE "C"), and NaN is the largest number and equal to
itself, as in DuckDB. The password never stands in the URL: libpq reads it from PGPASSWORD or a passfile.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from jobs import contracts
from jobs.errors import IolausError, UsageError
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
)  # fmt: skip

TYPES = {
    "string": 'text COLLATE "C"',
    "long": "bigint",
    "int": "integer",
    "double": "double precision",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "timestamptz",
}
LOCK = 5_040_160_817_421_913  # of publishers; any number that nobody else in the database takes
READER, WRITER = "attribution_reader", "attribution_writer"
SEARCHED = ("account_id", "campaign_id", "subject_id")  # columns that people look rows up by, beside the key
PATIENCE = 10  # seconds to wait for a server that does not answer
QUERY_SECONDS = 300  # a query of somebody's that takes longer ends, and not the night


class PostgresWarehouse:
    """The schema `attribution` of the database at `url`: postgresql://user@host:port/database, without a password."""

    def __init__(self, url: str) -> None:
        self.url = url

    def publish(self, night: date, tables: Mapping[str, pa.Table], stale: Mapping[date, str] | None = None) -> None:
        """Raises `IolausError` when the database cannot be written to or does not hold what was put in."""
        with self._transaction(f"{night} is not published") as connection:
            execute = _executing(connection)
            execute(f"SELECT pg_advisory_xact_lock({LOCK})")
            for table in sorted(tables, key=lambda name: (name != "runs", name)):  # views look at runs
                contract = contracts.load(f"published.{table}")
                _shape(execute, contract)
                _replace(connection, contract, night, tables[table])
            if stale is not None:
                mark(execute, stale)
            _grant(execute)
        self._check(night, tables)

    def mark(self, stale: Mapping[date, str]) -> None:
        """Raises `IolausError` when the database cannot be written to."""
        contract = contracts.load("published.runs")
        with self._transaction("stale nights are not marked") as connection:
            execute = _executing(connection)
            execute(f"SELECT pg_advisory_xact_lock({LOCK})")
            if not (held := _columns(execute, contract.table)):
                return
            rows = _rows(connection, f"SELECT {columns_of(contract, held)} FROM {named(contract.table)}").to_pylist()
            if any((row["stale"], row["stale_because"]) != told(stale, row["as_of_date"]) for row in rows):
                _shape(execute, contract)
                mark(execute, stale)

    def forget(self, accounts: Sequence[str], rewrite: bool) -> Removed:
        """Raises `IolausError` when the database cannot be written to.

        A deleted row stays in the table's file until it is written anew, so that is done to every table that had one, or to all
        with `rewrite`. Backups and archived logs are the database's own.
        """
        with self._transaction("nothing was removed from it") as connection:
            execute = _executing(connection)
            execute(f"SELECT pg_advisory_xact_lock({LOCK})")
            texts = {table: _columns(execute, table, "text") for table in _tables(execute)}
            found = {
                table: hits for table, held in texts.items() if (hits := rows_about(execute, table, held, accounts))
            }
            for table, held in texts.items():
                remove(execute, table, held, accounts)
        self._write_anew(texts if rewrite else found)
        met = frozenset(account for hits in found.values() for account, _ in hits)
        return Removed({table: len(hits) for table, hits in found.items()}, met)

    def rewrite(self, renewed: Callable[[pa.Table], pa.Table]) -> dict[str, int]:
        """Raises `IolausError` when the database cannot be written to. Backups and archived logs are the database's own."""
        with self._transaction("nothing in it was rewritten") as connection:
            execute = _executing(connection)
            execute(f"SELECT pg_advisory_xact_lock({LOCK})")
            found = {table: _rewrite(connection, table, renewed) for table in _tables(execute)}
        self._write_anew(found)  # of all, since a run before may have been killed between the two
        return {table: rows for table, rows in found.items() if rows}

    def _write_anew(self, tables: Iterable[str]) -> None:
        """Let the files of the tables hold live rows alone."""
        from adbc_driver_manager import Error

        with self._connected() as connection:
            connection.adbc_connection.set_autocommit(True)
            for table in tables:
                try:
                    _executing(connection)(f"VACUUM (FULL) {named(table)}")
                except Error as error:
                    raise IolausError(
                        f"Rows were removed from {SCHEMA}.{table} in {self.url}, but its file still holds them ({_reason(error)}): "
                        f"run the same command again."
                    ) from error

    def read(self, table: str, night: date | None) -> pa.Table:
        contract = contracts.load(f"published.{table}")
        schema = contracts.arrow_schema(contract)
        with self._reading() as connection:
            held = _columns(_executing(connection), table)
            if not held:
                return schema.empty_table()
            condition = "" if night is None else f"WHERE {NIGHT} = DATE '{night.isoformat()}'"
            order = ", ".join(quoted(name) for name in contract.key)
            query = f"SELECT {columns_of(contract, held)} FROM {named(table)} {condition} ORDER BY {order}"
            return _typed(_rows(connection, query), schema)

    def read_all(self) -> None:
        for name in contracts.names("published"):
            self.read(contracts.load(name).table, None)

    def set_aside(self) -> bool:
        return False

    def nights(self) -> list[date]:
        with self._reading() as connection:
            execute = _executing(connection)
            if "runs" not in _tables(execute):
                return []
            return [row[0] for row in execute(f"SELECT DISTINCT {NIGHT} FROM {named('runs')} ORDER BY 1")]

    def newest(self) -> date | None:
        published = self.nights()
        return published[-1] if published else None

    def query(self, sql: str, *values: str) -> pa.Table:
        """As a part of another SELECT, in a transaction that cannot write, by a role that owns nothing."""
        if self.newest() is None:
            raise IolausError(f"No night is published in {self.url}: run `iolaus run --date D` first.")
        from adbc_driver_manager import Error

        with self._reading() as connection:
            execute = _executing(connection)
            if not _may_become(execute, READER):
                raise IolausError(
                    f"The role {READER} is missing in {self.url}, or is not granted: see docs/postgresql.md."
                )
            execute(f"SET LOCAL ROLE {READER}")
            execute(f"SET LOCAL search_path = {SCHEMA}")
            execute(f"SET LOCAL statement_timeout = '{QUERY_SECONDS}s'")
            try:
                return _decimal(_rows(connection, f"SELECT * FROM (\n{sql.rstrip().rstrip(';')}\n) AS answer", values))
            except Error as error:
                raise UsageError(f"The query cannot be answered ({_reason(error)}): correct the SQL.") from error

    def _check(self, night: date, tables: Mapping[str, pa.Table]) -> None:
        """By a reader of its own: what the transaction left is there for others."""
        with self._reading() as connection:
            for table, rows in sorted(tables.items()):
                query = f"SELECT count(*) FROM {named(table)} WHERE {NIGHT} = DATE '{night.isoformat()}'"
                if _executing(connection)(query)[0][0] != rows.num_rows:
                    raise IolausError(f"Warehouse table {table} does not hold the {rows.num_rows} rows of {night}.")

    @contextlib.contextmanager
    def _connected(self) -> Iterator[Any]:
        from adbc_driver_manager import Error
        from adbc_driver_postgresql import dbapi

        mark = "&" if urlsplit(self.url).query else "?"
        try:
            connection = dbapi.connect(f"{self.url}{mark}connect_timeout={PATIENCE}&application_name=iolaus")
        except Error as error:
            raise IolausError(
                f"The warehouse {self.url} cannot be reached ({_reason(error)}): correct the URL, start the server, or put the "
                f"password into PGPASSWORD or a passfile."
            ) from error
        try:
            with connection:
                yield connection
        except Error as error:
            raise IolausError(
                f"The warehouse {self.url} broke off ({_reason(error)}): see that its server runs, then run the command again."
            ) from error

    @contextlib.contextmanager
    def _transaction(self, otherwise: str) -> Iterator[Any]:
        """Committed at the end; an error undoes it all."""
        from adbc_driver_manager import Error

        with self._connected() as connection:
            try:
                _executing(connection)("SET LOCAL TimeZone = 'UTC'")
                yield connection
                connection.commit()
            except Error as error:
                with contextlib.suppress(Error):  # a server that is gone has undone it
                    connection.rollback()
                raise IolausError(
                    f"The warehouse {self.url} could not be written to ({_reason(error)}); {otherwise}."
                ) from error

    @contextlib.contextmanager
    def _reading(self) -> Iterator[Any]:
        """One snapshot of all tables, in which nothing can be written."""
        with self._connected() as connection:
            execute = _executing(connection)
            execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            execute("SET LOCAL TimeZone = 'UTC'")
            yield connection
            connection.rollback()


def _executing(connection: Any) -> Execute:
    def execute(statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(statement, list(values) or None)
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    return execute


def _rows(connection: Any, query: str, values: Sequence[str] = ()) -> pa.Table:
    with connection.cursor() as cursor:
        cursor.execute(query, list(values) or None)
        rows: pa.Table = cursor.fetch_arrow_table()
        return rows


def _typed(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """In the contract's types; ADBC gives decimals as text."""
    return pa.Table.from_arrays([rows[field.name].cast(field.type) for field in schema], schema=schema)


def _decimal(rows: pa.Table) -> pa.Table:
    """With exact decimals where ADBC gives text for them, which is wherever the server says `numeric`."""
    for place, field in enumerate(rows.schema):
        if isinstance(field.type, pa.OpaqueType) and field.type.type_name == "numeric":
            told = rows.column(place).combine_chunks().storage.to_pylist()
            values = pa.array([None if value is None else Decimal(value) for value in told])
            rows = rows.set_column(place, field.name, values)
    return rows


def _reason(error: Exception) -> str:
    """The first line of what the server said, without the driver's own words."""
    said = str(error).strip().splitlines()
    return next((line.split("ERROR:")[-1].strip(" .") for line in said if line.strip()), type(error).__name__)


def _tables(execute: Execute) -> list[str]:
    query = "SELECT table_name FROM information_schema.tables WHERE table_schema = $1 AND table_type = 'BASE TABLE' ORDER BY 1"
    return [row[0] for row in execute(query, SCHEMA)]


def _columns(execute: Execute, table: str, kind: str | None = None) -> set[str]:
    query = "SELECT column_name, data_type FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2"
    return {name for name, held in execute(query, SCHEMA, table) if kind in (None, held)}


def _type(kind: str) -> str:
    return TYPES.get(kind, kind.replace("decimal", "numeric"))


def _shape(execute: Execute, contract: contracts.Contract) -> None:
    """Let table, key, indexes, comments and view be as the contract says; nothing is locked that is so already.

    A table of an earlier release gains the columns that it lacks, with all that hangs on it kept: grants, views, indexes.
    """
    name, table = named(contract.table), contract.table
    if not execute("SELECT 1 FROM information_schema.schemata WHERE schema_name = $1", SCHEMA):
        execute(f"CREATE SCHEMA {SCHEMA}")
    held = _columns(execute, table)
    if not held:
        columns = ", ".join(f"{quoted(c.name)} {_type(c.type)}" for c in contract.columns)
        key = ", ".join(quoted(column) for column in contract.key)
        execute(f"CREATE TABLE {name} ({columns}, PRIMARY KEY ({key}))")
        for column in sorted({*SEARCHED} & {*contract.column_names}):
            execute(f"CREATE INDEX {quoted(f'{table}_{column}')} ON {name} ({quoted(column)})")
    for each in contract.columns:
        if held and each.name not in held:
            execute(f"ALTER TABLE {name} ADD COLUMN {quoted(each.name)} {_type(each.type)}")
    comments: dict[str | None, str] = {None: described(contract)} | {
        each.name: each.description for each in contract.columns
    }
    for of, text in _uncommented(execute, table, comments).items():
        on = f"TABLE {name}" if of is None else f"COLUMN {name}.{quoted(of)}"
        execute(f"COMMENT ON {on} IS {literal(text)}")
    _show(execute, contract)


def _show(execute: Execute, contract: contracts.Contract) -> None:
    """The view of the newest night. What it has stays in its place, new columns follow: PostgreSQL replaces no other view."""
    name = current(contract.table)
    query = "SELECT column_name FROM information_schema.columns WHERE table_schema = $1 AND table_name = $2"
    shown = [row[0] for row in execute(f"{query} ORDER BY ordinal_position", SCHEMA, name)]
    if missing := [column for column in contract.column_names if column not in shown]:
        execute(f"CREATE OR REPLACE VIEW {named(name)} AS {view_of(contract.table, [*shown, *missing])}")
        text = f"The newest published night of: {described(contract)}"
        execute(f"COMMENT ON VIEW {named(name)} IS {literal(text)}")


def _uncommented(execute: Execute, table: str, comments: Mapping[str | None, str]) -> dict[str | None, str]:
    """Those of the comments that the table does not have yet."""
    query = """
        SELECT a.attname, coalesce(col_description(c.oid, a.attnum), '') FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
        WHERE n.nspname = $1 AND c.relname = $2
        UNION ALL SELECT NULL, coalesce(obj_description(c.oid), '') FROM pg_class c
        JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = $1 AND c.relname = $2"""
    said: dict[str | None, str] = dict(execute(query, SCHEMA, table))
    return {column: text for column, text in comments.items() if said.get(column) != text}


def _replace(connection: Any, contract: contracts.Contract, night: date, rows: pa.Table) -> None:
    execute, incoming = _executing(connection), f"incoming_{contract.table}"
    with connection.cursor() as cursor:
        cursor.adbc_ingest(incoming, _storable(rows.select(list(contract.column_names))), mode="create", temporary=True)
    execute(f"DELETE FROM {named(contract.table)} WHERE {NIGHT} = DATE '{night.isoformat()}'")
    names = ", ".join(quoted(column) for column in contract.column_names)
    cast = ", ".join(f"CAST({quoted(c.name)} AS {_type(c.type).partition(' COLLATE')[0]})" for c in contract.columns)
    execute(f"INSERT INTO {named(contract.table)} ({names}) SELECT {cast} FROM {quoted(incoming)}")
    execute(f"DROP TABLE {quoted(incoming)}")


def _rewrite(connection: Any, table: str, renewed: Callable[[pa.Table], pa.Table]) -> int:
    """Rows of a table, of each night that was rewritten."""
    execute, name, count = _executing(connection), named(table), 0
    query = f"""
        SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute
        WHERE attrelid = {literal(name)}::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum"""
    types: dict[str, str] = dict(execute(query))
    names, cast = ", ".join(map(quoted, types)), ", ".join(f"CAST({quoted(c)} AS {types[c]})" for c in types)
    for part in parts(execute, table):
        rows = _decimal(_rows(connection, f"SELECT {names} FROM {name} WHERE {part}"))
        incoming = renewed(rows)
        if incoming is rows:
            continue
        with connection.cursor() as cursor:
            cursor.adbc_ingest("incoming", incoming, mode="create", temporary=True)
        execute(f"DELETE FROM {name} WHERE {part}")
        execute(f"INSERT INTO {name} ({names}) SELECT {cast} FROM incoming")
        execute("DROP TABLE incoming")
        count += rows.num_rows
    return count


def _storable(rows: pa.Table) -> pa.Table:
    """PostgreSQL's text holds no NUL; the replacement character stands for one."""
    for place, field in enumerate(rows.schema):
        if pa.types.is_string(field.type) and pc.any(pc.match_substring(rows[place], "\0")).as_py():
            rows = rows.set_column(place, field, pc.replace_substring(rows[place], "\0", "\ufffd"))
    return rows


def _grant(execute: Execute) -> None:
    """Let the roles read, and write, what there is; they are made where the publisher may make roles."""
    known = {row[0] for row in execute("SELECT rolname FROM pg_roles WHERE rolname IN ($1, $2)", READER, WRITER)}
    if execute("SELECT rolcreaterole OR rolsuper FROM pg_roles WHERE rolname = current_user")[0][0]:
        for role in sorted({READER, WRITER} - known):
            for statement in (f"CREATE ROLE {role} NOLOGIN", f"GRANT {role} TO current_user"):
                execute(_UNLESS_DONE.format(statement=statement))
            known.add(role)
    for role, rights in ((READER, "SELECT"), (WRITER, "SELECT, INSERT, UPDATE, DELETE")):
        if role in known and execute(_LACKING.format(role=role)) != []:
            execute(f"GRANT USAGE{', CREATE' if role == WRITER else ''} ON SCHEMA {SCHEMA} TO {role}")
            execute(f"GRANT {rights} ON ALL TABLES IN SCHEMA {SCHEMA} TO {role}")


# Roles are of the server, locks of the database: another database's publisher may make the same role at the same time.
_UNLESS_DONE = """
    DO $$ BEGIN {statement}; EXCEPTION WHEN duplicate_object OR unique_violation OR internal_error THEN NULL; END $$"""
_LACKING = f"""
    SELECT 1 FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = '{SCHEMA}' AND c.relkind IN ('r', 'v')
    AND NOT (has_schema_privilege('{{role}}', '{SCHEMA}', 'USAGE') AND has_table_privilege('{{role}}', c.oid, 'SELECT'))"""


def _may_become(execute: Execute, role: str) -> bool:
    query = "SELECT pg_has_role(current_user, oid, 'MEMBER') FROM pg_roles WHERE rolname = $1"
    return bool([row for row in execute(query, role) if row[0]])

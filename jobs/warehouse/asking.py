"""Answers a SELECT that somebody wrote, from a DuckDB file, with everything else out of its reach.

The file is opened read-only; the engine may touch no other file, load no extension, see no variable of this program and write
nothing to a temporary folder; and the settings that say so are locked before the statement is even read.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import duckdb
import pyarrow as pa

from jobs.errors import UsageError
from jobs.warehouse.protocol import SCHEMA

LOCKED = {
    "allow_community_extensions": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "enable_external_access": "false",
    "memory_limit": "4GB",  # a join gone wrong fails, and does not take the machine's memory from a running night
    "python_enable_replacements": "false",
    "temp_directory": "",
}


def ask(path: Path, sql: str, values: Sequence[str] = ()) -> pa.Table:
    """The rows of the single SELECT `sql` on the file. Raises `UsageError` for any other statement, or one that fails."""
    try:
        with duckdb.connect(str(path), read_only=True, config=dict(LOCKED)) as connection:
            for setting in ("TimeZone = 'UTC'", f"search_path = '{SCHEMA}'", "lock_configuration = true"):
                connection.execute(f"SET {setting}")
            statements = connection.extract_statements(sql)
            if len(statements) != 1 or statements[0].type != duckdb.StatementType.SELECT:
                raise UsageError(f"`iolaus query` takes exactly one SELECT, not {_named(statements)}.")
            rows: pa.Table = connection.sql(statements[0], params=list(values)).to_arrow_table()
            return rows
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0].rstrip(".!")
        raise UsageError(f"The query cannot be answered ({reason}): correct the SQL.") from error


def _named(statements: list[duckdb.Statement]) -> str:
    kinds = [statement.type.name for statement in statements]
    return " and ".join(kinds) or "nothing"

"""SQL that every warehouse speaks alike: names, texts, what a table is said to hold, and the rule by which people leave it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import date
from typing import Any

from jobs import contracts
from jobs.privacy import about
from jobs.warehouse.protocol import SCHEMA

NIGHT = "as_of_date"
Execute = Callable[
    ..., list[tuple[Any, ...]]
]  # runs a statement with values for $1, $2 and so on; the rows that it gives


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def named(table: str) -> str:
    return f"{SCHEMA}.{quoted(table)}"


def described(contract: contracts.Contract) -> str:
    """What the comment of a table says."""
    return contract.description if not contract.limitations else f"{contract.description} {contract.limitations}"


def current(table: str) -> str:
    """The view of the newest published night."""
    return f"{table}_current"


def view_of(table: str, columns: Sequence[str]) -> str:
    """The SELECT behind the view of the newest published night."""
    names = ", ".join(quoted(column) for column in columns)
    return f"SELECT {names} FROM {named(table)} WHERE {NIGHT} = (SELECT max({NIGHT}) FROM {named('runs')})"


def columns_of(contract: contracts.Contract, held: Collection[str]) -> str:
    """The columns of the contract to read; one that an earlier release did not write is null."""
    return ", ".join(quoted(name) if name in held else f"NULL AS {quoted(name)}" for name in contract.column_names)


def told(stale: Mapping[date, str], night: date) -> tuple[bool, str | None]:
    """What `runs` says of a night: whether it is stale, and why."""
    return night in stale, stale.get(night)


def mark(execute: Execute, stale: Mapping[date, str]) -> None:
    """Let `runs` say which nights are stale and why, and that the others are not."""
    execute(f"UPDATE {named('runs')} SET stale = false, stale_because = NULL WHERE stale")
    for night, reason in sorted(stale.items()):
        execute(f"UPDATE {named('runs')} SET stale = true, stale_because = $1 WHERE {NIGHT} = DATE '{night}'", reason)


def parts(execute: Execute, table: str) -> list[str]:
    """Conditions that share the rows of `table` among them, to be held one at a time: by night; one for a table of others."""
    if f"published.{table}" not in contracts.names("published"):
        return ["true"]
    nights = execute(f"SELECT DISTINCT {NIGHT} FROM {named(table)} ORDER BY 1")
    return [f"{NIGHT} = DATE '{night.isoformat()}'" for (night,) in nights]


def rows_about(execute: Execute, table: str, held: Collection[str], accounts: Collection[str]) -> list[tuple[str, str]]:
    """The accounts that rows of `table` are about, one for each row, with the SQL that finds it; `held`: its columns of text."""
    found: list[tuple[str, str]] = []
    for column, condition in about.naming(contracts.ACCOUNT, held).items():
        only = f" AND {quoted(condition[0])} = {literal(condition[1])}" if condition else ""
        times: dict[str, int] = dict(
            execute(f"SELECT {quoted(column)}, count(*) FROM {named(table)} WHERE true{only} GROUP BY 1")
        )
        for value, account in about.named_by(times, accounts).items():
            found += [(account, f"{quoted(column)} = {literal(value)}{only}")] * times[value]
    return found


def remove(execute: Execute, table: str, held: Collection[str], accounts: Collection[str]) -> None:
    """Delete the rows that are about the accounts, and take their names out of texts."""
    for condition in sorted({condition for _, condition in rows_about(execute, table, held, accounts)}):
        execute(f"DELETE FROM {named(table)} WHERE {condition}")
    for column in about.naming(contracts.TEXT, held):
        texts = [row[0] for row in execute(f"SELECT DISTINCT {quoted(column)} FROM {named(table)}")]
        for text, left in about.reworded(texts, accounts).items():
            execute(f"UPDATE {named(table)} SET {quoted(column)} = $1 WHERE {quoted(column)} = $2", left, text)

"""What every warehouse can do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Protocol

import pyarrow as pa

SCHEMA = "attribution"


@dataclass(frozen=True)
class Removed:
    """Rows that left each table, and the accounts that they were about."""

    rows: Mapping[str, int]
    accounts: frozenset[str]


class Warehouse(Protocol):
    """Published nights. A night is replaced whole, and readers never see half of one."""

    def publish(self, night: date, tables: Mapping[str, pa.Table], stale: Mapping[date, str] | None = None) -> None:
        """Replace the rows of `night` in each table (name without schema) and, when given, mark the `stale` nights."""

    def mark(self, stale: Mapping[date, str]) -> None:
        """Let `runs` say which nights are stale and why, and that all others are not; no write when it does already."""

    def read(self, table: str, night: date | None) -> pa.Table:
        """Rows of one night, or of all, in the order of the key; empty when nothing is published."""

    def forget(self, accounts: Sequence[str], rewrite: bool) -> Removed:
        """Remove what is about the accounts from every night, also from space that is no longer in use.

        `rewrite` says to do so even where no row is left to remove.
        """

    def rewrite(self, renewed: Callable[[pa.Table], pa.Table]) -> dict[str, int]:
        """Put `renewed(rows)` in the place of the rows of every night and table, where that is another table, also in space that is
        no longer in use; gives rows by table. Readers see all of it or nothing."""

    def read_all(self) -> None:
        """Read every row. Raises `IolausError` when one cannot be read."""

    def set_aside(self) -> bool:
        """Put a file away of which not every row can be read; gives whether that was done. A server looks after its own."""

    def nights(self) -> list[date]:
        """Published nights, oldest first."""

    def newest(self) -> date | None:
        """The newest published night."""

    def query(self, sql: str, *values: str) -> pa.Table:
        """The rows of one SELECT, with the tables of `SCHEMA` also by their bare names; `values` stand for $1, $2 and so on.

        Nothing can be written, and no file, setting or extension is within its reach. Raises `UsageError` for anything but a
        SELECT and for one that cannot be answered, `IolausError` when nothing is published.
        """

"""Readable rows in, readable rows out: staged frames from tuples, and what a signal made of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from jobs import contracts
from tests import tables
from tests.tables import NIGHT as NIGHT

EVENT_TIME = {"api_requests": "requested_at", "logins": "logged_in_at", "charges": "charge_period_start"}

Observed = tuple[str, str, str, str, int]


def at(moment: str) -> datetime:
    """`10:07` or `10:07:30` on the night, or a whole `2026-03-04 10:07`, in UTC."""
    whole = moment if "-" in moment else f"{NIGHT} {moment}"
    return datetime.fromisoformat(whole).replace(tzinfo=UTC)


def given(spark: SparkSession, table: str, columns: str, *rows: tuple[Any, ...]) -> DataFrame:
    """A staged table with the columns of its contract; what a row does not give is null.

    Times are written as text; `activity_date` is the date of the event's time.
    """
    contract = contracts.load(f"staged.{table}")
    times = {column.name for column in contract.columns if column.type == "timestamp"}
    full = []
    for row in rows:
        named: dict[str, Any] = dict(zip(columns.split(), row, strict=True))
        named = {name: at(value) if name in times and value is not None else value for name, value in named.items()}
        if table in EVENT_TIME:
            named["activity_date"] = named[EVENT_TIME[table]].date()
        full.append(tuple(named.pop(name, None) for name in contract.column_names))
        assert not named, f"{table} has no column {sorted(named)}"
    return spark.createDataFrame(full, contracts.spark_schema(contract))


def rows_of(table: str, frame: DataFrame) -> list[dict[str, Any]]:
    """Rows of a signals table in order of its key, after checking that they keep the contract."""
    return tables.rows_of(f"signals.{table}", frame)


def observed(table: str, frame: DataFrame) -> list[Observed]:
    """Date, account, signal, entity and events of every observation, in order."""
    rows = rows_of(table, frame)
    assert all(row["first_seen_at"] <= row["last_seen_at"] for row in rows)
    return [(str(row["activity_date"]), row["account_id"], row["signal"], row["entity"], row["events"]) for row in rows]

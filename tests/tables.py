"""Readable rows into frames of a contract, and out again with the contract checked."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from pyspark.sql import DataFrame, SparkSession

from jobs import contracts

NIGHT = date(2026, 3, 5)
YESTERDAY = NIGHT - timedelta(days=1)
NOON = datetime(2026, 3, 5, 12, tzinfo=UTC)


def frame(spark: SparkSession, name: str, *rows: dict[str, Any], **common: Any) -> DataFrame:
    """A table with the columns of its contract: what neither a row nor `common` gives is null."""
    contract = contracts.load(name)
    unknown = {key for row in rows for key in {**common, **row}} - set(contract.column_names)
    assert not unknown, f"{name} has no column {sorted(unknown)}"
    full = [tuple({**common, **row}.get(column) for column in contract.column_names) for row in rows]
    return spark.createDataFrame(full, contracts.spark_schema(contract))


def rows_of(name: str, found: DataFrame) -> list[dict[str, Any]]:
    """Rows in order of the key, after checking that they keep the contract."""
    contract = contracts.load(name)
    assert contracts.differences(contract, dict(found.dtypes)) == []
    rows = [row.asDict() for row in found.collect()]
    keys = [tuple(row[column] for column in contract.key) for row in rows]
    assert len(set(keys)) == len(keys), "two rows have one key"
    required = [column.name for column in contract.columns if column.required]
    empty = {column for row in rows for column in required if row[column] is None}
    assert not empty, f"{name} must have {sorted(empty)}"
    return sorted(rows, key=lambda row: [str(row[column]) for column in contract.key])


def picked(name: str, found: DataFrame, columns: str) -> list[tuple[Any, ...]]:
    """The named columns of every row, in order of the key."""
    return [tuple(row[column] for column in columns.split()) for row in rows_of(name, found)]


def stored(found: DataFrame) -> DataFrame:
    """The frame materialised once, in place of the lake's scratch."""
    return found.sparkSession.createDataFrame([tuple(row) for row in found.collect()], found.schema)

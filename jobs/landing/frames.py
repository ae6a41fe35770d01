"""The engine's side of landing: parse a delivery into one frame, then split it into accepted and rejected rows."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs import contracts
from jobs.landing import repeats
from jobs.landing.erasing import ERASED
from jobs.landing.files import Delivery
from jobs.landing.shapes import RawTable

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


def parse(
    spark: SparkSession,
    delivery: Delivery,
    night: date,
    networks_path: str | None = None,
    only: date | None = None,
    without: Sequence[date] = (),
    erased: frozenset[str] = frozenset(),
    tasks: int = 2,
    key: str | None = None,
) -> DataFrame:
    """Every delivered row: the columns of the staged table, then those of `jobs.landing.rows.ORIGIN`.

    `rejection_reason` is null for a good row (reasons: jobs/landing/checks.py); a rejected row has no other content.
    The frame is lazy and reads the files each time it is used: materialise it before splitting and counting.
    `networks_path` is a Parquet file or folder of `staged.ip_networks` rows for looking addresses up. Of facts, `only`
    keeps the rows that happened on one day, and `without` leaves those of some days out. Rows of accounts whose token is
    `erased` have the reason `erased` and no digest. `tasks` of the row groups and JSON files are parsed at once. Workers whose
    pseudonym key has another short id than `key` refuse.
    """
    import pyarrow as pa
    from pyspark.sql.pandas.types import from_arrow_schema

    from jobs.landing.rows import ORIGIN, land

    schema = pa.schema([*contracts.arrow_schema(contracts.load(f"staged.{delivery.raw.name}")), *ORIGIN])
    parts = [(file.path, file.name, part) for file in delivery.files for part in range(file.parts)]
    if not parts:
        return spark.createDataFrame([], from_arrow_schema(schema))
    reader = functools.partial(
        land,
        raw=delivery.raw,
        parts=parts,
        ds=delivery.ds or night,
        schema=schema,
        networks_path=networks_path,
        only=only,
        without=tuple(without),
        erased=erased,
        key=key,
    )
    return spark.range(0, len(parts), 1, min(len(parts), tasks)).mapInArrow(reader, from_arrow_schema(schema))


def split(parsed: DataFrame, raw: RawTable, found: DataFrame | None = None) -> tuple[DataFrame, DataFrame]:
    """Accepted rows (columns of the staged table) and rejected ones (columns of `staged.rejected`).

    `found`: what `repeats.find` found among `parsed`; None where there are none.
    """
    rows = repeats.good(parsed)
    accepted = rows if found is None else repeats.without(rows, found, raw)
    same = Window.partitionBy("record_digest").orderBy("rejection_reason", "file")
    rejected = parsed.where(F.col("rejection_reason") != ERASED).select(
        F.lit(raw.name).alias("table_name"),
        "record_digest",
        F.row_number().over(same).cast("int").alias("occurrence"),
        "rejection_reason",
        "file",
        "delivered_on",
        "account_token",
    )
    return accepted.select(*contracts.load(f"staged.{raw.name}").column_names), rejected


def count_erased(parsed: DataFrame) -> dict[str, int]:
    """Rows that were left out because their account was erased, by the account's token."""
    left_out = parsed.where(F.col("rejection_reason") == ERASED)
    rows = left_out.groupBy("account_token").agg(F.count(F.lit(1)).alias("rows")).collect()
    return {row.account_token: row.rows for row in rows}


def count_unread(parsed: DataFrame) -> dict[str, int]:
    """Values of optional columns that could not be read in accepted or duplicate rows, by column."""
    lost = repeats.good(parsed).select(F.explode(F.split("unread", ",")).alias("name"))
    return {row.name: row.values for row in lost.groupBy("name").agg(F.count(F.lit(1)).alias("values")).collect()}

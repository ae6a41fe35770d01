"""The engine's side of landing: parse a delivery into one frame, then split it into accepted and rejected rows."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F
from pyspark.sql import types as T

from jobs import contracts
from jobs.landing.erasing import ERASED
from jobs.landing.files import Delivery
from jobs.landing.shapes import RawTable

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

ORIGIN = ("unread", "rejection_reason", "record_digest", "account_token", "file")


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
    """Every delivered row: the columns of the staged table, then those of ORIGIN and delivered_on.

    `rejection_reason` is null for a good row (reasons: jobs/landing/checks.py); a rejected row has no other content.
    The frame is lazy and reads the files each time it is used: materialise it before splitting and counting.
    `networks_path` is a Parquet file or folder of `staged.ip_networks` rows for looking addresses up. Of facts, `only`
    keeps the rows that happened on one day, and `without` leaves those of some days out. Rows of accounts whose token is
    `erased` have the reason `erased` and no digest. `tasks` of the row groups and JSON files are parsed at once. Workers whose
    pseudonym key has another short id than `key` refuse.
    """
    import pyarrow as pa

    from jobs.landing.rows import land

    contract = contracts.load(f"staged.{delivery.raw.name}")
    schema = T.StructType(
        [
            *contracts.spark_schema(contract).fields,
            *[T.StructField(name, T.StringType()) for name in ORIGIN],
            T.StructField("delivered_on", T.DateType()),
        ]
    )
    parts = [(file.path, file.name, part) for file in delivery.files for part in range(file.parts)]
    if not parts:
        return spark.createDataFrame([], schema)
    arrow = contracts.arrow_schema(contract)
    for name in ORIGIN:
        arrow = arrow.append(pa.field(name, pa.string()))
    arrow = arrow.append(pa.field("delivered_on", pa.date32()))
    reader = functools.partial(
        land,
        raw=delivery.raw,
        parts=parts,
        ds=delivery.ds or night,
        schema=arrow,
        networks_path=networks_path,
        only=only,
        without=tuple(without),
        erased=erased,
        key=key,
    )
    return spark.range(0, len(parts), 1, min(len(parts), tasks)).mapInArrow(reader, schema)


def split(parsed: DataFrame, raw: RawTable, earlier: DataFrame | None = None) -> tuple[DataFrame, DataFrame]:
    """Accepted rows (columns of the staged table) and rejected ones (columns of `staged.rejected`).

    Of several good rows with one key the one with the smallest digest is kept; a key in `earlier` (the key columns
    of rows staged from earlier deliveries) is a duplicate as well.
    """
    contract = contracts.load(f"staged.{raw.name}")
    key = list(raw.key)
    good = parsed.where(_is_good())
    # Repeated keys are few: sorting only their rows spares ordering the whole night (measured: half the time on Sail).
    repeated = good.groupBy(*key).agg(F.count(F.lit(1)).alias("copies")).where(F.col("copies") > 1).select(*key)
    first = Window.partitionBy(*key).orderBy("record_digest", "file")
    kept = (
        good.join(repeated, on=key, how="left_semi")
        .withColumn("copy", F.row_number().over(first))
        .where(F.col("copy") == 1)
    )
    columns = contract.column_names
    accepted = good.join(repeated, on=key, how="left_anti").select(*columns).unionByName(kept.select(*columns))
    if earlier is not None:
        accepted = accepted.join(earlier.select(*key), on=key, how="left_anti")
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
    return accepted.select(*columns), rejected


def count_duplicates(parsed: DataFrame, raw: RawTable, earlier: DataFrame | None = None) -> int:
    """Good rows that are not accepted, counted from the keys alone and so independently of `split`."""
    key = list(raw.key)
    copies = parsed.where(_is_good()).groupBy(*key).agg(F.count(F.lit(1)).alias("copies"))
    if earlier is None:
        copies = copies.withColumn("is_known", F.lit(False))
    else:
        known = earlier.select(*key).groupBy(*key).agg(F.lit(True).alias("is_known"))
        copies = copies.join(known, on=key, how="left")
    spare = F.when(F.col("is_known"), F.col("copies")).otherwise(F.col("copies") - 1)
    row = copies.agg(F.sum(spare).alias("spare")).first()
    return int(row["spare"]) if row is not None and row["spare"] is not None else 0


def count_contradictions(parsed: DataFrame, raw: RawTable) -> int:
    """Keys of which good rows say different things: only one of them is accepted."""
    said = (F.min("record_digest") != F.max("record_digest")).alias("differ")
    return parsed.where(_is_good()).groupBy(*raw.key).agg(said).where("differ").count()


def count_erased(parsed: DataFrame) -> dict[str, int]:
    """Rows that were left out because their account was erased, by the account's token."""
    left_out = parsed.where(F.col("rejection_reason") == ERASED)
    rows = left_out.groupBy("account_token").agg(F.count(F.lit(1)).alias("rows")).collect()
    return {row.account_token: row.rows for row in rows}


def count_unread(parsed: DataFrame) -> dict[str, int]:
    """Values of optional columns that could not be read in accepted or duplicate rows, by column."""
    lost = parsed.where(_is_good()).select(F.explode(F.split("unread", ",")).alias("name"))
    return {row.name: row.values for row in lost.groupBy("name").agg(F.count(F.lit(1)).alias("values")).collect()}


def _is_good() -> Column:
    return F.col("rejection_reason").isNull()

"""Which good rows repeat another one, told by their keys alone.

Of several good rows with one key the one with the smallest digest is accepted; of a key that an earlier night accepted, none.
Keys grow with the requests, so they are looked at in parts of a bounded number of rows; what is found is as small as the
repeats are few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from jobs.landing.shapes import RawTable

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

ROWS_AT_ONCE = 4_000_000  # a table of so many keys takes about half a gigabyte


def good(parsed: DataFrame) -> DataFrame:
    """The rows that no check rejected."""
    return parsed.where(F.col("rejection_reason").isNull())


def find(
    parsed: DataFrame, raw: RawTable, earlier: DataFrame | None = None, part: int = 0, parts: int = 1
) -> DataFrame:
    """Keys of which not every good row is accepted: the key, `copies`, `is_known`, `differ`, `kept_file`, `kept_row`.

    `earlier` has the key columns of rows accepted from earlier deliveries; what is in it `is_known`. `differ`: the copies say
    different things. `part` of `parts` is looked at, which every key is in one of.
    """
    key = list(raw.key)

    def own(frame: DataFrame) -> DataFrame:
        return frame.where(F.pmod(F.xxhash64(*key), F.lit(parts)) == part) if parts > 1 else frame

    rows = own(good(parsed).select(*key, "record_digest", "file", "row"))
    several = rows.groupBy(*key).agg(F.count(F.lit(1)).alias("copies")).where(F.col("copies") > 1)
    found = several.select(*key, F.lit(False).alias("is_known"))
    if earlier is not None:
        known = rows.select(*key).join(own(earlier.select(*key)), on=key, how="left_semi")
        found = found.unionByName(known.distinct().withColumn("is_known", F.lit(True)))
    first = F.min(F.struct("record_digest", "file", "row"))
    return (
        found.groupBy(*key)
        .agg(F.max("is_known").alias("is_known"))
        .join(rows, on=key)  # the few on the left: engines hold that side
        .groupBy(*key, "is_known")
        .agg(
            F.count(F.lit(1)).alias("copies"),
            (F.min("record_digest") != F.max("record_digest")).alias("differ"),
            first.alias("first"),
        )
        .select(
            *key,
            "copies",
            "is_known",
            "differ",
            F.when(~F.col("is_known"), F.col("first.file")).alias("kept_file"),
            F.when(~F.col("is_known"), F.col("first.row")).alias("kept_row"),
        )
    )


def without(rows: DataFrame, found: DataFrame, raw: RawTable) -> DataFrame:
    """Of good rows those that are accepted, given what `find` found."""
    key = list(raw.key)
    marks = found.select(*key, F.lit(True).alias("repeats"), "kept_file", "kept_row")
    is_kept = (F.col("file") == F.col("kept_file")) & (F.col("row") == F.col("kept_row"))
    return marks.join(rows, on=key, how="right").where(F.col("repeats").isNull() | is_kept)


def counts(found: DataFrame) -> tuple[int, int]:
    """Good rows that are not accepted, and keys of which good rows say different things; from the keys alone."""
    spare = F.col("copies") - F.when(F.col("is_known"), F.lit(0)).otherwise(F.lit(1))
    row = found.agg(F.sum(spare).alias("spare"), F.sum(F.col("differ").cast("int")).alias("differ")).first()
    return (int(row["spare"] or 0), int(row["differ"] or 0)) if row is not None else (0, 0)

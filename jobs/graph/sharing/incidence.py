"""Who met what: the account-entity pairs that the later steps count, with what may not bridge left out."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

MAX_PER_SIGNAL = 16  # entities of one signal an account brings in, most used first: bounds the pairs at a few hundred


def usable(observations: DataFrame, synchronies: DataFrame, entities: DataFrame, cleared: DataFrame) -> DataFrame:
    """Account-entity pairs that may form a cell: no hubs, and at most MAX_PER_SIGNAL of a signal per account.

    Columns account_id and those of `entities` but is_hub and rarity_bits. `cleared`: account_id of accounts that analysts
    cleared. They link nobody, but still count in how common a thing is.
    """
    met = observations.select("account_id", "signal", "entity", "events").unionByName(
        synchronies.select("account_id", "signal", "entity", F.col("beats").alias("events"))
    )
    most_used = Window.partitionBy("account_id", "signal").orderBy(
        F.col("events").desc(), F.col("accounts"), F.col("entity")
    )
    return (
        met.join(cleared, on="account_id", how="left_anti")
        .join(entities.where(~F.col("is_hub")), on=["signal", "entity"], how="inner")
        .withColumn("place", F.row_number().over(most_used))
        .where(F.col("place") <= MAX_PER_SIGNAL)
        .drop("events", "place", "is_hub", "rarity_bits")
    )


def numbered(entities: DataFrame) -> DataFrame:
    """Entities that may be a side of a cell, with `number` and, by family, `kind`: many pairs are counted by numbers fast.

    Joins of millions of pairs also outgrow what an engine can hold of strings (2 GiB of one column).
    """
    together = Window.partitionBy(F.lit(0))  # all in one place: entities are far fewer than who met them
    return (
        entities.where(~F.col("is_hub"))
        .drop("rarity_bits")
        .withColumn("number", F.row_number().over(together.orderBy("family", "signal", "entity")).cast("long"))
        .withColumn("kind", F.dense_rank().over(together.orderBy("family")))
    )


def of_side(side: str, *names: str) -> list[Column]:
    """The columns under the names they have on one side, `a` or `b`, of a cell."""
    return [F.col(name).alias(f"{name}_{side}") for name in names]

"""Who met what: the account-entity pairs that the later steps count, with what may not bridge left out."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

MAX_PER_SIGNAL = 16  # entities of one signal an account brings in, most used first: bounds the pairs at a few hundred


def usable(incidences: DataFrame, known: DataFrame, cleared: DataFrame) -> DataFrame:
    """Account-entity pairs that may form a cell: no hubs, and at most MAX_PER_SIGNAL of a signal per account.

    Columns account_id, signal, entity, family, accounts, population, and number and kind of `known` (see `numbered`).
    `cleared`: account_id of accounts that analysts cleared. They link nobody, but still count in how common a thing is.
    """
    most_used = Window.partitionBy("account_id", "signal").orderBy(
        F.col("events").desc(), F.col("accounts"), F.col("entity")
    )
    return (
        incidences.where(~F.col("is_hub"))
        .drop("is_hub")
        .join(cleared, on="account_id", how="left_anti")
        .withColumn("place", F.row_number().over(most_used))
        .where(F.col("place") <= MAX_PER_SIGNAL)
        .join(known.select("signal", "entity", "number", "kind"), on=["signal", "entity"], how="inner")
        .drop("events", "place")
    )


def numbered(entities: DataFrame) -> DataFrame:
    """Entities that may be a side of a cell, with `number` and, by family, `kind`: many pairs are counted by numbers fast.

    Joins of millions of pairs also outgrow what an engine can hold of strings (2 GiB of one column).
    """
    together = Window.partitionBy(F.lit(0))  # all in one place: entities are far fewer than who met them
    return (
        entities.where(~F.col("is_hub"))
        .withColumn("number", F.row_number().over(together.orderBy("family", "signal", "entity")).cast("long"))
        .withColumn("kind", F.dense_rank().over(together.orderBy("family")))
    )


def of_side(side: str, *names: str) -> list[Column]:
    """The columns under the names they have on one side, `a` or `b`, of a cell."""
    return [F.col(name).alias(f"{name}_{side}") for name in names]

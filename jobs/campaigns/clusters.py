"""One row per clustered account and piece of evidence for its membership: which shared entity, how many bits.

The pieces of one account, its prior included (signal `prior`), sum to the log-odds of its membership. Bits are
kept in millionths as whole numbers, so that sums are exact on every engine and in any order.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.columns import NIGHT

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS = {
    "links.components": NIGHT,
    "links.observations": NIGHT,
    "links.synchronies": NIGHT,
    "links.entities": NIGHT,
    "links.cells": NIGHT,
}

MAX_PER_SIGNAL = 40  # an account behind a rotating proxy meets hundreds of addresses; the most used ones tell enough
SCHEMA = (
    "cluster_id string, account_id string, signal string, entity string, family string, "
    "microbits long, accounts_sharing long, cluster_accounts long"
)
ALPHA = 0.001  # as for cells


def transform(
    night: date,
    components: DataFrame,
    observations: DataFrame,
    synchronies: DataFrame,
    entities: DataFrame,
    cells: DataFrame,
) -> DataFrame:
    """Columns of SCHEMA; `cluster_id` is the smallest account id of the cluster."""
    met = observations.select("account_id", "signal", "entity", "events").unionByName(
        synchronies.select("account_id", "signal", "entity", F.col("beats").alias("events"))
    )
    most_used = Window.partitionBy("account_id", "signal").orderBy(F.col("events").desc(), F.col("entity"))
    limit = _limit(entities, cells)
    pairs = (
        met.join(components.select("account_id", "component"), on="account_id", how="inner")
        .join(entities.select("signal", "entity", "family", "accounts", "population"), on=["signal", "entity"])
        .withColumn("place", F.row_number().over(most_used))
        .where(F.col("place") <= MAX_PER_SIGNAL)
        .crossJoin(limit)
        .select(
            "component",
            "account_id",
            "signal",
            "entity",
            "family",
            "accounts",
            "population",
            "log_tail_limit",
        )
    )
    return pairs.groupBy("component").applyInArrow(_split_component, SCHEMA)


def _limit(entities: DataFrame, cells: DataFrame) -> DataFrame:
    """One row: the significance (nats) an overlap of entities needs to seed a group.

    Stricter than for a cell: it counts all possible pairs at once, because what ties two footprints together by chance
    costs more here than what is missed, which the weighing of accounts brings back.
    """
    per_family = entities.where(~F.col("is_hub")).groupBy("family").agg(F.count("*").alias("of_family"))
    squares = F.sum("of_family") * F.sum("of_family") - F.sum(F.col("of_family") * F.col("of_family"))
    possible = per_family.agg(F.greatest(squares / F.lit(2), F.lit(1.0)).alias("possible_pairs"))
    found = cells.agg(F.greatest(F.count("*"), F.lit(1)).alias("found_cells"))
    log_tail = F.round(F.ln(F.lit(ALPHA) * F.col("found_cells") / F.col("possible_pairs")), 6)
    return possible.crossJoin(found).select(log_tail.alias("log_tail_limit"))


def _split_component(pairs: pa.Table) -> pa.Table:
    """All account-entity pairs of one component to the pieces of evidence of its clusters."""
    from jobs.graph.tables import cluster_pairs

    return cluster_pairs(pairs)

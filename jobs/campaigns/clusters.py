"""One row per clustered account and piece of evidence for its membership: which shared entity, how many bits.

The pieces of one account, its prior included (line `prior`), sum to the log-odds of its membership. Bits are
kept in millionths as whole numbers, so that sums are exact on every engine and in any order.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs import signals
from jobs.columns import NIGHT
from jobs.graph.rows import by_group

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS = {
    "links.components": NIGHT,
    "links.incidences": NIGHT,
    "links.cells": NIGHT,
}

MAX_PER_SIGNAL = 40  # an account behind a rotating proxy meets hundreds of addresses; the most used ones tell enough
SCHEMA = (
    "cluster_id string, account_id string, signal string, entity string, family string, "
    "line string, microbits long, accounts_sharing long, cluster_accounts long"
)
ROUNDED = 1e-3  # nats: expectations of cells were rounded, and the weakest cell must pass its own limit


def transform(
    night: date,
    components: DataFrame,
    incidences: DataFrame,
    cells: DataFrame,
) -> DataFrame:
    """Columns of SCHEMA; `cluster_id` is the smallest account id of the cluster."""
    most_used = Window.partitionBy("account_id", "signal").orderBy(F.col("events").desc(), F.col("entity"))
    limit = cells.agg((F.coalesce(F.max("log_tail"), F.lit(0.0)) + ROUNDED).alias("log_tail_limit"))
    pairs = (
        incidences.join(components.select("account_id", "component"), on="account_id", how="inner")
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

    def split_component(pairs: pa.Table) -> pa.Table:
        """All account-entity pairs of one component to the pieces of evidence of its clusters."""
        from jobs.graph.grouping.tables import cluster_pairs

        return cluster_pairs(pairs, own)

    own = signals.marks()
    return by_group(pairs, "component", split_component, SCHEMA)

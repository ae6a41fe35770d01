"""One row per account that takes part in a coordinated coincidence, with the connected component it falls in.

An account takes part in a cell only when it met both of the cell's entities, so an innocent who shares one thing (a proxy
address, a popular template) with a campaign is not drawn in. Accounts and cells form a bipartite graph; it is never
projected to pairs of accounts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT
from jobs.graph.components import connected_components
from jobs.graph.incidence import usable

INPUTS = {
    "links.observations": NIGHT,
    "links.synchronies": NIGHT,
    "links.entities": NIGHT,
    "links.cells": NIGHT,
}


def transform(
    night: date,
    observations: DataFrame,
    synchronies: DataFrame,
    entities: DataFrame,
    cells: DataFrame,
    scratch: Callable[[DataFrame], DataFrame],
) -> DataFrame:
    """Columns account_id, component (smallest account id in it), component_accounts, cells."""
    pairs = usable(observations, synchronies, entities).select("account_id", "signal", "entity")
    side_a = pairs.select("account_id", F.col("signal").alias("signal_a"), F.col("entity").alias("entity_a"))
    side_b = pairs.select("account_id", F.col("signal").alias("signal_b"), F.col("entity").alias("entity_b"))
    taking_part = scratch(
        cells.select("signal_a", "entity_a", "signal_b", "entity_b")
        .join(side_a, on=["signal_a", "entity_a"], how="inner")
        .join(side_b, on=["account_id", "signal_b", "entity_b"], how="inner")
    )
    met = (
        taking_part.select("account_id", F.col("signal_a").alias("signal"), F.col("entity_a").alias("entity"))
        .union(taking_part.select("account_id", "signal_b", "entity_b"))
        .distinct()
    )
    centres = met.groupBy("signal", "entity").agg(F.min("account_id").alias("right"))
    edges = met.join(centres, on=["signal", "entity"], how="inner").select(F.col("account_id").alias("left"), "right")
    found = scratch(connected_components(edges.distinct(), scratch))
    sizes = found.groupBy("component").agg(F.count("*").alias("component_accounts"))
    counts = taking_part.groupBy("account_id").agg(F.count("*").alias("cells"))
    return (
        found.withColumnRenamed("node", "account_id")
        .join(sizes, on="component", how="inner")
        .join(counts, on="account_id", how="inner")
        .select("account_id", "component", "component_accounts", "cells")
    )

"""One row per account that may belong to a coordinated group, with the connected component it falls in.

An account takes part in a cell when it met both of the cell's entities; one that met two kinds of a component's entities
without such a cell is weighed too. An innocent who shares one thing (a proxy address, a popular template) with a
campaign is not drawn in. Accounts and cells form a bipartite graph; it is never
projected to pairs of accounts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.columns import NIGHT
from jobs.graph.components import connected_components
from jobs.graph.decisions import cleared
from jobs.graph.incidence import usable

INPUTS = {
    "links.observations": NIGHT,
    "links.synchronies": NIGHT,
    "links.entities": NIGHT,
    "links.cells": NIGHT,
    "staged.case_decisions": NIGHT,
}

MOSTLY = 0.5  # of an entity's accounts
MIN_FAMILIES = 2  # as for membership: one kind of thing in common is not coordination


def transform(
    night: date,
    observations: DataFrame,
    synchronies: DataFrame,
    entities: DataFrame,
    cells: DataFrame,
    case_decisions: DataFrame,
    scratch: Callable[[DataFrame], DataFrame],
) -> DataFrame:
    """Columns account_id, component (smallest account id in it), component_accounts, cells."""
    all_pairs = scratch(usable(observations, synchronies, entities, cleared(case_decisions, night)))
    pairs = all_pairs.select("account_id", "signal", "entity")
    side_a = pairs.select("account_id", F.col("signal").alias("signal_a"), F.col("entity").alias("entity_a"))
    side_b = pairs.select("account_id", F.col("signal").alias("signal_b"), F.col("entity").alias("entity_b"))
    # Engines hold the left side of a join in memory: never that of every cell with all accounts of one of its entities.
    met_first = cells.select("signal_a", "entity_a", "signal_b", "entity_b").join(
        side_a, on=["signal_a", "entity_a"], how="inner"
    )
    taking_part = scratch(
        side_b.join(met_first, on=["account_id", "signal_b", "entity_b"], how="inner").select(
            "account_id", "signal_a", "entity_a", "signal_b", "entity_b"
        )
    )
    met = (
        taking_part.select("account_id", F.col("signal_a").alias("signal"), F.col("entity_a").alias("entity"))
        .union(taking_part.select("account_id", "signal_b", "entity_b"))
        .distinct()
    )
    centres = met.groupBy("signal", "entity").agg(F.min("account_id").alias("right"))
    edges = met.join(centres, on=["signal", "entity"], how="inner").select(F.col("account_id").alias("left"), "right")
    found = scratch(connected_components(edges.distinct(), scratch)).withColumnRenamed("node", "account_id")
    everyone = found.unionByName(_recruits(all_pairs, found))
    sizes = everyone.groupBy("component").agg(F.count("*").alias("component_accounts"))
    counts = taking_part.groupBy("account_id").agg(F.count("*").alias("cells"))
    return (
        everyone.join(sizes, on="component", how="inner")
        .join(counts, on="account_id", how="left")
        .select("account_id", "component", "component_accounts", F.coalesce("cells", F.lit(0)).alias("cells"))
    )


def _recruits(pairs: DataFrame, found: DataFrame) -> DataFrame:
    """Accounts that met MIN_FAMILIES kinds of things that are mostly one component's, though none is a cell by itself.

    A card that four accounts share makes no significant cell with anything, but whoever has it and the component's
    template too is worth weighing. An account goes to the component it has most kinds in common with, then to the
    smallest.
    """
    inside = F.count("*").alias("inside")
    theirs = (
        pairs.join(found, on="account_id", how="inner")
        .groupBy("signal", "entity", "component")
        .agg(inside, F.max("accounts").alias("accounts"))
        .where(F.col("inside") >= F.col("accounts") * MOSTLY)
        .select("signal", "entity", "component")
    )
    most_kinds = Window.partitionBy("account_id").orderBy(F.col("families").desc(), "component")
    return (
        pairs.join(found, on="account_id", how="left_anti")
        .join(theirs, on=["signal", "entity"], how="inner")
        .select("account_id", "component", "family")
        .distinct()
        .groupBy("account_id", "component")
        .agg(F.count("*").alias("families"))
        .where(F.col("families") >= MIN_FAMILIES)
        .withColumn("place", F.row_number().over(most_kinds))
        .where(F.col("place") == 1)
        .select("account_id", "component")
    )

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
from jobs.graph.grouping.profiles import MIN_FAMILIES
from jobs.graph.intent.decisions import cleared
from jobs.graph.sharing.components import connected_components
from jobs.graph.sharing.incidence import numbered, of_side, usable

INPUTS = {
    "links.incidences": NIGHT,
    "links.entities": NIGHT,
    "links.cells": NIGHT,
    "staged.case_decisions": NIGHT,
}

MOSTLY = 0.5  # of an entity's accounts


def transform(
    night: date,
    incidences: DataFrame,
    entities: DataFrame,
    cells: DataFrame,
    case_decisions: DataFrame,
    scratch: Callable[[DataFrame], DataFrame],
) -> DataFrame:
    """Columns account_id, component (smallest account id in it), component_accounts, cells."""
    known = scratch(numbered(entities))
    all_pairs = scratch(usable(incidences, known, cleared(case_decisions, night)))
    pairs = all_pairs.select("account_id", "number")
    # From the rarer of a cell's entities: the commoner ones of all cells have ten times as many accounts.
    met_rarer = _sides(cells, known).join(pairs.withColumnRenamed("number", "rarer"), on="rarer", how="inner")
    taking_part = scratch(
        pairs.withColumnRenamed("number", "commoner")
        .join(met_rarer, on=["account_id", "commoner"], how="inner")
        .select("account_id", "rarer", "commoner")
    )
    met = (
        taking_part.select("account_id", F.col("rarer").alias("number"))
        .union(taking_part.select("account_id", "commoner"))
        .distinct()
    )
    centres = met.groupBy("number").agg(F.min("account_id").alias("right"))
    edges = met.join(centres, on="number", how="inner").select(F.col("account_id").alias("left"), "right")
    found = scratch(connected_components(edges.distinct(), scratch)).withColumnRenamed("node", "account_id")
    everyone = found.unionByName(_recruits(all_pairs, found))
    sizes = everyone.groupBy("component").agg(F.count("*").alias("component_accounts"))
    counts = taking_part.groupBy("account_id").agg(F.count("*").alias("cells"))
    return (
        everyone.join(sizes, on="component", how="inner")
        .join(counts, on="account_id", how="left")
        .select("account_id", "component", "component_accounts", F.coalesce("cells", F.lit(0)).alias("cells"))
    )


def _sides(cells: DataFrame, known: DataFrame) -> DataFrame:
    """The numbers of each cell's two entities, by which of them fewer accounts met: `rarer`, `commoner`."""
    for side in "ab":
        numbers = known.select(*of_side(side, "signal", "entity", "number"))
        cells = cells.join(numbers, on=[f"signal_{side}", f"entity_{side}"], how="inner")
    is_a = F.col("accounts_a") <= F.col("accounts_b")
    return cells.select(
        F.when(is_a, F.col("number_a")).otherwise(F.col("number_b")).alias("rarer"),
        F.when(is_a, F.col("number_b")).otherwise(F.col("number_a")).alias("commoner"),
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

"""One row per entity that was kept from linking accounts, or linked fewer than share it, with the reason.

`hub`: too many accounts share it. `not_significant`: what its accounts share besides is no more than chance. `family_counted_once`:
it ties accounts, but a stronger entity of the same family already did. `component_split`: some accounts that share
it were put into different groups or none.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT
from jobs.vocabulary import Line

INPUTS = {
    "links.entities": NIGHT,
    "links.cells": NIGHT,
    "links.incidences": NIGHT,
    "campaigns.clusters": NIGHT,
}


def transform(
    night: date,
    entities: DataFrame,
    cells: DataFrame,
    incidences: DataFrame,
    clusters: DataFrame,
) -> DataFrame:
    """Columns signal, entity, accounts, reason, links_dropped."""
    in_cells = (
        cells.select(F.col("signal_a").alias("signal"), F.col("entity_a").alias("entity"))
        .union(cells.select("signal_b", "entity_b"))
        .distinct()
        .withColumn("is_significant", F.lit(True))
    )
    used = clusters.where(F.col("line") != Line.PRIOR).groupBy("signal", "entity").agg(F.count("*").alias("links_used"))
    clustered = clusters.where(F.col("line") == Line.PRIOR).select("account_id", "cluster_id")
    spread = (
        incidences.join(clustered, on="account_id", how="inner")
        .groupBy("signal", "entity", "cluster_id")
        .agg(F.count("*").alias("members"))
        .groupBy("signal", "entity")
        .agg(F.count("*").alias("groups"), F.sum("members").alias("clustered_accounts"))
    )
    judged = (
        entities.join(in_cells, on=["signal", "entity"], how="left")
        .join(used, on=["signal", "entity"], how="left")
        .join(spread, on=["signal", "entity"], how="left")
        .withColumn("links_used", F.coalesce("links_used", F.lit(0)))
        .withColumn("links_dropped", (F.col("accounts") - F.col("links_used")).cast("long"))
    )
    is_split = (F.coalesce("groups", F.lit(0)) > 1) | (F.coalesce("clustered_accounts", F.lit(0)) < F.col("accounts"))
    reason = (
        F.when(F.col("is_hub"), "hub")
        .when(F.col("is_significant").isNull(), "not_significant")
        .when(is_split, "component_split")
        .otherwise("family_counted_once")
    )
    return judged.where(F.col("links_dropped") > 0).select(
        "signal", "entity", "accounts", reason.alias("reason"), "links_dropped"
    )

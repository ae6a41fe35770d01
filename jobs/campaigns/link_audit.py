"""One row per entity that was kept from linking accounts, or linked fewer than share it, with the reason.

`hub`: too many accounts share it. `not_significant`: what its accounts share besides is no more than chance. `family_counted_once`:
it ties accounts, but a stronger entity of the same family already did. `component_split`: some accounts that share
it were put into different groups or none. `placeholder`: what identity delivered stands for nothing (`unknown`, all zeros), so it
was never met, and the entity is the delivered column's name; or it behaves so (`links.placeholders`).
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import signals
from jobs.columns import NIGHT
from jobs.vocabulary import Line

INPUTS = {
    "links.entities": NIGHT,
    "links.cells": NIGHT,
    "links.incidences": NIGHT,
    "links.placeholders": NIGHT,
    "campaigns.clusters": NIGHT,
    "staged.accounts": NIGHT,
}

WOULD_LINK = {signal.delivered_as: name for name, signal in signals.declared().items() if signal.delivered_as}


def transform(
    night: date,
    entities: DataFrame,
    cells: DataFrame,
    incidences: DataFrame,
    placeholders: DataFrame,
    clusters: DataFrame,
    accounts: DataFrame,
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
    dropped = judged.where(F.col("links_dropped") > 0).select(
        "signal", "entity", "accounts", reason.alias("reason"), "links_dropped"
    )
    return dropped.unionByName(_listed(accounts)).unionByName(_as_placeholders(placeholders))


def _listed(accounts: DataFrame) -> DataFrame:
    """One row per column of accounts in which values stand for nothing."""
    of_column = F.create_map(*[F.lit(text) for pair in WOULD_LINK.items() for text in pair])
    columns = accounts.select(F.explode(F.split("placeholders", ",")).alias("entity"))
    found = columns.withColumn("signal", F.element_at(of_column, F.col("entity"))).where(F.col("signal").isNotNull())
    return _as_placeholders(found.groupBy("signal", "entity").agg(F.count("*").alias("accounts")))


def _as_placeholders(found: DataFrame) -> DataFrame:
    return found.select(
        "signal", "entity", "accounts", F.lit("placeholder").alias("reason"), F.col("accounts").alias("links_dropped")
    )

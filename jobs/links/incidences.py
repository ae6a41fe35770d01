"""One row per account and entity that it met, of the entities that three or more accounts met: the graph of the night.

Every later step reads who met what here: with the family of the signal, and how common the entity is among the accounts that
work. Sharing what few have is evidence; sharing what everybody has is none (term-frequency weights of Fellegi and
Sunter; comScore's device graph, KDD 2017, weighs addresses the same way). Hubs stay as corroboration, never as a bridge. What
stands for nothing (`links.placeholders`) was not met.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import signals
from jobs.columns import NIGHT

INPUTS = {"links.observations": NIGHT, "links.synchronies": NIGHT, "links.placeholders": NIGHT}

MIN_ACCOUNTS = 3  # what two share is a household's, and no campaign is that small
HUB_SHARE = 0.6  # what most accounts meet cannot name a group; cells judge the rest (`links.cells`)


def transform(night: date, observations: DataFrame, synchronies: DataFrame, placeholders: DataFrame) -> DataFrame:
    """Columns account_id, signal, entity, events, family, accounts, population, is_hub."""
    met = observations.select("account_id", "signal", "entity", "events").unionByName(
        synchronies.select("account_id", "signal", "entity", F.col("beats").alias("events"))
    )
    met = met.join(placeholders.select("signal", "entity"), on=["signal", "entity"], how="left_anti")
    population = observations.select("account_id").distinct().agg(F.count("*").alias("population"))
    families = F.create_map(*[F.lit(text) for pair in signals.families().items() for text in pair])
    entities = (
        met.groupBy("signal", "entity")
        .agg(F.count("*").alias("accounts"))
        .where(F.col("accounts") >= MIN_ACCOUNTS)
        .crossJoin(population)
        .select(
            "signal",
            "entity",
            F.coalesce(F.element_at(families, F.col("signal")), F.col("signal")).alias("family"),
            "accounts",
            "population",
            (F.col("accounts") > F.col("population") * HUB_SHARE).alias("is_hub"),
        )
    )
    return met.join(entities, on=["signal", "entity"], how="inner").select(
        "account_id", "signal", "entity", "events", "family", "accounts", "population", "is_hub"
    )

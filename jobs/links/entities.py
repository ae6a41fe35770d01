"""One row per entity that three or more accounts met: how common it is, and so what sharing it is worth.

Sharing what few have is evidence; sharing what everybody has is none (term-frequency weights of Fellegi and
Sunter; comScore's device graph, KDD 2017, weighs addresses the same way). Hubs stay as corroboration, never as a bridge.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT
from jobs.graph.sharing.chance import bits
from jobs.graph.sharing.families import FAMILIES

INPUTS = {"links.observations": NIGHT, "links.synchronies": NIGHT}

MIN_ACCOUNTS = 3  # what two share is a household's, and no campaign is that small
HUB_SHARE = 0.25  # what every fourth account meets cannot name a group


def transform(night: date, observations: DataFrame, synchronies: DataFrame) -> DataFrame:
    """Columns signal, entity, family, accounts, population, rarity_bits, is_hub."""
    met = observations.select("account_id", "signal", "entity").unionByName(
        synchronies.select("account_id", "signal", "entity")
    )
    population = observations.select("account_id").distinct().agg(F.count("*").alias("population"))
    families = F.create_map(*[F.lit(text) for pair in sorted(FAMILIES.items()) for text in pair])
    return (
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
            bits(F.col("population") / F.col("accounts")).alias("rarity_bits"),
            (F.col("accounts") > F.col("population") * HUB_SHARE).alias("is_hub"),
        )
    )

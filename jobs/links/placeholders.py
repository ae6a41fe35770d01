"""One row per value of identity that stands for nothing though no list names it: many accounts share it, and nothing else.

An import writes a text of its own where it knows no device or no document. Who really shares one device also shares an address,
a card, a program or a time; of the holders of a placeholder almost nobody does. Listed texts are read as null before
(`jobs.landing.placeholders`); what is found here links nobody and counts in no feature either (`links.incidences`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import signals
from jobs.columns import NIGHT
from jobs.graph.sharing.chance import expected_by_chance, shared_log_tail

INPUTS = {"links.observations": NIGHT}

MIN_HOLDERS = 20  # fewer are a family, a team or a shop, whose members need not have anything else in common
MOST_TIED = 0.1  # a real thing's holders have more in common than one in ten, by any other signal
MAX_CHANCE_SHARE, MIN_SHARED, MAX_LOG_TAIL = 0.2, 3, math.log(1e-6)  # as of cells (`links.cells`), of a thousand tests
IDENTITY = tuple(name for name, signal in signals.declared().items() if signal.delivered_as)
COUNTS = ("holders", "accounts", "both", "population")


def transform(night: date, observations: DataFrame, scratch: Callable[[DataFrame], DataFrame]) -> DataFrame:
    """Columns signal, entity, accounts (that hold it), tied_accounts (that share something else with other holders)."""
    met = observations.select("account_id", "signal", "entity").distinct()
    population = met.select("account_id").distinct().agg(F.count("*").alias("population"))
    sizes = met.groupBy("signal", "entity").agg(F.count("*").alias("accounts"))
    is_identity = F.col("signal").isin(*IDENTITY)
    suspects = sizes.where(is_identity & (F.col("accounts") >= MIN_HOLDERS))
    holders = scratch(
        met.join(suspects, on=["signal", "entity"], how="inner").select(
            "account_id",
            F.col("signal").alias("of"),
            F.col("entity").alias("value"),
            F.col("accounts").alias("holders"),
        )
    )
    besides = met.join(suspects.select("signal", "entity"), on=["signal", "entity"], how="left_anti")
    shared = scratch(holders.join(besides, on="account_id", how="inner"))
    counted = (
        shared.groupBy("of", "value", "holders", "signal", "entity")
        .agg(F.count("*").alias("both"))
        .where(F.col("both") >= MIN_SHARED)
        .join(sizes, on=["signal", "entity"], how="inner")
        .crossJoin(population)
    )
    is_rare = expected_by_chance(*[F.col(name) for name in COUNTS]) <= F.col("both") * MAX_CHANCE_SHARE
    beyond = counted.where(is_rare & (shared_log_tail(*[F.col(name) for name in COUNTS]) <= MAX_LOG_TAIL))
    tied = (
        shared.join(
            beyond.select("of", "value", "signal", "entity"), on=["of", "value", "signal", "entity"], how="left_semi"
        )
        .groupBy("of", "value")
        .agg(F.countDistinct("account_id").alias("tied"))
    )
    return (
        holders.select("of", "value", "holders")
        .distinct()
        .join(tied, on=["of", "value"], how="left")
        .withColumn("tied_accounts", F.coalesce("tied", F.lit(0).cast("long")))
        .where(F.col("tied_accounts") <= F.col("holders") * MOST_TIED)
        .select(
            F.col("of").alias("signal"),
            F.col("value").alias("entity"),
            F.col("holders").alias("accounts"),
            "tied_accounts",
        )
    )

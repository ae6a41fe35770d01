"""One row per pair of entities that far more accounts share than chance puts into both: a coordinated coincidence.

Two entities of different families a and b, met by d_a and d_b of N accounts, are met together by d_a * d_b / N accounts if
nothing coordinates them. A cell is kept when more are found with a false-discovery rate of at most ALPHA over all
possible pairs (Benjamini and Hochberg 1995), and when chance explains at most a fifth of the accounts in it. The threshold
follows from N, so one setting holds at every size. Counting goes through each account's few entities: linear in accounts.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.columns import NIGHT
from jobs.graph.chance import expected_by_chance, log_tail
from jobs.graph.incidence import usable

INPUTS = {"links.observations": NIGHT, "links.synchronies": NIGHT, "links.entities": NIGHT}

ALPHA = 0.001  # expected share of false cells: a false cell can accuse, so far stricter than the customary .05
MIN_SHARED = 3
MAX_CHANCE_SHARE = 0.2


def transform(night: date, observations: DataFrame, synchronies: DataFrame, entities: DataFrame) -> DataFrame:
    """Columns signal_a, entity_a, signal_b, entity_b, accounts_a, accounts_b, accounts, expected_accounts, log_tail."""
    pairs = usable(observations, synchronies, entities)
    sides = [
        pairs.select("account_id", *[F.col(name).alias(f"{name}_{side}") for name in _SIDE], "population")
        for side in ("a", "b")
    ]
    together = (
        sides[0]
        .join(sides[1].drop("population"), on="account_id", how="inner")
        .where(F.col("family_a") < F.col("family_b"))
        .groupBy("signal_a", "entity_a", "signal_b", "entity_b")
        .agg(
            F.count("*").alias("accounts"),
            F.max("accounts_a").alias("accounts_a"),
            F.max("accounts_b").alias("accounts_b"),
            F.max("population").alias("population"),
        )
        .where(F.col("accounts") >= MIN_SHARED)
        .withColumn(
            "expected_accounts",
            F.round(expected_by_chance(F.col("accounts_a"), F.col("accounts_b"), F.col("population")), 6),
        )
        .where(F.col("expected_accounts") <= F.col("accounts") * MAX_CHANCE_SHARE)
    )
    tested = together.withColumn("log_tail", log_tail(F.col("accounts"), F.greatest("expected_accounts", F.lit(1e-6))))
    order = Window.orderBy("log_tail", "signal_a", "entity_a", "signal_b", "entity_b")
    hypotheses = _possible_pairs(entities)
    limit = F.round(F.ln(F.lit(ALPHA) * F.col("place") / F.col("hypotheses")), 6)
    ranked = tested.withColumn("place", F.row_number().over(order)).crossJoin(hypotheses).withColumn("limit", limit)
    cut = ranked.where(F.col("log_tail") <= F.col("limit")).agg(F.max("place").alias("last_place"))
    return (
        ranked.crossJoin(cut)
        .where(F.col("place") <= F.coalesce(F.col("last_place"), F.lit(0)))
        .select(
            "signal_a",
            "entity_a",
            "signal_b",
            "entity_b",
            "accounts_a",
            "accounts_b",
            "accounts",
            "expected_accounts",
            "log_tail",
        )
    )


_SIDE = ("signal", "entity", "family", "accounts")


def _possible_pairs(entities: DataFrame) -> DataFrame:
    """How many pairs of entities of different families there are: the number of hypotheses tested."""
    per_family = entities.where(~F.col("is_hub")).groupBy("family").agg(F.count("*").alias("of_family"))
    return per_family.agg(
        F.greatest(
            (F.sum("of_family") * F.sum("of_family") - F.sum(F.col("of_family") * F.col("of_family"))) / F.lit(2),
            F.lit(1.0),
        ).alias("hypotheses")
    )

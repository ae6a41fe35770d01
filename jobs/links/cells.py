"""One row per pair of entities that far more accounts share than chance puts into both: a coordinated coincidence.

Two entities of different families are met together by few accounts if nothing coordinates them (`jobs.graph.sharing.chance`).
A cell is kept when more are found with a false-discovery rate of at most ALPHA (Benjamini and Hochberg 1995) among the
possible pairs of its stratum: the two families and how common the entities are. Thousands of cards that three accounts share
must not drown what one card and one template have in common (stratified control: Sun, Craiu, Paterson, Bull, Genet.
Epidemiol. 30, 2006). Chance may explain at most a fifth of a cell's accounts, judged by how common its entities are among the
accounts outside it. The thresholds follow from N, so one setting holds at every size. Counting goes through each account's
few entities: linear in accounts.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.columns import NIGHT
from jobs.graph.intent.decisions import cleared
from jobs.graph.sharing.chance import expected_by_chance, shared_log_tail
from jobs.graph.sharing.incidence import numbered, of_side, usable

INPUTS = {
    "links.incidences": NIGHT,
    "links.entities": NIGHT,
    "staged.case_decisions": NIGHT,
}

ALPHA = 0.001  # expected share of false cells: a false cell can accuse, so far stricter than the customary .05
MIN_SHARED = 3
# There are about as many strata on a night: one with a single pair in it must not pass a test of its own. Of a file of few kinds
# and accounts there are fewer (`strata`).
MIN_HYPOTHESES = 1_000
PAIR = 2**31  # a pair of numbers as one: more entities than that no night has
COUNTS = ("accounts_a", "accounts_b", "accounts", "population")
STRATUM = ("family_a", "family_b", "size_a", "size_b")
MAX_CHANCE_SHARE = 0.2


def transform(
    night: date,
    incidences: DataFrame,
    entities: DataFrame,
    case_decisions: DataFrame,
    scratch: Callable[[DataFrame], DataFrame],
    least_hypotheses: int = MIN_HYPOTHESES,
) -> DataFrame:
    """Columns signal_a, entity_a, signal_b, entity_b, accounts_a, accounts_b, accounts, expected_accounts, log_tail."""
    known = scratch(numbered(entities))
    met = scratch(usable(incidences, known, cleared(case_decisions, night)).select("account_id", "number", "kind"))
    sides = [met.select("account_id", *of_side(side, "number", "kind")) for side in "ab"]
    together = (
        sides[0]
        .join(sides[1], on="account_id", how="inner")
        .where(F.col("kind_a") < F.col("kind_b"))
        .groupBy((F.col("number_a") * F.lit(PAIR) + F.col("number_b")).alias("pair"))
        .agg(F.count("*").alias("accounts"))
        .where(F.col("accounts") >= MIN_SHARED)
        .withColumn("number_b", F.col("pair") % F.lit(PAIR))
        .withColumn("number_a", F.expr(f"(pair - number_b) div {PAIR}"))
        .join(known.select(*of_side("a", *_SIDE), "population"), on="number_a", how="inner")
        .join(known.select(*of_side("b", *_SIDE)), on="number_b", how="inner")
        .withColumn(
            "expected_accounts",
            F.round(expected_by_chance(*[F.col(name) for name in COUNTS]), 6),
        )
        .where(F.col("expected_accounts") <= F.col("accounts") * MAX_CHANCE_SHARE)
    )
    tested = scratch(together).withColumn("log_tail", shared_log_tail(*[F.col(name) for name in COUNTS]))
    place = Window.partitionBy(*STRATUM).orderBy("log_tail", "signal_a", "entity_a", "signal_b", "entity_b")
    limit = F.round(F.ln(F.lit(ALPHA) * F.col("place") / F.col("hypotheses")), 6)
    ranked = (
        tested.withColumn("size_a", _size("accounts_a"))
        .withColumn("size_b", _size("accounts_b"))
        .join(_hypotheses(entities, least_hypotheses), on=list(STRATUM), how="inner")
        .withColumn("place", F.row_number().over(place))
        .withColumn("limit", limit)
    )
    cut = ranked.where(F.col("log_tail") <= F.col("limit")).groupBy(*STRATUM).agg(F.max("place").alias("last_place"))
    return (
        ranked.join(cut, on=list(STRATUM), how="inner")
        .where(F.col("place") <= F.col("last_place"))
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


_SIDE = ("number", "signal", "entity", "family", "accounts")


def strata(families: int, accounts: int) -> int:
    """How many strata there are of so many families among so many accounts, MIN_HYPOTHESES at most."""
    sizes = sum((2 << size) > MIN_SHARED for size in range(accounts.bit_length()))
    return max(1, min(families * (families - 1) // 2 * sizes**2, MIN_HYPOTHESES))


def _size(accounts: str) -> Column:
    """Size class: 3, 4 to 7, 8 to 15, ... accounts."""
    return F.floor(F.log2(F.col(accounts).cast("double")) + F.lit(1e-9)).cast("int")


def _hypotheses(entities: DataFrame, least: int) -> DataFrame:
    """Per stratum how many pairs of entities there are: the number of hypotheses tested in it."""
    counts = (
        entities.where(~F.col("is_hub"))
        .withColumn("size", _size("accounts"))
        .groupBy("family", "size")
        .agg(F.count("*").alias("of_class"))
    )
    sides = [counts.select(*of_side(side, *counts.columns)) for side in "ab"]
    return (
        sides[0]
        .crossJoin(sides[1])
        .where(F.col("family_a") < F.col("family_b"))
        .select(*STRATUM, F.greatest(F.col("of_class_a") * F.col("of_class_b"), F.lit(least)).alias("hypotheses"))
    )

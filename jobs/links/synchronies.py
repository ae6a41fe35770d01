"""One row per account and anchor entity with which it keeps time: it fires together with the accounts that share the anchor.

An account keeps time when it hits the anchor's beats (`links.beats`) more often than chance allows, on one of the window's
days or on all of them together: one of five requests a day shows it in a week, one that worked for two days and then
went on with something else on those days.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import WINDOW
from jobs.graph.chance import log_tail

INPUTS = {"links.beats": WINDOW}

KEEPS_TIME_LOG_TAIL = -6.9  # ln(1e-3): one account in a thousand by chance
MIN_HITS = 2
LEAST_EXPECTED = 1e-6


def transform(night: date, beats: DataFrame) -> DataFrame:
    """Columns account_id, signal (`shared_burst`), entity (`signal|entity` of the anchor), beats, expected_beats, days."""
    expected = F.col("expected_microhits") / F.lit(1e6)
    on_day = log_tail(F.col("hits"), F.greatest(expected, F.lit(LEAST_EXPECTED)))
    return (
        beats.withColumn("log_tail", F.when(F.col("hits") >= MIN_HITS, on_day))
        .groupBy("account_id", "signal", "entity")
        .agg(
            F.sum("hits").alias("beats"),
            F.sum("expected_microhits").alias("expected_microhits"),
            F.count_if(F.col("hits") > 0).alias("days"),
            F.min("log_tail").alias("best_day"),
        )
        .withColumn("expected_beats", F.round(expected, 6))
        .withColumn("all_days", log_tail(F.col("beats"), F.greatest("expected_beats", F.lit(LEAST_EXPECTED))))
        .where(F.least("best_day", F.when(F.col("beats") >= MIN_HITS, F.col("all_days"))) <= KEEPS_TIME_LOG_TAIL)
        .select("account_id", "signal", "entity", "beats", "expected_beats", "days")
    )

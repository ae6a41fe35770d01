"""One row per account and anchor entity with which it keeps time: it fires together with the accounts that share the anchor.

An account keeps time when it hits the anchor's beats (`links.beats`) more often than chance allows, on one of the window's
days or on all of them together: one of five requests a day shows it in a week, one that worked for two days and then did
something else shows it on those two.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.columns import WINDOW
from jobs.graph.sharing.chance import log_tail

INPUTS = {"links.beats": WINDOW}

KEEPS_TIME_LOG_TAIL = -6.9  # ln(1e-3): one account in a thousand by chance
MIN_HITS = 2


def transform(night: date, beats: DataFrame) -> DataFrame:
    """Columns account_id, signal (`shared_burst`), entity (`signal|entity` of the anchor), beats, expected_beats, days."""
    expected = F.col("expected_microhits") / F.lit(1e6)
    return (
        beats.withColumn("log_tail", _log_tail("hits", expected))
        .groupBy("account_id", "signal", "entity")
        .agg(
            F.sum("hits").alias("beats"),
            F.sum("expected_microhits").alias("expected_microhits"),
            F.count_if(F.col("hits") > 0).alias("days"),
            F.min("log_tail").alias("best_day"),
        )
        .withColumn("expected_beats", F.round(expected, 6))
        .where(F.least("best_day", _log_tail("beats", expected)) <= KEEPS_TIME_LOG_TAIL)
        .select("account_id", "signal", "entity", "beats", "expected_beats", "days")
    )


def _log_tail(hits: str, expected: Column) -> Column:
    """How surprising the hits are, in nats; null for fewer than MIN_HITS, which `least` and `min` pass over."""
    return F.when(F.col(hits) >= MIN_HITS, log_tail(F.col(hits), expected))

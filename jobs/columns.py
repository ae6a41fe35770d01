"""Names and column expressions that several tables share; the only project module layer modules import besides jobs.graph."""

from __future__ import annotations

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

NIGHT = "night"  # the rows built for tonight
WINDOW = "window"  # the rows of the trailing window that ends tonight
BEFORE = "before"  # the rows built for the night before; empty on the first night
WINDOW_DAYS = 28  # four whole weeks: every weekday counts alike, and a campaign of 26 requests a day per account shows
DORMANT_DAYS = 14  # without activity of the accounts it operates; until then it may be a pause between batches
LATE_DAYS = 3  # the input contract: requests and logins may arrive up to three days late
MIN_SHARING = 3  # members: what two have in common is a coincidence

FACTS = ("staged.api_requests", "staged.charges", "staged.logins")  # what happened; other staged tables are snapshots

OBSERVATION = ("activity_date", "account_id", "signal", "entity", "events", "first_seen_at", "last_seen_at")


def observation(
    facts: DataFrame,
    signal: str,
    entity: Column,
    seen_at: Column,
    events: Column | None = None,
) -> DataFrame:
    """Observations of one signal: how often, first and last, an account met an entity on a day.

    `facts` has one row per fact with `account_id`; rows whose `entity` is null say nothing and are left out.
    `seen_at` is the UTC time of the fact and gives `activity_date`; `events` counts 1 per fact unless told.
    """
    named = facts.select(
        F.col("account_id"),
        entity.cast("string").alias("entity"),
        seen_at.alias("seen_at"),
        (F.lit(1) if events is None else events).cast("long").alias("events"),
    )
    return (
        named.where(F.col("entity").isNotNull() & F.col("seen_at").isNotNull())
        .withColumn("activity_date", F.to_date("seen_at"))
        .groupBy("activity_date", "account_id", "entity")
        .agg(
            F.sum("events").alias("events"),
            F.min("seen_at").alias("first_seen_at"),
            F.max("seen_at").alias("last_seen_at"),
        )
        .withColumn("signal", F.lit(signal))
        .select(*OBSERVATION)
    )


def bits_of(microbits: str) -> Column:
    """Bits as a decimal fraction from a column of whole millionths of a bit."""
    return F.round(F.col(microbits) / F.lit(1e6), 6)

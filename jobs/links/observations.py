"""One row per account, signal and entity of the trailing window: what the account met, how often, from when to when.

Signals of facts are read for the whole window; signals of snapshots only tonight, because a snapshot is full every day.
Accounts without a request in the window are left out: they cannot extract anything, and as bystanders they would
make every shared thing look rarer than it is among accounts that work.
"""

from __future__ import annotations

import functools
from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import signals
from jobs.columns import WINDOW

INPUTS = {**signals.observed(), "signals.account_days": WINDOW}


def transform(night: date, account_days: DataFrame, **observed: DataFrame) -> DataFrame:
    """Columns account_id, signal, entity, events, days, first_seen_at, last_seen_at."""
    active = account_days.where(F.col("requests") > 0).select("account_id").distinct()
    met = functools.reduce(DataFrame.unionByName, [observed[name] for name in sorted(observed)])
    daily = met.groupBy("activity_date", "account_id", "signal", "entity").agg(
        F.sum("events").alias("events"),
        F.min("first_seen_at").alias("first_seen_at"),
        F.max("last_seen_at").alias("last_seen_at"),
    )
    return (
        daily.groupBy("account_id", "signal", "entity")
        .agg(
            F.sum("events").alias("events"),
            F.count("*").alias("days"),
            F.min("first_seen_at").alias("first_seen_at"),
            F.max("last_seen_at").alias("last_seen_at"),
        )
        .join(active, on="account_id", how="left_semi")
        .select("account_id", "signal", "entity", "events", "days", "first_seen_at", "last_seen_at")
    )

"""One row per activity date, account and newly released model it moved to at once (signal `release_pivot`).

A published campaign moved nearly half its traffic to a new model within 24 hours of its release (Anthropic,
2026-02-23). Everybody tries a new model, so an account counts only where its share on the model is at least
MIN_SHARE and at least LIFT times the population's share of the same day, among requests sent within 48 hours of the
release. An entity is the model and the date of its release.
"""

from __future__ import annotations

from datetime import date, timedelta

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import LATE_DAYS, NIGHT, OBSERVATION
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.api_requests": NIGHT, "staged.model_releases": NIGHT}

RELEASE_PIVOT = Signal("release_pivot", family="pivot", of_software=True)
SIGNALS = (RELEASE_PIVOT,)

PIVOT_HOURS = 48
MIN_REQUESTS = 10  # with fewer, a share is noise
MIN_SHARE = 0.4
LIFT = 2  # the account's share against the population's


def transform(night: date, api_requests: DataFrame, model_releases: DataFrame) -> DataFrame:
    """Observations; `events` counts the account's requests to the new model."""
    oldest = night - timedelta(days=LATE_DAYS + PIVOT_HOURS // 24)
    releases = model_releases.where(F.to_date("released_at").between(F.lit(oldest), F.lit(night)))
    age_micros = F.unix_micros("requested_at") - F.unix_micros("released_at")
    is_moved = F.col("request_model") == F.col("model")
    moved_at = F.when(is_moved, F.col("requested_at"))
    release = ("model", "released_at", "activity_date")
    shifts = (
        api_requests.select("activity_date", "account_id", "requested_at", "request_model")
        .crossJoin(releases.select("model", "released_at"))
        .where((age_micros >= 0) & (age_micros < PIVOT_HOURS * 3_600 * 1_000_000))
        .groupBy(*release, "account_id")
        .agg(
            F.count("*").alias("requests"),
            F.count(moved_at).alias("events"),
            F.min(moved_at).alias("first_seen_at"),
            F.max(moved_at).alias("last_seen_at"),
        )
    )
    everyone = shifts.groupBy(*release).agg(F.sum("requests").alias("all_requests"), F.sum("events").alias("all_moved"))
    pivots = (F.col("events") >= F.col("requests") * MIN_SHARE) & (
        F.col("events") * F.col("all_requests") >= F.col("all_moved") * F.col("requests") * LIFT
    )
    released_on = F.to_date("released_at").cast("string")
    return (
        shifts.join(everyone, on=list(release), how="inner")
        .where((F.col("requests") >= MIN_REQUESTS) & pivots)
        .withColumn("signal", F.lit(RELEASE_PIVOT.name))
        .withColumn("entity", F.concat_ws("|", "model", released_on))
        .select(*OBSERVATION)
    )

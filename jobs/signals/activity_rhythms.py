"""One row per activity date, account and shape of its day (signal `activity_rhythm`).

Accounts run by one scheduler keep the same hours. The shape is the first and last active hour (UTC), the number of
active hours in steps of four and, where at least 60 % of the requests fall into one or two of the hour's twelve
five-minute slots, those slots: `h07-22:n12:m00,m30`. Days with fewer than eight active hours say too little. Weak
evidence: office hours of one time zone look alike, and the commonness of a shape tells so.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.columns import NIGHT, OBSERVATION
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.api_requests": NIGHT}

ACTIVITY_RHYTHM = Signal("activity_rhythm", family="rhythm", of_software=True)
SIGNALS = (ACTIVITY_RHYTHM,)

MIN_ACTIVE_HOURS = 8  # with fewer, chance makes many days alike
HOURS_STEP = 4
SLOT_MINUTES = 5
CONCENTRATED_SHARE = 0.6  # of a day's requests in the slots that name the minute


def transform(night: date, api_requests: DataFrame) -> DataFrame:
    """Observations; `events` counts the day's requests."""
    slot = (F.minute("requested_at") - F.minute("requested_at") % SLOT_MINUTES).alias("minute")
    moments = api_requests.groupBy("activity_date", "account_id", F.hour("requested_at").alias("hour"), slot).agg(
        F.count("*").alias("requests"),
        F.min("requested_at").alias("first_at"),
        F.max("requested_at").alias("last_at"),
    )
    days = (
        moments.groupBy("activity_date", "account_id")
        .agg(
            F.sum("requests").alias("events"),
            F.min("first_at").alias("first_seen_at"),
            F.max("last_at").alias("last_seen_at"),
            F.expr("bit_count(bit_or(shiftleft(1, hour)))").alias("active_hours"),
        )
        .where(F.col("active_hours") >= MIN_ACTIVE_HOURS)
    )
    hours = F.format_string(
        "h%02d-%02d:n%02d",
        F.hour("first_seen_at"),
        F.hour("last_seen_at"),
        (F.col("active_hours") - F.col("active_hours") % HOURS_STEP).cast("int"),
    )
    return (
        days.join(_busiest_minutes(moments), on=["activity_date", "account_id"], how="inner")
        .withColumn("signal", F.lit(ACTIVITY_RHYTHM.name))
        .withColumn("entity", F.concat_ws(":", hours, _minutes()))
        .select(*OBSERVATION)
    )


def _busiest_minutes(moments: DataFrame) -> DataFrame:
    """Per account-day the two slots of the hour with most requests; the second is null where there is one only."""
    by_requests = Window.partitionBy("activity_date", "account_id").orderBy(F.col("requests").desc(), "minute")
    ranked = (
        moments.groupBy("activity_date", "account_id", "minute")
        .agg(F.sum("requests").alias("requests"))
        .withColumn("place", F.row_number().over(by_requests))
        .where(F.col("place") <= 2)
    )
    first, second = F.col("place") == 1, F.col("place") == 2
    return ranked.groupBy("activity_date", "account_id").agg(
        F.max(F.when(first, F.col("minute"))).alias("minute_1"),
        F.max(F.when(first, F.col("requests"))).alias("requests_1"),
        F.max(F.when(second, F.col("minute"))).alias("minute_2"),
        F.max(F.when(second, F.col("requests"))).alias("requests_2"),
    )


def _minutes() -> Column:
    enough = F.col("events") * F.lit(CONCENTRATED_SHARE)
    low, high = F.least("minute_1", "minute_2"), F.greatest("minute_1", "minute_2")
    return F.when(F.col("requests_1") >= enough, F.format_string("m%02d", "minute_1")).when(
        F.col("requests_1") + F.col("requests_2") >= enough, F.format_string("m%02d,m%02d", low, high)
    )

"""One row per activity date, account and five-minute slot in which it began to fire (signal `shared_burst`).

Accounts driven by one scheduler start their batches together, day after day; strangers do not (SynchroTrap, Cao et
al., CCS 2014; "synchronised traffic" and "coordinated timing" in Anthropic's report of 2026-02-23). A beat is a slot
whose first request follows at least fifteen quiet minutes of the account. Each slot is also told shifted by half its
length, so jitter over a boundary does not part two accounts. An entity is the start of the slot, in UTC;
half-shifted ones start at minutes 2 and 7 past each multiple of ten (and thirty seconds, which the name leaves out).

Left out: slots of the hour in which everybody fires by the clock (scheduled jobs at :00, :15, :30), and an account's
stray single request where it is active in more than a quarter of the day. How many accounts are active in a slot,
and what that is worth, is weighed downstream. An operator who starts every batch at one fixed minute of the hour and
is as big as the population's own scheduled jobs hides among them here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.columns import NIGHT, OBSERVATION
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.api_requests": NIGHT}

SHARED_BURST = Signal("shared_burst", family="synchrony")
SIGNALS = (SHARED_BURST,)

SLOT_SECONDS = 300
DAY_SLOTS = 86_400 // SLOT_SECONDS
HOUR_SLOTS = 3_600 // SLOT_SECONDS
SHIFTS = (0, SLOT_SECONDS // 2)  # seconds by which the slots begin before a multiple of five minutes
QUIET_SECONDS = 900  # longer than pauses within a session, shorter than between batches
RARE_SHARE = 0.25  # of the day's slots: an account active in more makes a slot by itself meaningless
CLOCK_RATIO = 1.5  # accounts in a slot of the hour against the hour's median slot
CLOCK_EXCESS = 3  # accounts more than the median, or a small population's noise would pass for a clock
CLOCK_HOURS_SHARE = 0.5  # of the hours with traffic in which the slot must stand out to be the clock's
CLOCK_HOURS = 4  # and at least so many: a crowd in one hour is a beat, not a clock


def transform(night: date, api_requests: DataFrame, scratch: Callable[[DataFrame], DataFrame]) -> DataFrame:
    """Observations; `events` counts the account's requests in the slot."""
    slots = scratch(_slots(api_requests))
    before = Window.partitionBy("account_id", "shift").orderBy("slot")
    same_day = Window.partitionBy("account_id", "shift", "activity_date")
    quiet = F.unix_seconds("first_seen_at") - F.unix_seconds(F.lag("last_seen_at").over(before))
    begins = F.coalesce(F.col("quiet_seconds") >= QUIET_SECONDS, F.lit(True))
    telling = (F.col("events") >= 2) | (F.col("active_slots") <= DAY_SLOTS * RARE_SHARE)
    return (
        slots.withColumn("quiet_seconds", quiet)
        .withColumn("active_slots", F.count("*").over(same_day))
        .where(begins & telling)
        .join(_clock_slots(slots), on=["shift", "place"], how="left_anti")
        .withColumn("signal", F.lit(SHARED_BURST.name))
        .withColumn("entity", F.date_format(F.timestamp_seconds("slot"), "yyyy-MM-dd'T'HH:mm"))
        .select(*OBSERVATION)
    )


def _slots(api_requests: DataFrame) -> DataFrame:
    """One row per account, shift and slot (its start in seconds since 1970) in which the account was active."""
    seconds = F.unix_seconds("requested_at")
    # Slots of both shifts are made of the same halves: counting these first leaves less to count twice.
    halves = api_requests.groupBy("account_id", (seconds - F.pmod(seconds, F.lit(SHIFTS[1]))).alias("half")).agg(
        F.count("*").alias("events"),
        F.min("requested_at").alias("first_seen_at"),
        F.max("requested_at").alias("last_seen_at"),
    )
    return (
        halves.withColumn("shift", F.explode(F.array(*map(F.lit, SHIFTS))))
        .withColumn("slot", F.col("half") - F.pmod(F.col("half") + F.col("shift"), F.lit(SLOT_SECONDS)))
        .groupBy("account_id", "shift", "slot")
        .agg(
            F.sum("events").alias("events"),
            F.min("first_seen_at").alias("first_seen_at"),
            F.max("last_seen_at").alias("last_seen_at"),
        )
        .withColumn("activity_date", F.to_date("first_seen_at"))
        .withColumn("hour", F.floor(F.pmod("slot", F.lit(86_400)) / 3_600).cast("int"))
        .withColumn("place", F.floor(F.pmod("slot", F.lit(3_600)) / SLOT_SECONDS).cast("int"))
    )


def _clock_slots(slots: DataFrame) -> DataFrame:
    """Shift and place of the slots of the hour in which the population fires by the clock."""
    of_hour, of_shift = Window.partitionBy("shift", "hour"), Window.partitionBy("shift")
    crowds = (
        slots.groupBy("shift", "hour", "place")
        .agg(F.count("*").alias("accounts"))
        .withColumn("crowds", F.collect_list("accounts").over(of_hour))
        .withColumn("hours", F.size(F.collect_set("hour").over(of_shift)))
    )
    idle = F.array_repeat(F.lit(0).cast("long"), F.lit(HOUR_SLOTS) - F.size("crowds"))
    ordered = F.array_sort(F.concat(idle, F.col("crowds")))
    median = (ordered[HOUR_SLOTS // 2 - 1] + ordered[HOUR_SLOTS // 2]) / F.lit(2)
    stands_out = (F.col("accounts") >= F.col("median") * CLOCK_RATIO) & (
        F.col("accounts") - F.col("median") >= CLOCK_EXCESS
    )
    return (
        crowds.withColumn("median", median)
        .where(stands_out)
        .groupBy("shift", "place", "hours")
        .agg(F.count("*").alias("hours_out"))
        .where((F.col("hours_out") >= F.col("hours") * CLOCK_HOURS_SHARE) & (F.col("hours_out") >= CLOCK_HOURS))
        .select("shift", "place")
    )

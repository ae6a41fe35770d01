"""One row per account and anchor entity that had beats tonight: how many of them the account hit, and how many chance allows.

Anybody shares some five-minute slot with somebody. What chance does not do is that the accounts of one anchor
(a template, a network, an issuing batch) crowd into the same slots more than the anchor's own rate in the surrounding
hour and the population's rate in that slot allow. Slots with such a crowd are the anchor's beats. Judged against the
entity's own rate, or benign scheduled traffic would glue strangers together.

Whoever is awake in the hours of the beats hits some. So chance is counted by the hour: of the slots in which the accounts
without the anchor fire in that hour, the share that are beats, for each slot in which the account fires itself.
Source: SynchroTrap (Cao et al., CCS 2014), which compares actions in time, restricted here to a shared anchor.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs import signals
from jobs.columns import NIGHT
from jobs.graph.sharing.chance import log_tail
from jobs.signals.shared_bursts import SHARED_BURST

INPUTS = {"links.observations": NIGHT, "signals.shared_bursts": NIGHT}

ANCHORS = tuple(name for name, signal in signals.declared().items() if signal.keeps_time)
MIN_ACCOUNTS = 5  # fewer cannot be told from coincidence within one day
MAX_SHARE = 0.25  # an anchor of every fourth account is no anchor
MIN_CROWD = 4  # accounts in one slot
NEIGHBOUR_SLOTS = 6  # half an hour either side
SLOT_MINUTES = 5
HOUR_SLOTS = 60 // SLOT_MINUTES
CROWD_LOG_TAIL = -11.5  # ln(1e-5): a day has 288 slots, so one false beat in 350 anchor-days


def transform(
    night: date, observations: DataFrame, shared_bursts: DataFrame, scratch: Callable[[DataFrame], DataFrame]
) -> DataFrame:
    """Columns account_id, signal (`shared_burst`), entity (`signal|entity` of the anchor), hits, expected_microhits.

    An account of the anchor that fired tonight has a row even if it hit nothing, so that later sums are not of lucky days.
    """
    slots = scratch(_slots(shared_bursts))
    of_slot = slots.groupBy("slot").agg(F.count("*").alias("slot_accounts"))
    met = observations.where(F.col("signal").isin(*ANCHORS)).select("account_id", "signal", "entity")
    anchors = scratch(_anchors(met, slots))
    names = anchors.select("signal", "entity", "anchor")
    anchored = scratch(names.join(met, on=["signal", "entity"], how="inner").select("account_id", "anchor"))
    crowds = scratch(
        slots.join(anchored, on="account_id", how="inner").groupBy("anchor", "slot").agg(F.count("*").alias("crowd"))
    )
    beats = scratch(_beats(crowds, of_slot, anchors))
    chances = _chances(crowds, of_slot, beats)
    hit = beats.select("anchor", "slot", F.lit(1).alias("hit"))
    beating = scratch(beats.select("anchor").distinct().join(anchored, on="anchor", how="inner"))
    return (
        slots.join(beating, on="account_id", how="inner")
        .withColumn("hour", _hour())
        .join(hit, on=["anchor", "slot"], how="left")
        .join(chances, on=["anchor", "hour"], how="left")
        .groupBy("account_id", "anchor")
        .agg(
            F.count("hit").alias("hits"),
            F.sum(F.coalesce("microhits", F.lit(0))).cast("long").alias("expected_microhits"),
        )
        .join(names, on="anchor", how="inner")
        .select(
            "account_id",
            F.lit(SHARED_BURST.name).alias("signal"),
            F.concat_ws("|", "signal", "entity").alias("entity"),
            "hits",
            "expected_microhits",
        )
    )


def _slots(shared_bursts: DataFrame) -> DataFrame:
    """Account and slot, counted since 1970, from the slot that names the entity; shifted ones are left out.

    Late rows are of earlier days: what they hit then is no hit of tonight's beats.
    """
    day = F.datediff(F.to_date(F.substring("entity", 1, 10)), F.lit(date(1970, 1, 1)))
    hour, minute = F.substring("entity", 12, 2).cast("int"), F.substring("entity", 15, 2).cast("int")
    return (
        shared_bursts.where(minute % SLOT_MINUTES == 0)
        .select("account_id", (day * 24 + hour).alias("hour"), (minute / SLOT_MINUTES).cast("int").alias("place"))
        .select("account_id", (F.col("hour") * HOUR_SLOTS + F.col("place")).alias("slot"))
        .distinct()
    )


def _hour() -> Column:
    """The hour of a slot, counted since 1970."""
    return F.floor(F.col("slot") / HOUR_SLOTS)


def _anchors(anchored: DataFrame, slots: DataFrame) -> DataFrame:
    """Per anchor of a size that can keep time its number, and in how many slots its accounts fired, counted per account."""
    active = slots.groupBy("account_id").agg(F.count("*").alias("account_slots"))
    population = active.agg(F.count("*").alias("population"))
    return (
        anchored.join(active, on="account_id", how="inner")
        .groupBy("signal", "entity")
        .agg(F.count("*").alias("anchor_accounts"), F.sum("account_slots").alias("anchor_slots"))
        .crossJoin(population)
        .where(F.col("anchor_accounts") >= MIN_ACCOUNTS)
        .where(F.col("anchor_accounts") <= F.col("population") * MAX_SHARE)
        .withColumn("anchor", F.row_number().over(Window.orderBy("signal", "entity")))
    )


def _beats(crowds: DataFrame, of_slot: DataFrame, anchors: DataFrame) -> DataFrame:
    """Per anchor the slots in which more of its accounts fire than its rate around and everybody's there allow."""
    around = Window.partitionBy("anchor").orderBy("slot").rangeBetween(-NEIGHBOUR_SLOTS, NEIGHBOUR_SLOTS)
    close = Window.partitionBy("anchor").orderBy("slot").rangeBetween(-1, 1)
    own_rate = (F.sum("crowd").over(around) - F.sum("crowd").over(close)) / F.lit(2.0 * NEIGHBOUR_SLOTS - 2)
    by_population = F.col("anchor_slots") * F.col("slot_accounts") / F.col("all_slots")
    expected = F.greatest(F.col("own_rate"), by_population, F.lit(0.5))
    return (
        crowds.withColumn("own_rate", own_rate)
        .join(anchors.select("anchor", "anchor_slots"), on="anchor", how="inner")
        .join(of_slot, on="slot", how="inner")
        .crossJoin(of_slot.agg(F.sum("slot_accounts").alias("all_slots")))
        .where((F.col("crowd") >= MIN_CROWD) & (log_tail(F.col("crowd"), expected) <= CROWD_LOG_TAIL))
        .select("anchor", "slot", "crowd", "slot_accounts")
    )


def _chances(crowds: DataFrame, of_slot: DataFrame, beats: DataFrame) -> DataFrame:
    """Per anchor and hour with beats, in millionths, the chance that a slot in which a stranger fires is one of them.

    As the accounts without the anchor spread over the hour, with one more in each of its slots: few say little.
    """
    anchor_hour = crowds.groupBy("anchor", _hour().alias("hour")).agg(F.sum("crowd").alias("anchor_hour"))
    all_hour = of_slot.groupBy(_hour().alias("hour")).agg(F.sum("slot_accounts").alias("all_hour"))
    in_beats: Column = (F.col("others_in_beats") + F.col("beats")) / (
        F.col("all_hour") - F.col("anchor_hour") + F.lit(HOUR_SLOTS)
    )
    return (
        beats.groupBy("anchor", _hour().alias("hour"))
        .agg(F.count("*").alias("beats"), F.sum(F.col("slot_accounts") - F.col("crowd")).alias("others_in_beats"))
        .join(anchor_hour, on=["anchor", "hour"], how="inner")
        .join(all_hour, on="hour", how="inner")
        .select("anchor", "hour", F.round(in_beats * F.lit(1e6)).cast("long").alias("microhits"))
    )

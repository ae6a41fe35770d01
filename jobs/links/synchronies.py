"""One row per account and anchor entity with which it keeps time: it fires together with the accounts that share the anchor.

Anybody shares some five-minute slot with somebody. What chance does not do is that the accounts of one anchor
(a template, a network, an issuing batch) crowd into the same slots more than the anchor's own rate in the surrounding
hour and the population's rate in that slot allow. Slots with such a crowd are the anchor's beats; an account keeps
time when it hits them more often than its own number of slots explains. Judged against the entity's own rate,
or benign scheduled traffic would glue strangers together.
Source: SynchroTrap (Cao et al., CCS 2014), which compares actions in time, restricted here to a shared anchor.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.columns import BEFORE, NIGHT
from jobs.graph.chance import log_tail

INPUTS = {"links.observations": NIGHT, "signals.shared_bursts": NIGHT, "links.synchronies": BEFORE}

ANCHORS = (
    "prompt_template",
    "system_prompt",
    "tool_set",
    "client_fingerprint",
    "egress_network",
    "egress_prefix",
    "card_bin_cluster",
    "email_pattern",
    "signup_burst",
)
MIN_ACCOUNTS = 5  # fewer cannot be told from coincidence within one day
MAX_SHARE = 0.25  # an anchor of every fourth account is no anchor
MIN_CROWD = 4  # accounts in one slot
NEIGHBOUR_SLOTS = 6  # half an hour either side
SLOT_MINUTES = 5
CROWD_LOG_TAIL = -11.5  # ln(1e-5): a day has 288 slots, so one false beat in 350 anchor-days
KEEPS_TIME_LOG_TAIL = -6.9  # ln(1e-3): one account in a thousand by chance
MIN_HITS = 2
FORGET_DAYS = 28


def transform(night: date, observations: DataFrame, shared_bursts: DataFrame, synchronies: DataFrame) -> DataFrame:
    """Columns account_id, signal (`shared_burst`), entity (`signal|entity` of the anchor), beats, days, last_kept_on."""
    slots = _slots(shared_bursts)
    tonight = _keeping_time(observations, slots).withColumn("last_kept_on", F.lit(night).cast("date"))
    before = synchronies.where(F.datediff(F.lit(night).cast("date"), F.col("last_kept_on")) < FORGET_DAYS)
    columns = ("account_id", "signal", "entity", "beats", "days", "last_kept_on")
    return (
        tonight.select(*columns)
        .unionByName(before.select(*columns))
        .groupBy("account_id", "signal", "entity")
        .agg(
            F.sum("beats").alias("beats"),
            F.sum("days").alias("days"),
            F.max("last_kept_on").alias("last_kept_on"),
        )
    )


def _slots(shared_bursts: DataFrame) -> DataFrame:
    """Account, slot number of its day, and the day, from the slot that names the entity."""
    minute = F.substring("entity", 15, 2).cast("int")
    number = ((F.substring("entity", 12, 2).cast("int") * 60 + minute) / SLOT_MINUTES).cast("int")
    return (
        shared_bursts.where(minute % SLOT_MINUTES == 0)
        .select("account_id", F.substring("entity", 1, 10).alias("day"), number.alias("slot"))
        .distinct()
    )


def _keeping_time(observations: DataFrame, slots: DataFrame) -> DataFrame:
    in_slot = slots.groupBy("day", "slot").agg(F.count("*").alias("slot_accounts"))
    in_day = slots.groupBy("day").agg(F.count("*").alias("day_slots"))
    population = slots.select("account_id").distinct().agg(F.count("*").alias("population"))
    active = slots.groupBy("account_id", "day").agg(F.count("*").alias("account_slots"))
    anchored = observations.where(F.col("signal").isin(*ANCHORS)).select("account_id", "signal", "entity")
    anchors = (
        anchored.join(active.select("account_id", "day", "account_slots"), on="account_id", how="inner")
        .groupBy("signal", "entity", "day")
        .agg(F.count("*").alias("anchor_accounts"), F.sum("account_slots").alias("anchor_slots"))
        .crossJoin(population)
        .where(F.col("anchor_accounts") >= MIN_ACCOUNTS)
        .where(F.col("anchor_accounts") <= F.col("population") * MAX_SHARE)
    )
    crowds = (
        anchored.join(slots, on="account_id", how="inner")
        .groupBy("signal", "entity", "day", "slot")
        .agg(F.count("*").alias("crowd"))
    )
    around = (
        Window.partitionBy("signal", "entity", "day").orderBy("slot").rangeBetween(-NEIGHBOUR_SLOTS, NEIGHBOUR_SLOTS)
    )
    close = Window.partitionBy("signal", "entity", "day").orderBy("slot").rangeBetween(-1, 1)
    own_rate = (F.sum("crowd").over(around) - F.sum("crowd").over(close)) / F.lit(2.0 * NEIGHBOUR_SLOTS - 2)
    judged = (
        crowds.withColumn("own_rate", own_rate)
        .join(anchors, on=["signal", "entity", "day"], how="inner")
        .join(in_slot, on=["day", "slot"], how="inner")
        .join(in_day, on="day", how="inner")
        .withColumn("share", F.col("slot_accounts") / F.col("day_slots"))
    )
    expected = F.greatest(F.col("own_rate"), F.col("anchor_slots") * F.col("share"), F.lit(0.5))
    beats = judged.where((F.col("crowd") >= MIN_CROWD) & (log_tail(F.col("crowd"), expected) <= CROWD_LOG_TAIL)).select(
        "signal", "entity", "day", "slot", "slot_accounts", "day_slots"
    )
    chances = beats.groupBy("signal", "entity", "day").agg(
        F.count("*").alias("beat_slots"), (F.sum("slot_accounts") / F.max("day_slots")).alias("beat_share")
    )
    hits = (
        anchored.join(slots, on="account_id", how="inner")
        .join(beats.select("signal", "entity", "day", "slot"), on=["signal", "entity", "day", "slot"], how="inner")
        .groupBy("account_id", "signal", "entity", "day")
        .agg(F.count("*").alias("hits"))
        .join(chances, on=["signal", "entity", "day"], how="inner")
        .join(active, on=["account_id", "day"], how="inner")
    )
    by_chance = F.col("account_slots") * F.col("beat_share")
    kept = hits.where((F.col("hits") >= MIN_HITS) & (log_tail(F.col("hits"), by_chance) <= KEEPS_TIME_LOG_TAIL))
    return (
        kept.groupBy("account_id", F.concat_ws("|", "signal", "entity").alias("entity"))
        .agg(F.sum("hits").alias("beats"), F.count("*").alias("days"))
        .withColumn("signal", F.lit("shared_burst"))
    )

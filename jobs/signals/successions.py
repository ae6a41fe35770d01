"""One row per date, account and ban wave it was lost in or opened right after (signal `succession`).

"A banned account is replaced": proxy networks open new accounts when old ones are closed (Anthropic, 2026-02-23). A
wave is a date on which at least WAVE_ACCOUNTS accounts of one stated country were suspended or banned, and more than the
country's other days explain: among many accounts some are banned every day. To it belong
those accounts and the accounts of that country opened on that date or the two after. Weak evidence by itself:
innocent people sign up on those days too, and the size of the entity says so. The snapshot is full every night, so
every night repeats the same rows; readers take one night.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.graph.chance import log_tail

INPUTS = {"staged.accounts": NIGHT}

WAVE_ACCOUNTS = 3  # one or two bans a day and country are everyday moderation
LEAST_EXPECTED = 0.1  # bans a day: a country with no other ban known tells nothing about its usual days
WAVE_LOG_TAIL = -6.9  # ln(1e-3): one day in three years by chance
REPLACED_WITHIN_DAYS = 3  # the date of the wave and the two after


def transform(night: date, accounts: DataFrame) -> DataFrame:
    """Observations; `events` is 1 for the ban and 1 for the sign-up, seen at the time of either."""
    lost = accounts.where(F.col("status").isin("suspended", "banned") & F.col("status_changed_at").isNotNull()).select(
        "account_id", _wave(F.to_date("status_changed_at")).alias("wave"), F.col("status_changed_at").alias("seen_at")
    )
    waves = _waves(lost)
    earlier = [_wave(F.date_sub(F.to_date("created_at"), days)) for days in range(REPLACED_WITHIN_DAYS)]
    opened = accounts.select(
        "account_id", F.explode(F.array(*earlier)).alias("wave"), F.col("created_at").alias("seen_at")
    )
    met = lost.unionByName(opened).join(waves, on="wave", how="left_semi")
    return observation(met, "succession", F.col("wave"), F.col("seen_at"))


def _waves(lost: DataFrame) -> DataFrame:
    """Dates and countries with more bans than the mean of the country's other days, from its first ban to its last."""
    of_country = Window.partitionBy(F.substring_index("wave", ":", -1))
    days = F.datediff(F.max("day").over(of_country), F.min("day").over(of_country))
    others = (F.sum("lost_accounts").over(of_country) - F.col("lost_accounts")) / F.greatest(days, F.lit(1))
    expected = F.greatest(others, F.lit(LEAST_EXPECTED))
    counted = lost.groupBy("wave", F.to_date("seen_at").alias("day")).agg(F.count("*").alias("lost_accounts"))
    is_wave = (F.col("lost_accounts") >= WAVE_ACCOUNTS) & (F.col("tail") <= WAVE_LOG_TAIL)
    return counted.withColumn("tail", log_tail(F.col("lost_accounts"), expected)).where(is_wave).select("wave")


def _wave(day: Column) -> Column:
    return F.concat_ws(":", F.lit("ban-day"), day.cast("string"), F.col("country"))

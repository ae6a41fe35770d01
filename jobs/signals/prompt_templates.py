"""One row per activity date, account and band of its prompts' sketches (signal `prompt_template`).

"One template in tens of thousands of variants across hundreds of accounts" is a published mark; variants of one template
share bands of their sketches. An entity is the band's number and its values (see `jobs.graph.sharing.bands`).

Most bands are met once and never again, so a night keeps a band of an account-day only where it repeats within the
account-day or another account met it the same night. An account that sends one variant a day is seen on the days its
partners send theirs. On a simulated night of 103,639 requests that leaves 8,609 rows of 3,434 account-days, out of
500,000 bands.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.columns import NIGHT, OBSERVATION
from jobs.graph.sharing.bands import bands
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.api_requests": NIGHT}

PROMPT_TEMPLATE = Signal(
    "prompt_template", family="content", keeps_time=True, of_software=True, is_mark=True, habit="template"
)
SIGNALS = (PROMPT_TEMPLATE,)


def transform(night: date, api_requests: DataFrame) -> DataFrame:
    """Observations; `events` counts requests whose sketch has the band."""
    found = (
        api_requests.where(F.col("prompt_sketch").isNotNull())
        .select("activity_date", "account_id", "requested_at", F.explode(bands("prompt_sketch")).alias("entity"))
        .withColumn("band_hash", F.xxhash64("entity"))
    )
    # Nine bands of ten are met once: counting them by a number first keeps the rest of the work small.
    met_again = found.groupBy("band_hash").agg(F.count("*").alias("requests")).where(F.col("requests") >= 2)
    met = (
        found.join(met_again.select("band_hash"), on="band_hash", how="left_semi")
        .groupBy("activity_date", "account_id", "entity")
        .agg(
            F.count("*").alias("events"),
            F.min("requested_at").alias("first_seen_at"),
            F.max("requested_at").alias("last_seen_at"),
        )
    )
    of_entity = Window.partitionBy("entity")
    is_shared = F.min("account_id").over(of_entity) < F.max("account_id").over(of_entity)
    return (
        met.withColumn("is_shared", is_shared)
        .where((F.col("events") >= 2) | F.col("is_shared"))
        .withColumn("signal", F.lit(PROMPT_TEMPLATE.name))
        .select(*OBSERVATION)
    )

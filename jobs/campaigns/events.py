"""One row per event in the life of a campaign tonight: those of its identity, and falling asleep, waking and retiring.

To what `campaigns.lineage` says come the nights on which a campaign's status changes. One that merges into another is
told by that alone, not as retired.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT
from jobs.vocabulary import ASLEEP, Event

INPUTS = {"campaigns.lineage": NIGHT, "campaigns.registry": NIGHT}

COLUMNS = ("campaign_id", "event", "other_campaign_id", "overlap")


def transform(night: date, lineage: DataFrame, registry: DataFrame) -> DataFrame:
    """Columns of COLUMNS; an event without a second campaign names the campaign itself."""
    status, before = F.col("status"), F.col("status_before")
    falls = status.isin(*ASLEEP) & (status != before)
    wakes = ~status.isin(*ASLEEP) & before.isin(*ASLEEP)
    turned = registry.where(F.col("merged_into").isNull()).select(
        "campaign_id",
        F.when(falls, status).when(wakes, F.lit(str(Event.REVIVED))).alias("event"),
        F.col("campaign_id").alias("other_campaign_id"),
        F.lit(0.0).alias("overlap"),
    )
    return lineage.select(*COLUMNS).unionByName(turned.where(F.col("event").isNotNull()))

"""One row per night and event in the life of a campaign."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT

INPUTS = {"campaigns.events": NIGHT}


def transform(night: date, events: DataFrame) -> DataFrame:
    """Columns as in the contract; an event without a second campaign names the campaign itself."""
    return events.select(
        F.lit(night).cast("date").alias("as_of_date"), "campaign_id", "event", "other_campaign_id", "overlap"
    )

"""One row per night, campaign, actor and level of attribution."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT

INPUTS = {"campaigns.attributions": NIGHT}


def transform(night: date, attributions: DataFrame) -> DataFrame:
    """Columns as in the contract."""
    return attributions.select(
        F.lit(night).cast("date").alias("as_of_date"),
        "campaign_id",
        "actor",
        "level",
        "likelihood",
        "analytic_confidence",
        "supporting",
        "contradicting",
        "basis",
    )

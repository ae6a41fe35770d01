"""One row per night, campaign and metric: its rank among all known campaigns."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT

INPUTS = {"campaigns.rankings": NIGHT}


def transform(night: date, rankings: DataFrame) -> DataFrame:
    """Columns as in the contract."""
    return rankings.select(
        F.lit(night).cast("date").alias("as_of_date"),
        "campaign_id",
        "metric",
        "value_low",
        "value_high",
        "rank_low",
        "rank_high",
        "is_largest_known",
        "compared_with",
        "statement",
        "rival_id",
        "rival_name",
        "rival_provider",
        "rival_source",
        "rival_source_grade",
    )

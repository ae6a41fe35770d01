"""One row per night, campaign, activity date, model and task label."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT

INPUTS = {"campaigns.daily": NIGHT}


def transform(night: date, daily: DataFrame) -> DataFrame:
    """Columns as in the contract."""
    return daily.select(
        F.lit(night).cast("date").alias("as_of_date"),
        "campaign_id",
        "activity_date",
        "model",
        "task_label",
        "accounts",
        "exchanges",
        "input_tokens",
        "output_tokens",
    )

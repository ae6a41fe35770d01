"""One row per night, campaign and account that belongs to it on that night."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, bits_of

INPUTS = {"campaigns.members": NIGHT}


def transform(night: date, members: DataFrame) -> DataFrame:
    """Columns as in the contract; members of campaigns that nothing continued tonight are not repeated."""
    return members.where(F.col("is_current")).select(
        F.lit(night).cast("date").alias("as_of_date"),
        "campaign_id",
        "account_id",
        "membership",
        bits_of("microbits").alias("bits"),
        "role",
        F.col("first_activity_date").alias("first_activity"),
        F.col("last_activity_date").alias("last_activity"),
        "exchanges",
        "exchanges_attributed",
        "joined_on",
    )

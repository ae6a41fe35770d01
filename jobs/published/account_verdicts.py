"""One row per night and account."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT

INPUTS = {"campaigns.verdicts": NIGHT}


def transform(night: date, verdicts: DataFrame) -> DataFrame:
    """Columns as in the contract."""
    return verdicts.select(
        F.lit(night).cast("date").alias("as_of_date"),
        "account_id",
        "campaign_id",
        "membership",
        "likelihood",
        "verdict",
        "reasons",
    )

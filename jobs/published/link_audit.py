"""One row per night and entity that was kept from linking accounts, with the reason."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT

INPUTS = {"campaigns.link_audit": NIGHT}


def transform(night: date, link_audit: DataFrame) -> DataFrame:
    """Columns as in the contract."""
    return link_audit.select(
        F.lit(night).cast("date").alias("as_of_date"), "signal", "entity", "accounts", "reason", "links_dropped"
    )

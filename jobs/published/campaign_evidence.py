"""One row per night, campaign and piece of evidence, in bits."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, bits_of

INPUTS = {"campaigns.evidence": NIGHT}


def transform(night: date, evidence: DataFrame) -> DataFrame:
    """Columns as in the contract."""
    return evidence.select(
        F.lit(night).cast("date").alias("as_of_date"),
        "campaign_id",
        "evidence_id",
        "subject_kind",
        "subject_id",
        "signal",
        "entity",
        "family",
        "accounts_sharing",
        bits_of("microbits").alias("bits"),
        "line",
        "explanation",
        "source",
        "first_seen_at",
        "last_seen_at",
    )

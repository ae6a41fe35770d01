"""One row per night and campaign: what is known of it on that night."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, bits_of

INPUTS = {"campaigns.registry": NIGHT}


def transform(night: date, registry: DataFrame) -> DataFrame:
    """Columns as in the contract."""
    return registry.select(
        F.lit(night).cast("date").alias("as_of_date"),
        "campaign_id",
        "name",
        "status",
        "verdict",
        "likelihood",
        "likelihood_words",
        "analytic_confidence",
        "hypothesis",
        bits_of("prior_microbits").alias("prior_bits"),
        bits_of("coordination_microbits").alias("coordination_bits"),
        bits_of("concealment_microbits").alias("concealment_bits"),
        bits_of("purpose_microbits").alias("purpose_bits"),
        bits_of("posterior_microbits").alias("posterior_bits"),
        F.col("first_activity_date").alias("first_activity"),
        F.col("last_activity_date").alias("last_activity"),
        "active_days",
        F.col("born_on").alias("first_published_on"),
        "accounts",
        "exchanges",
        "exchanges_low",
        "exchanges_high",
        "input_tokens",
        "output_tokens",
        "billed_cost",
        "billing_currency",
        "billed_in_other_currencies",
        "top_models",
        "top_tasks",
        "peak_daily_exchanges",
        "cumulative_exchanges",
    )

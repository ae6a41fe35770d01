"""One row per campaign, activity date, model and task label: what its operated accounts did within the window."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, WINDOW

INPUTS = {"campaigns.members": NIGHT, "signals.account_usage": WINDOW}


def transform(night: date, members: DataFrame, account_usage: DataFrame) -> DataFrame:
    """Columns campaign_id, activity_date, model, task_label, accounts, exchanges, input_tokens, output_tokens."""
    operated = members.where(F.col("role") == "operated").select("campaign_id", "account_id")
    per_account = (
        operated.join(account_usage, on="account_id", how="inner")
        .groupBy("campaign_id", "activity_date", F.col("request_model").alias("model"), "task_label", "account_id")
        .agg(
            F.sum("exchanges").alias("exchanges"),
            F.sum("input_tokens").alias("input_tokens"),
            F.sum("output_tokens").alias("output_tokens"),
        )
    )
    return (
        per_account.where(F.col("exchanges") > 0)
        .groupBy("campaign_id", "activity_date", "model", "task_label")
        .agg(
            F.count("*").alias("accounts"),
            F.sum("exchanges").alias("exchanges"),
            F.sum("input_tokens").alias("input_tokens"),
            F.sum("output_tokens").alias("output_tokens"),
        )
    )

"""One row per activity date, account, model and task: how many requests, exchanges and tokens.

An exchange is a request that was answered; a refused or failed one extracts nothing.

The grain from which a campaign's volume by model and task is added up. Requests that the upstream classifier did not
label have the task `unlabelled`, the contract's own value: a key column cannot be null.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT

INPUTS = {"staged.api_requests": NIGHT}

UNLABELLED = "unlabelled"


def transform(night: date, api_requests: DataFrame) -> DataFrame:
    """Columns activity_date, account_id, request_model, task_label, requests, exchanges and tokens."""
    task = F.coalesce("task_label", F.lit(UNLABELLED)).alias("task_label")
    return api_requests.groupBy("activity_date", "account_id", "request_model", task).agg(
        F.count("*").alias("requests"),
        F.count_if(F.col("status_code") < 400).alias("exchanges"),
        F.sum("input_tokens").alias("input_tokens"),
        F.sum("output_tokens").alias("output_tokens"),
    )

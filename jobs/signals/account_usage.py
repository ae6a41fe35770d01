"""One row per activity date, account, model and task: how many requests, exchanges and tokens.

The grain from which a campaign's volume by model and task is added up. An exchange is a request that was answered; a
refused or failed one extracts nothing. `templated_exchanges` are those whose prompt has a band in common with a prompt
that another account sent the same night (see `jobs.graph.sharing.bands`). Requests that the upstream classifier did not label have
the task `unlabelled`, the contract's own value: a key column cannot be null.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT
from jobs.graph.sharing.bands import bands

INPUTS = {"staged.api_requests": NIGHT}

UNLABELLED = "unlabelled"


def transform(night: date, api_requests: DataFrame) -> DataFrame:
    """Columns activity_date, account_id, request_model, task_label, requests, exchanges, templated_exchanges and tokens."""
    is_exchange = F.col("status_code") < 400
    task = F.coalesce("task_label", F.lit(UNLABELLED)).alias("task_label")
    return (
        api_requests.join(_templated(api_requests), on="request_id", how="left")
        .groupBy("activity_date", "account_id", "request_model", task)
        .agg(
            F.count("*").alias("requests"),
            F.count_if(is_exchange).alias("exchanges"),
            F.count_if(is_exchange & F.col("is_templated")).alias("templated_exchanges"),
            F.sum("input_tokens").alias("input_tokens"),
            F.sum("output_tokens").alias("output_tokens"),
        )
    )


def _templated(api_requests: DataFrame) -> DataFrame:
    """The requests that share a band with another account's: `request_id`, `is_templated` (true)."""
    sketched = api_requests.where(F.col("prompt_sketch").isNotNull())
    found = sketched.select("request_id", "account_id", F.explode(bands("prompt_sketch")).alias("band")).select(
        "request_id", "account_id", F.xxhash64("band").alias("band")
    )
    shared = (
        found.groupBy("band")
        .agg(F.min("account_id").alias("first"), F.max("account_id").alias("last"))
        .where(F.col("first") < F.col("last"))
        .select("band")
    )
    return (
        found.join(shared, on="band", how="left_semi")
        .select("request_id")
        .distinct()
        .withColumn("is_templated", F.lit(True))
    )

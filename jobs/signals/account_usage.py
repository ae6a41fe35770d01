"""One row per activity date, account, model and task: how many requests, exchanges and tokens.

The grain from which a campaign's volume by model and task is added up. An exchange is a request that was answered; a
refused or failed one extracts nothing. `templated_exchanges` are those whose prompt has a band in common with a prompt
that another account sent the same night (see `jobs.graph.sharing.bands`). Requests that the upstream classifier did not label have
the task `unlabelled`, the contract's own value: a key column cannot be null.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT
from jobs.graph.sharing.bands import BANDS, band

INPUTS = {"staged.api_requests": NIGHT, "signals.prompt_templates": NIGHT}

UNLABELLED = "unlabelled"


def transform(
    night: date, api_requests: DataFrame, prompt_templates: DataFrame, scratch: Callable[[DataFrame], DataFrame]
) -> DataFrame:
    """Columns activity_date, account_id, request_model, task_label, requests, exchanges, templated_exchanges and tokens."""
    rows = api_requests.select(
        "activity_date",
        "account_id",
        "request_model",
        F.coalesce("task_label", F.lit(UNLABELLED)).alias("task_label"),
        (F.col("status_code") < 400).alias("is_exchange"),
        "input_tokens",
        "output_tokens",
        F.coalesce("reasoning_output_tokens", F.lit(0)).cast("long").alias("reasoning_output_tokens"),
        *[_hashed(band("prompt_sketch", number)).alias(f"band_{number}") for number in range(BANDS)],
    )
    shared = scratch(_shared(prompt_templates))
    marked = rows
    for number in range(BANDS):
        name = f"band_{number}"
        mine = shared.select(F.col("band").alias(name), F.lit(True).alias(f"shares_{number}"))
        marked = mine.join(marked, on=name, how="right")  # the few on the left: engines hold that side
    is_templated = F.coalesce(*[f"shares_{number}" for number in range(BANDS)])
    return marked.groupBy("activity_date", "account_id", "request_model", "task_label").agg(
        F.count("*").alias("requests"),
        F.count_if("is_exchange").alias("exchanges"),
        F.count_if(F.col("is_exchange") & is_templated).alias("templated_exchanges"),
        F.sum("input_tokens").alias("input_tokens"),
        F.sum("output_tokens").alias("output_tokens"),
        F.sum("reasoning_output_tokens").alias("reasoning_output_tokens"),
    )


def _hashed(text: Column) -> Column:
    """64 bits of a text, which are sorted and joined at a fraction of its cost; null for none, where the engine's is not."""
    return F.when(text.isNotNull(), F.xxhash64(text))


def _shared(prompt_templates: DataFrame) -> DataFrame:
    """The bands of which two accounts sent prompts; of such a band the signal has a row for each account."""
    return (
        prompt_templates.groupBy(_hashed(F.col("entity")).alias("band"))
        .agg(F.min("account_id").alias("first"), F.max("account_id").alias("last"))
        .where(F.col("first") < F.col("last"))
        .select("band")
    )

"""One row per activity date and account: how much it did, when, from where and with what.

Everything is a whole number, so days add up exactly; shares and rates are formed by the reader. A late delivery
makes a second row of the same day under a later night, with the late requests only: sums over nights stay right,
while numbers of different things (`addresses`, `active_hours`) then count what both rows have twice.
"""

from __future__ import annotations

import functools
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT
from jobs.graph.sharing.bands import WIDTH

INPUTS = {"staged.api_requests": NIGHT}

ELICITS = 0.5  # elicitation score from which a request counts as asking for reasoning
SLOT_SECONDS = 300
DAY = ("activity_date", "account_id")
DIFFERENT = {  # column of the result: column whose different values it counts
    "models": "request_model",
    "tasks": "task_label",
    "addresses": "client_address",
    "prefixes": "client_prefix",
    "networks": "client_network",
    "api_keys": "api_key_id",
    "system_prompts": "system_prompt_hash",
    "active_slots": "slot",
}


def transform(night: date, api_requests: DataFrame) -> DataFrame:
    """Columns activity_date, account_id, sums, numbers of different things, first and last request, top country."""
    slot = F.floor(F.unix_seconds("requested_at") / F.lit(SLOT_SECONDS))
    band = F.substring("prompt_sketch", 1, WIDTH)
    requests = api_requests.withColumn("slot", slot).withColumn("band", band)
    days = requests.groupBy(*DAY).agg(
        *[total.alias(name) for name, total in _sums().items()],
        F.expr("cast(bit_count(bit_or(shiftleft(1, hour(requested_at)))) as bigint)").alias("active_hours"),
        F.min("requested_at").alias("first_request_at"),
        F.max("requested_at").alias("last_request_at"),
    )
    top_template = _counts(requests, "band").groupBy(*DAY).agg(F.max("requests").alias("top_template_requests"))
    zero = F.lit(0).cast("long")
    repeated = F.when(F.col("top_template_requests") >= 2, F.col("top_template_requests")).otherwise(zero)
    different = {name: F.coalesce(F.col(name), zero) for name in DIFFERENT}
    return (
        days.join(_different(requests), on=list(DAY), how="left")
        .join(top_template, on=list(DAY), how="left")
        .join(_top_country(requests), on=list(DAY), how="left")
        .withColumns({**different, "top_template_requests": repeated})
    )


def _sums() -> dict[str, Column]:
    score, kind = F.col("elicitation_score"), F.col("client_network_kind")
    micros = F.floor(score * F.lit(1e6) + F.lit(0.5)).cast("long")  # floor, not round: engines agree on it
    zero = F.lit(0).cast("long")
    return {
        "requests": F.count("*"),
        "errors": F.count_if(F.col("status_code") >= 400),
        "input_tokens": F.sum("input_tokens"),
        "output_tokens": F.sum("output_tokens"),
        "reasoning_output_tokens": F.coalesce(F.sum("reasoning_output_tokens"), zero),
        "stream_requests": F.count_if(F.col("stream")),
        "tool_requests": F.count_if(F.col("tools_hash").isNotNull() | (F.col("operation") == "execute_tool")),
        "chat_requests": F.count_if(F.col("access_path") == "chat"),
        "sketched_requests": F.count("prompt_sketch"),
        "scored_requests": F.count("elicitation_score"),
        "elicitation_requests": F.count_if(score >= ELICITS),
        "elicitation_sum_micros": F.coalesce(F.sum(micros), zero),
        "hosting_requests": F.count_if(kind == "hosting"),
        "proxy_requests": F.count_if(kind.isin("proxy", "vpn")),
        "education_requests": F.count_if(kind == "education"),
    }


def _counts(requests: DataFrame, column: str) -> DataFrame:
    """Requests per account-day and value of a column, where there is one."""
    return requests.where(F.col(column).isNotNull()).groupBy(*DAY, column).agg(F.count("*").alias("requests"))


def _different(requests: DataFrame) -> DataFrame:
    """Numbers of different values: one narrow count each, because several count(distinct) in one query are slow."""
    parts = [
        _counts(requests, column).groupBy(*DAY).agg(F.count("*").alias("number")).withColumn("of", F.lit(name))
        for name, column in DIFFERENT.items()
    ]
    stacked = functools.reduce(DataFrame.unionByName, parts)
    return stacked.groupBy(*DAY).agg(
        *[F.max(F.when(F.col("of") == name, F.col("number"))).alias(name) for name in DIFFERENT]
    )


def _top_country(requests: DataFrame) -> DataFrame:
    """Per account-day the country of most requests, the first by name of equals."""
    most_first = F.struct((-F.col("requests")).alias("minus_requests"), F.col("client_country"))
    top = _counts(requests, "client_country").groupBy(*DAY).agg(F.min(most_first).alias("top"))
    return top.select(*DAY, F.col("top.client_country").alias("top_country"))

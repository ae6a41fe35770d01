"""One row per activity date and account: how much it did, how it asked, and through which kinds of networks.

Everything is a whole number, so days add up exactly; shares and rates are formed by the reader. A late delivery makes a
second row of the same day under a later night, with the late requests only.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT

INPUTS = {"staged.api_requests": NIGHT}


def transform(night: date, api_requests: DataFrame) -> DataFrame:
    """Columns activity_date, account_id, requests, errors and the sums that campaigns are compared by."""
    kind = F.col("client_network_kind")
    # floor, not round: engines agree on it
    micros = F.floor(F.col("elicitation_score") * F.lit(1e6) + F.lit(0.5)).cast("long")
    return api_requests.groupBy("activity_date", "account_id").agg(
        F.count("*").alias("requests"),
        F.count_if(F.col("status_code") >= 400).alias("errors"),
        F.count("prompt_sketch").alias("sketched_requests"),
        F.coalesce(F.sum(micros), F.lit(0).cast("long")).alias("elicitation_sum_micros"),
        F.count_if(kind == "proxy").alias("proxy_requests"),
        F.count_if(kind == "vpn").alias("vpn_requests"),
        F.count_if(kind == "education").alias("education_requests"),
    )

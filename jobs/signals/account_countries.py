"""One row per activity date, account and country that its requests came from, by the address's registered network.

A server's country is not where its user is: programs run where servers are cheap, and that hides nothing.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT

INPUTS = {"staged.api_requests": NIGHT}


def transform(night: date, api_requests: DataFrame) -> DataFrame:
    """Columns activity_date, account_id, client_country, requests; requests from unknown networks and servers are left out."""
    is_server = F.coalesce(F.col("client_network_kind") == "hosting", F.lit(False))
    known = api_requests.where(F.col("client_country").isNotNull() & ~is_server)
    return known.groupBy("activity_date", "account_id", "client_country").agg(F.count("*").alias("requests"))

"""One row per activity date, account and country that its requests came from, by the address's registered network.

A server's country is not where its user is: programs run where servers are cheap, and that hides nothing. Nor is that of an exit
that a registry calls a VPN: it says which button its user pressed. What looks like people's homes abroad is left.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT

INPUTS = {"staged.api_requests": NIGHT}


def transform(night: date, api_requests: DataFrame) -> DataFrame:
    """Columns activity_date, account_id, client_country, requests, but those from unknown networks, servers and VPNs."""
    is_nobodys_place = F.coalesce(F.col("client_network_kind").isin("hosting", "vpn"), F.lit(False))
    known = api_requests.where(F.col("client_country").isNotNull() & ~is_nobodys_place)
    return known.groupBy("activity_date", "account_id", "client_country").agg(F.count("*").alias("requests"))

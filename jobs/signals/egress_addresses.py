"""One row per activity date, account and address its requests came from (signal `egress_address`).

Address correlation is a published mark (Anthropic, 2026-02-23); comScore's device graph (KDD 2017) shows that
co-location links accounts when it is weighed by how popular the address is, which is done downstream.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.api_requests": NIGHT}

EGRESS_ADDRESS = Signal("egress_address", family="network")
SIGNALS = (EGRESS_ADDRESS,)


def transform(night: date, api_requests: DataFrame) -> DataFrame:
    """Observations; `events` counts requests."""
    return observation(api_requests, EGRESS_ADDRESS.name, F.col("client_address"), F.col("requested_at"))

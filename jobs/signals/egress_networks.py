"""One row per activity date, account and network its requests came from.

Operators who give every account its own address still buy the addresses by the block. Signal `egress_prefix` is the
/24 (IPv4) or /48 (IPv6) around the address; `egress_network` is the registered block with the autonomous system that
announces it. A home provider's block is met by thousands and weighs nothing; a small proxy provider's does.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.api_requests": NIGHT}

EGRESS_PREFIX = Signal(
    "egress_prefix", family="network", keeps_time=True, indicators={"ipv4-net": "token", "ipv6-net": "token"}
)
EGRESS_NETWORK = Signal(
    "egress_network", family="network", keeps_time=True, habit="network", indicators={"asn": "tail"}
)
SIGNALS = (EGRESS_PREFIX, EGRESS_NETWORK)


def transform(night: date, api_requests: DataFrame) -> DataFrame:
    """Observations of both signals; `events` counts requests."""
    announced = F.concat(F.lit("AS"), F.col("client_asn").cast("string"))
    network = F.when(F.col("client_network").isNotNull(), F.concat_ws("|", "client_network", announced))
    prefixes = observation(api_requests, EGRESS_PREFIX.name, F.col("client_prefix"), F.col("requested_at"))
    return prefixes.unionByName(observation(api_requests, EGRESS_NETWORK.name, network, F.col("requested_at")))

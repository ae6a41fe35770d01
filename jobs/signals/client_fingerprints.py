"""One row per activity date, account and client software (signal `client_fingerprint`).

A client is the TLS fingerprint (JA4) together with the user agent: either alone is shared by half the world, the
pair tells a private build, or an agent string that does not fit its TLS library, from the common clients. Request
metadata is a published mark (Anthropic, 2026-02-23). Requests that lack one of the two say nothing.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.api_requests": NIGHT}

CLIENT_FINGERPRINT = Signal(
    "client_fingerprint",
    family="software",
    keeps_time=True,
    of_software=True,
    habit="client",
    indicators={"ja4": "head"},
)
SIGNALS = (CLIENT_FINGERPRINT,)


def transform(night: date, api_requests: DataFrame) -> DataFrame:
    """Observations; `events` counts requests."""
    client = F.concat(F.col("tls_ja4"), F.lit("|"), F.col("user_agent"))
    return observation(api_requests, CLIENT_FINGERPRINT.name, client, F.col("requested_at"))

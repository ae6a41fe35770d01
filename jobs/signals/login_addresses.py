"""One row per activity date, account and address it signed in from (signal `login_address`).

Requests go through proxies; the console is often opened without. Address correlation is a published mark (Anthropic,
2026-02-23).
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.logins": NIGHT}

LOGIN_ADDRESS = Signal("login_address", family="network")
SIGNALS = (LOGIN_ADDRESS,)


def transform(night: date, logins: DataFrame) -> DataFrame:
    """Observations; `events` counts sign-ins."""
    return observation(logins, LOGIN_ADDRESS.name, F.col("client_address"), F.col("logged_in_at"))

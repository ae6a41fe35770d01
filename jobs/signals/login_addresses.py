"""One row per activity date, account and address it signed in from (signal `login_address`).

Requests go through proxies; the console is often opened without. Address correlation is a published mark (Anthropic,
2026-02-23).
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation

INPUTS = {"staged.logins": NIGHT}


def transform(night: date, logins: DataFrame) -> DataFrame:
    """Observations; `events` counts sign-ins."""
    return observation(logins, "login_address", F.col("client_address"), F.col("logged_in_at"))

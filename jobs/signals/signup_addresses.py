"""One row per sign-up date, account and address it was opened from (signal `signup_address`).

Accounts made in bulk are often made from few machines before the proxies take over. Carriers' and campuses' shared
addresses are common and weigh little for it. The snapshot is full every night, so every night repeats the same row
under the record's own date; readers take one night.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.accounts": NIGHT}

SIGNUP_ADDRESS = Signal("signup_address", family="network", delivered_as="signup_address")
SIGNALS = (SIGNUP_ADDRESS,)


def transform(night: date, accounts: DataFrame) -> DataFrame:
    """Observations; `events` is 1, first and last seen are the sign-up."""
    return observation(accounts, SIGNUP_ADDRESS.name, F.col("signup_address"), F.col("created_at"))

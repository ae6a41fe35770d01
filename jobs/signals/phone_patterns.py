"""One row per sign-up date, account and block of phone numbers (signal `phone_prefix`).

Numbers rented for verification come in blocks: all digits but the last four are the same. The snapshot is full every
night, so every night repeats the same row under the record's own date; readers take one night.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.accounts": NIGHT}

PHONE_PREFIX = Signal("phone_prefix", family="phone", in_series=True, made_alike=True, delivered_as="phone")
SIGNALS = (PHONE_PREFIX,)


def transform(night: date, accounts: DataFrame) -> DataFrame:
    """Observations; `events` is 1, first and last seen are the sign-up."""
    return observation(accounts, PHONE_PREFIX.name, F.col("phone_prefix"), F.col("created_at"))

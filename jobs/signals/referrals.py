"""One row per sign-up date, account and referral code used (signal `referral`).

Sold accounts are often opened under the seller's own code. A public code is used by many and weighs little. The
snapshot is full every night, so every night repeats the same row under the record's own date; readers take one
night.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.accounts": NIGHT}

REFERRAL = Signal("referral", family="enrolment", made_alike=True, delivered_as="referral_code")
SIGNALS = (REFERRAL,)


def transform(night: date, accounts: DataFrame) -> DataFrame:
    """Observations; `events` is 1, first and last seen are the sign-up."""
    return observation(accounts, REFERRAL.name, F.col("referral_code"), F.col("created_at"))

"""One row per date, account and device it signed up on or signed in from (signal `device`).

One machine that opens or works many accounts is the oldest mark of a single operator. Sign-up and sign-in carry the
same token, so both are one entity. The sign-up row repeats every night under the date of the sign-up (the snapshot
is full), so over several nights the existence of the row counts, not the sum of its `events`.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.accounts": NIGHT, "staged.logins": NIGHT}

DEVICE = Signal("device", family="device", made_alike=True, is_possession=True, delivered_as="signup_device_id")
SIGNALS = (DEVICE,)


def transform(night: date, accounts: DataFrame, logins: DataFrame) -> DataFrame:
    """Observations; `events` counts sign-ins from the device that day, and the sign-up as one."""
    met = accounts.select(
        "account_id", F.col("signup_device_id").alias("device_id"), F.col("created_at").alias("seen_at")
    )
    signed_in = logins.select("account_id", "device_id", F.col("logged_in_at").alias("seen_at"))
    return observation(met.unionByName(signed_in), DEVICE.name, F.col("device_id"), F.col("seen_at"))

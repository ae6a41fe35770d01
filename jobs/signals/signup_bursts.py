"""One row per sign-up date, account and half-hour it was opened in (signal `signup_burst`).

Accounts made in bulk are opened close together. A day is cut into half-hours twice, the second time a quarter of an
hour later, so accounts opened within a quarter of an hour of each other share at least one of the two wherever a
boundary falls. An entity is the cut (`a` or `b`) and the start of the half-hour. The stated country is left out: it
costs an operator nothing to vary. A busy half-hour is a large entity and weighs little; a hackathon looks just like
this. The snapshot is full every night, so every night repeats the same rows under the sign-up's own date; readers
take one night.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.accounts": NIGHT}

SIGNUP_BURST = Signal("signup_burst", family="enrolment", keeps_time=True, made_alike=True)
SIGNALS = (SIGNUP_BURST,)

BURST_SECONDS = 1_800  # sign-up scripts open accounts minutes apart
CUTS = {"a": 0, "b": BURST_SECONDS // 2}  # name of the cut to its delay in seconds


def transform(night: date, accounts: DataFrame) -> DataFrame:
    """Observations; `events` is 1, first and last seen are the sign-up."""
    seconds = F.unix_seconds("created_at")
    halves = [
        F.concat(
            F.lit(f"{name}:"),
            F.date_format(
                F.timestamp_seconds(seconds - F.pmod(seconds - F.lit(delay), F.lit(BURST_SECONDS))),
                "yyyy-MM-dd'T'HH:mm",
            ),
        )
        for name, delay in CUTS.items()
    ]
    opened = accounts.select("account_id", "created_at", F.explode(F.array(*halves)).alias("half_hour"))
    return observation(opened, SIGNUP_BURST.name, F.col("half_hour"), F.col("created_at"))

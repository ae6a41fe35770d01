"""One row per date an instrument was attached, account and payment instrument (signal `payment_instrument`).

Accounts of one operator are paid with few instruments: "shared payment methods" is one of the published marks of
coordinated extraction (Anthropic, 2026-02-23). Removed instruments count too: that it was shared stays true. The
snapshot is full every night, so every night repeats the same row under the record's own date; readers take one
night.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.payment_instruments": NIGHT}

PAYMENT_INSTRUMENT = Signal(
    "payment_instrument", family="payment", made_alike=True, is_possession=True, indicators={"instrument": "token"}
)
SIGNALS = (PAYMENT_INSTRUMENT,)


def transform(night: date, payment_instruments: DataFrame) -> DataFrame:
    """Observations; `events` is 1, first and last seen are when the instrument was attached."""
    return observation(payment_instruments, PAYMENT_INSTRUMENT.name, F.col("instrument_fingerprint"), F.col("added_at"))

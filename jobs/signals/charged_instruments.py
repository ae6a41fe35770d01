"""One row per charged date, account and payment instrument (signal `payment_instrument`).

The instrument that was really charged, which the snapshot of attached instruments forgets once it is gone. Same
signal and same tokens as `signals.payment_instruments`, so the entity is one. A failed charge counts: whoever tried
the card held it.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.signals.payment_instruments import PAYMENT_INSTRUMENT

INPUTS = {"staged.charges": NIGHT}

SIGNALS = (PAYMENT_INSTRUMENT,)


def transform(night: date, charges: DataFrame) -> DataFrame:
    """Observations; `events` counts charge lines, first and last seen are starts of charge periods."""
    charged = charges.withColumnRenamed("billing_account_id", "account_id")
    return observation(
        charged, PAYMENT_INSTRUMENT.name, F.col("x_instrument_fingerprint"), F.col("charge_period_start")
    )

"""One row per date a card was attached, account and issuing batch (signal `card_bin_cluster`).

Virtual and prepaid cards are bought in batches: one issuer range (BIN), country and funding, attached within a week.
One card per account hides the shared instrument, not the batch. An entity is the BIN, the issuer's country and the
funding where known, and the Monday of the ISO week. A popular bank's BIN makes a large entity, which then weighs
little. The snapshot is full every night, so every night repeats the same row under the record's own date; readers
take one night.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.payment_instruments": NIGHT}

CARD_BIN_CLUSTER = Signal(
    "card_bin_cluster",
    family="payment",
    keeps_time=True,
    in_series=True,
    made_alike=True,
    indicators={"card-bin": "head"},
)
SIGNALS = (CARD_BIN_CLUSTER,)


def transform(night: date, payment_instruments: DataFrame) -> DataFrame:
    """Observations; `events` counts the account's cards of the batch, attached on that date."""
    week = F.to_date(F.date_trunc("week", "added_at")).cast("string")
    batch = F.when(F.col("bin").isNotNull(), F.concat_ws("|", "bin", "issuer_country", "funding", week))
    return observation(payment_instruments, CARD_BIN_CLUSTER.name, batch, F.col("added_at"))

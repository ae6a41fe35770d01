"""One row per sign-up date, account and identity document shown (signal `kyc_document`).

One document behind several accounts is one person or one forgery. The time is the sign-up: when the document was
shown is not delivered. The snapshot is full every night, so every night repeats the same row under the record's own
date; readers take one night.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.accounts": NIGHT}

KYC_DOCUMENT = Signal(
    "kyc_document",
    family="document",
    in_series=True,
    made_alike=True,
    is_possession=True,
    delivered_as="kyc_document_hash",
)
SIGNALS = (KYC_DOCUMENT,)


def transform(night: date, accounts: DataFrame) -> DataFrame:
    """Observations; `events` is 1, first and last seen are the sign-up."""
    return observation(accounts, KYC_DOCUMENT.name, F.col("kyc_document_hash"), F.col("created_at"))

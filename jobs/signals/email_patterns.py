"""One row per sign-up date, account and trait of its e-mail address.

Addresses made by a script share a shape (`email_pattern`: runs of letters and digits, with the domain). `email_domain`
is told only outside consumer mail, where owning the domain means something; where that is unknown it is not told. The snapshot is
full every night, so every night repeats the same row under the record's own date; readers take one night.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, observation
from jobs.graph.sharing.signals import Signal

INPUTS = {"staged.accounts": NIGHT}

EMAIL_PATTERN = Signal(
    "email_pattern", family="mail", keeps_time=True, in_series=True, made_alike=True, delivered_as="email"
)
EMAIL_DOMAIN = Signal("email_domain", family="mail", made_alike=True, indicators={"email-domain": "token"})
SIGNALS = (EMAIL_PATTERN, EMAIL_DOMAIN)


def transform(night: date, accounts: DataFrame) -> DataFrame:
    """Observations of the two signals; `events` is 1, first and last seen are the sign-up."""
    own_domain = F.when(~F.col("is_freemail"), F.col("email_domain"))
    patterns = observation(accounts, EMAIL_PATTERN.name, F.col("email_pattern"), F.col("created_at"))
    return patterns.unionByName(observation(accounts, EMAIL_DOMAIN.name, own_domain, F.col("created_at")))

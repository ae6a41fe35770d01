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

INPUTS = {"staged.accounts": NIGHT}


def transform(night: date, accounts: DataFrame) -> DataFrame:
    """Observations of the two signals; `events` is 1, first and last seen are the sign-up."""
    own_domain = F.when(~F.col("is_freemail"), F.col("email_domain"))
    patterns = observation(accounts, "email_pattern", F.col("email_pattern"), F.col("created_at"))
    return patterns.unionByName(observation(accounts, "email_domain", own_domain, F.col("created_at")))

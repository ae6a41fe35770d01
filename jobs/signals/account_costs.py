"""One row per activity date, account and currency: what usage was billed.

The cost is of usage only: credits, taxes and adjustments are not what the traffic was worth. Amounts of different
currencies are never added.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT

INPUTS = {"staged.charges": NIGHT}

NOTHING = "cast(0 as decimal(18,6))"


def transform(night: date, charges: DataFrame) -> DataFrame:
    """Columns activity_date, account_id, billing_currency, billed_cost."""
    usage = F.when(F.col("charge_category") == "Usage", F.col("billed_cost")).otherwise(F.expr(NOTHING))
    return charges.groupBy("activity_date", F.col("billing_account_id").alias("account_id"), "billing_currency").agg(
        F.sum(usage).cast("decimal(18,6)").alias("billed_cost"),
    )

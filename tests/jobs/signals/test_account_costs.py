from __future__ import annotations

from decimal import Decimal

from pyspark.sql import SparkSession

from jobs.signals.account_costs import transform
from tests.jobs.signals.rows import NIGHT, given, rows_of

CHARGED = "billing_account_id charge_period_start charge_category billed_cost billing_currency x_payment_status"


def test_usage_is_added_per_currency(spark: SparkSession) -> None:
    charges = given(
        spark, "charges", CHARGED,
        ("ann", "00:00", "Usage", Decimal("0.100000"), "USD", "paid"),
        ("ann", "00:00", "Usage", Decimal("0.200000"), "USD", "failed"),
        ("ann", "00:00", "Credit", Decimal("-5.000000"), "USD", None),
        ("ann", "00:00", "Tax", Decimal("9.000000"), "USD", "charged_back"),
        ("ann", "00:00", "Usage", Decimal("7.000000"), "EUR", "paid"),
        ("bob", "00:00", "Credit", Decimal("-1.000000"), "USD", None),
    )  # fmt: skip
    rows = rows_of("account_costs", transform(NIGHT, charges))
    columns = ("account_id", "billing_currency", "billed_cost")
    assert [tuple(row[name] for name in columns) for row in rows] == [
        ("ann", "EUR", Decimal("7.000000")),
        ("ann", "USD", Decimal("0.300000")),
        ("bob", "USD", Decimal("0.000000")),
    ]

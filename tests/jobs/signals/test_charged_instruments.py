from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.charged_instruments import transform
from tests.jobs.signals.rows import NIGHT, given, observed, rows_of

CHARGED = "billing_account_id invoice_id charge_period_start x_instrument_fingerprint x_payment_status"


def test_charge_lines_of_a_day_count_and_failed_ones_do_too(spark: SparkSession) -> None:
    charges = given(
        spark, "charges", CHARGED,
        ("ann", "i1", "2026-03-04 00:00", "card-1", "paid"),
        ("ann", "i1", "2026-03-04 12:00", "card-1", "failed"),
        ("ann", "i2", "00:00", "card-1", "paid"),
        ("bob", "i3", "00:00", "card-1", "failed"),
        ("cid", "i4", "00:00", None, "paid"),
    )  # fmt: skip
    assert observed("charged_instruments", transform(NIGHT, charges)) == [
        ("2026-03-04", "ann", "payment_instrument", "card-1", 2),
        ("2026-03-05", "ann", "payment_instrument", "card-1", 1),
        ("2026-03-05", "bob", "payment_instrument", "card-1", 1),
    ]
    first = rows_of("charged_instruments", transform(NIGHT, charges))[0]
    assert (first["first_seen_at"].hour, first["last_seen_at"].hour) == (0, 12)

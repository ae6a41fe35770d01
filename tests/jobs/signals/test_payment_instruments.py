from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.payment_instruments import transform
from tests.jobs.signals.rows import NIGHT, given, observed, rows_of

HELD = "account_id instrument_fingerprint kind added_at removed_at"


def test_a_card_two_accounts_hold_is_one_entity_even_after_one_removed_it(spark: SparkSession) -> None:
    held = given(
        spark, "payment_instruments", HELD,
        ("ann", "card-1", "card", "2026-01-10 09:00", None),
        ("bob", "card-1", "card", "2026-02-11 23:59", "2026-02-20 00:00"),
        ("bob", "card-2", "card", "2026-02-12 00:00", None),
    )  # fmt: skip
    assert observed("payment_instruments", transform(NIGHT, held)) == [
        ("2026-01-10", "ann", "payment_instrument", "card-1", 1),
        ("2026-02-11", "bob", "payment_instrument", "card-1", 1),
        ("2026-02-12", "bob", "payment_instrument", "card-2", 1),
    ]


def test_every_night_repeats_the_same_rows(spark: SparkSession) -> None:
    held = given(spark, "payment_instruments", HELD, ("ann", "card-1", "card", "2026-01-10 09:00", None))
    one = rows_of("payment_instruments", transform(NIGHT, held))
    other = rows_of("payment_instruments", transform(NIGHT.replace(day=6), held))
    assert one == other
    assert len(one) == 1

from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.card_bin_clusters import transform
from tests.jobs.signals.rows import NIGHT, given, observed

CARDS = "account_id instrument_fingerprint bin issuer_country funding added_at"


def entities(spark: SparkSession, *cards: tuple[str, ...]) -> dict[str, str]:
    held = given(spark, "payment_instruments", CARDS, *[(c[0], f"card of {c[0]}", *c[1:]) for c in cards])
    return {account: entity for _, account, _, entity, _ in observed("card_bin_clusters", transform(NIGHT, held))}


def test_a_batch_is_the_issuers_range_country_funding_and_week(spark: SparkSession) -> None:
    found = entities(
        spark,
        ("monday", "411111", "US", "prepaid", "2026-03-02 00:00"),
        ("sunday", "411111", "US", "prepaid", "2026-03-08 23:59"),
        ("next-monday", "411111", "US", "prepaid", "2026-03-09 00:00"),
        ("other-funding", "411111", "US", "credit", "2026-03-03 00:00"),
        ("other-country", "411111", "LT", "prepaid", "2026-03-03 00:00"),
        ("other-bin", "422222", "US", "prepaid", "2026-03-03 00:00"),
    )
    assert found["monday"] == found["sunday"] == "411111|US|prepaid|2026-03-02"
    assert len(set(found.values())) == 5


def test_the_week_does_not_break_at_new_year(spark: SparkSession) -> None:
    found = entities(
        spark,
        ("old-year", "411111", "US", "debit", "2026-12-31 10:00"),
        ("new-year", "411111", "US", "debit", "2027-01-01 10:00"),
    )
    assert set(found.values()) == {"411111|US|debit|2026-12-28"}


def test_what_has_no_bin_is_no_batch_and_a_missing_country_is_not_a_country(spark: SparkSession) -> None:
    found = entities(
        spark,
        ("wallet", None, "US", "unknown", "2026-03-02 10:00"),
        ("card", "411111", None, "debit", "2026-03-02 10:00"),
    )
    assert found == {"card": "411111|debit|2026-03-02"}

from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.signup_addresses import transform
from tests.jobs.signals.rows import NIGHT, given, observed, rows_of


def test_accounts_that_share_it_share_the_entity_and_none_is_no_entity(spark: SparkSession) -> None:
    accounts = given(
        spark, "accounts", "account_id created_at signup_address",
        ("ann", "2026-02-01 08:00", "shared"),
        ("bob", "2026-03-01 23:59:59", "shared"),
        ("cid", "2026-03-02 00:00", "own"),
        ("dan", "2026-03-02 00:00", None),
    )  # fmt: skip
    found = transform(NIGHT, accounts)
    assert observed("signup_addresses", found) == [
        ("2026-02-01", "ann", "signup_address", "shared", 1),
        ("2026-03-01", "bob", "signup_address", "shared", 1),
        ("2026-03-02", "cid", "signup_address", "own", 1),
    ]
    assert all(row["first_seen_at"] == row["last_seen_at"] for row in rows_of("signup_addresses", found))

from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.kyc_documents import transform
from tests.jobs.signals.rows import NIGHT, given, observed, rows_of


def test_accounts_that_share_it_share_the_entity_and_none_is_no_entity(spark: SparkSession) -> None:
    accounts = given(
        spark, "accounts", "account_id created_at kyc_document_hash",
        ("ann", "2026-02-01 08:00", "shared"),
        ("bob", "2026-03-01 23:59:59", "shared"),
        ("cid", "2026-03-02 00:00", "own"),
        ("dan", "2026-03-02 00:00", None),
    )  # fmt: skip
    found = transform(NIGHT, accounts)
    assert observed("kyc_documents", found) == [
        ("2026-02-01", "ann", "kyc_document", "shared", 1),
        ("2026-03-01", "bob", "kyc_document", "shared", 1),
        ("2026-03-02", "cid", "kyc_document", "own", 1),
    ]
    assert all(row["first_seen_at"] == row["last_seen_at"] for row in rows_of("kyc_documents", found))

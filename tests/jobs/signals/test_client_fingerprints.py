from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.client_fingerprints import transform
from tests.jobs.signals.rows import NIGHT, given, observed, rows_of


def test_a_client_is_the_pair_and_half_a_pair_says_nothing(spark: SparkSession) -> None:
    requests = given(
        spark, "api_requests", "account_id requested_at tls_ja4 user_agent",
        ("ann", "10:00", "t13d", "python/3"),
        ("ann", "10:05", "t13d", "python/3"),
        ("ann", "10:06", "t13d", "curl/8"),
        ("bob", "10:00", "t13i", "python/3"),
        ("bob", "10:01", None, "python/3"),
        ("bob", "10:02", "t13d", None),
    )  # fmt: skip
    found = transform(NIGHT, requests)
    assert observed("client_fingerprints", found) == [
        ("2026-03-05", "ann", "client_fingerprint", "t13d|curl/8", 1),
        ("2026-03-05", "ann", "client_fingerprint", "t13d|python/3", 2),
        ("2026-03-05", "bob", "client_fingerprint", "t13i|python/3", 1),
    ]
    assert [row["last_seen_at"].minute for row in rows_of("client_fingerprints", found)] == [6, 5, 0]

from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.egress_addresses import transform
from tests.jobs.signals.rows import NIGHT, given, observed, rows_of


def test_requests_are_counted_by_day_and_address_and_late_ones_keep_their_day(spark: SparkSession) -> None:
    requests = given(
        spark, "api_requests", "account_id requested_at client_address",
        ("ann", "2026-03-03 12:00", "exit"),
        ("ann", "12:00", "exit"),
        ("ann", "08:00", "exit"),
        ("ann", "13:00", "home"),
        ("bob", "12:00", "exit"),
        ("bob", "12:01", None),
    )  # fmt: skip
    found = transform(NIGHT, requests)
    assert observed("egress_addresses", found) == [
        ("2026-03-03", "ann", "egress_address", "exit", 1),
        ("2026-03-05", "ann", "egress_address", "exit", 2),
        ("2026-03-05", "ann", "egress_address", "home", 1),
        ("2026-03-05", "bob", "egress_address", "exit", 1),
    ]
    assert [row["first_seen_at"].hour for row in rows_of("egress_addresses", found)] == [12, 8, 13, 12]

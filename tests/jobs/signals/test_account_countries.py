from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.account_countries import transform
from tests.jobs.signals.rows import NIGHT, given, rows_of


def test_requests_are_counted_by_country_and_unknown_is_no_country(spark: SparkSession) -> None:
    requests = given(
        spark, "api_requests", "account_id requested_at client_country",
        ("ann", "10:00", "US"),
        ("ann", "11:00", "US"),
        ("ann", "12:00", "DE"),
        ("ann", "13:00", None),
        ("bob", "2026-03-04 12:00", "US"),
    )  # fmt: skip
    rows = rows_of("account_countries", transform(NIGHT, requests))
    assert [(str(r["activity_date"]), r["account_id"], r["client_country"], r["requests"]) for r in rows] == [
        ("2026-03-04", "bob", "US", 1),
        ("2026-03-05", "ann", "DE", 1),
        ("2026-03-05", "ann", "US", 2),
    ]


def test_a_server_or_a_vpn_is_no_place_where_its_user_is(spark: SparkSession) -> None:
    requests = given(
        spark, "api_requests", "account_id requested_at client_country client_network_kind",
        ("ann", "10:00", "US", "hosting"),
        ("ann", "11:00", "DE", "isp"),
        ("ann", "11:30", "NL", "vpn"),
        ("bob", "12:00", "DE", None),
    )  # fmt: skip
    rows = rows_of("account_countries", transform(NIGHT, requests))
    assert [(r["account_id"], r["client_country"]) for r in rows] == [("ann", "DE"), ("bob", "DE")]

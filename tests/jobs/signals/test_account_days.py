from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from jobs.signals.account_days import transform
from tests.jobs.signals.rows import NIGHT, given, rows_of


def days(spark: SparkSession, columns: str, *requests: tuple[Any, ...]) -> list[dict[str, Any]]:
    return rows_of("account_days", transform(NIGHT, given(spark, "api_requests", columns, *requests)))


def figures(row: dict[str, Any], names: str) -> list[Any]:
    return [row[name] for name in names.split()]


def test_requests_and_errors_by_account_and_day(spark: SparkSession) -> None:
    found = days(
        spark, "account_id requested_at status_code",
        ("ann", "2026-03-04 23:59:59", 200),
        ("ann", "08:00", 200),
        ("ann", "09:30", 429),
        ("bob", "09:30", 399),
    )  # fmt: skip
    assert [figures(row, "account_id requests errors") for row in found] == [
        ["ann", 1, 0],
        ["ann", 2, 1],
        ["bob", 1, 0],
    ]


def test_kinds_of_networks(spark: SparkSession) -> None:
    kinds = ("hosting", "proxy", "vpn", "education", "isp", None)
    rows = [("ann", f"{n:02d}:00", kind) for n, kind in enumerate(kinds)]
    ann, bob = days(spark, "account_id requested_at client_network_kind", *rows, ("bob", "08:00", None))
    assert figures(ann, "proxy_requests vpn_requests education_requests") == [1, 1, 1]
    assert figures(bob, "proxy_requests vpn_requests education_requests") == [0, 0, 0]


def test_elicitation_in_whole_millionths_and_requests_with_a_sketch(spark: SparkSession) -> None:
    rows = [("ann", f"{hour:02d}:00", score, "ab") for hour, score in enumerate((0.1, 0.2, 0.5, 0.4999999, None))]
    columns = "account_id requested_at elicitation_score prompt_sketch"
    ann, bob = days(spark, columns, *rows, ("bob", "08:00", None, None))
    assert figures(ann, "elicitation_sum_micros sketched_requests") == [1_300_000, 5]
    assert figures(bob, "elicitation_sum_micros sketched_requests") == [0, 0]

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from jobs.signals.account_days import transform
from tests.jobs.signals.rows import NIGHT, given, rows_of

VOLUME = "account_id requested_at status_code input_tokens output_tokens reasoning_output_tokens"


def days(spark: SparkSession, columns: str, *requests: tuple[Any, ...]) -> list[dict[str, Any]]:
    """Requests as given, with no tokens where the columns do not name them."""
    if "input_tokens" not in columns:
        columns, requests = f"{columns} input_tokens output_tokens", tuple((*row, 0, 0) for row in requests)
    return rows_of("account_days", transform(NIGHT, given(spark, "api_requests", columns, *requests)))


def figures(row: dict[str, Any], names: str) -> list[Any]:
    return [row[name] for name in names.split()]


def test_volume_and_errors_by_account_and_day(spark: SparkSession) -> None:
    found = days(
        spark, VOLUME,
        ("ann", "2026-03-04 23:59:59", 200, 1, 2, None),
        ("ann", "08:00", 200, 10, 20, 5),
        ("ann", "09:30", 429, 30, 0, None),
        ("bob", "09:30", 399, 7, 8, 9),
    )  # fmt: skip
    names = "account_id requests errors input_tokens output_tokens reasoning_output_tokens"
    assert [figures(row, names) for row in found] == [
        ["ann", 1, 0, 1, 2, 0],
        ["ann", 2, 1, 40, 20, 5],
        ["bob", 1, 0, 7, 8, 9],
    ]
    assert [row["first_request_at"].hour for row in found] == [23, 8, 9]
    assert [row["last_request_at"].hour for row in found] == [23, 9, 9]


def test_hours_and_five_minute_slots(spark: SparkSession) -> None:
    times = ("00:00", "00:04:59", "00:05", "13:00", "13:59:59", "23:59:59")
    [row] = days(spark, "account_id requested_at", *[("ann", time) for time in times])
    assert figures(row, "active_hours active_slots") == [3, 5]


def test_different_things_are_counted_once_and_missing_ones_not_at_all(spark: SparkSession) -> None:
    columns = (
        "account_id requested_at request_model task_label client_address client_prefix client_network "
        "api_key_id system_prompt_hash"
    )
    ann, bob = days(
        spark, columns,
        ("ann", "08:00", "m1", "coding", "a1", "p1", "n1", "k1", "s1"),
        ("ann", "09:00", "m1", "coding", "a2", "p1", "n1", "k2", None),
        ("ann", "10:00", "m2", None, "a3", "p2", "n1", "k3", "s1"),
        ("bob", "10:00", "m2", None, None, None, None, None, None),
    )  # fmt: skip
    names = "models tasks addresses prefixes networks api_keys system_prompts"
    assert figures(ann, names) == [2, 1, 3, 2, 1, 3, 1]
    assert figures(bob, names) == [1, 0, 0, 0, 0, 0, 0]


def test_kinds_of_networks_and_the_country_of_most_requests(spark: SparkSession) -> None:
    kinds = ("hosting", "proxy", "vpn", "education", "isp", None)
    countries = ("US", "DE", "US", "DE", "FR", None)
    rows = [("ann", f"{n:02d}:00", kind, where) for n, (kind, where) in enumerate(zip(kinds, countries, strict=True))]
    ann, bob = days(
        spark, "account_id requested_at client_network_kind client_country", *rows, ("bob", "08:00", None, None)
    )
    assert figures(ann, "hosting_requests proxy_requests education_requests top_country") == [1, 2, 1, "DE"]
    assert figures(bob, "hosting_requests proxy_requests education_requests top_country") == [0, 0, 0, None]


def test_ways_of_asking(spark: SparkSession) -> None:
    [row] = days(
        spark, "account_id requested_at access_path operation stream tools_hash",
        ("ann", "08:00", "chat", "chat", True, None),
        ("ann", "09:00", "api", "chat", None, "t1"),
        ("ann", "10:00", "api", "execute_tool", False, None),
    )  # fmt: skip
    assert figures(row, "stream_requests tool_requests chat_requests") == [1, 2, 1]


def test_elicitation_in_whole_millionths(spark: SparkSession) -> None:
    scores = (0.1, 0.2, 0.5, 0.4999999, None)
    rows = [("ann", f"{hour:02d}:00", score) for hour, score in enumerate(scores)]
    ann, bob = days(spark, "account_id requested_at elicitation_score", *rows, ("bob", "08:00", None))
    names = "scored_requests elicitation_requests elicitation_sum_micros"
    assert figures(ann, names) == [4, 1, 1_300_000]
    assert figures(bob, names) == [0, 0, 0]


def test_the_most_used_template_counts_only_where_it_repeats(spark: SparkSession) -> None:
    def sketch(band: str, rest: str) -> str:
        return band * 24 + rest * 104

    ann, bob = days(
        spark, "account_id requested_at prompt_sketch",
        ("ann", "08:00", sketch("1", "a")),
        ("ann", "09:00", sketch("1", "b")),
        ("ann", "10:00", sketch("1", "c")),
        ("ann", "11:00", sketch("2", "a")),
        ("ann", "12:00", None),
        ("bob", "08:00", sketch("1", "a")),
    )  # fmt: skip
    assert figures(ann, "sketched_requests top_template_requests") == [4, 3]
    assert figures(bob, "sketched_requests top_template_requests") == [1, 0]

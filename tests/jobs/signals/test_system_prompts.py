from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.system_prompts import transform
from tests.jobs.signals.rows import NIGHT, given, observed, rows_of


def test_instructions_and_tools_are_told_apart(spark: SparkSession) -> None:
    requests = given(
        spark, "api_requests", "account_id requested_at system_prompt_hash tools_hash",
        ("ann", "10:00", "h1", "h1"),
        ("ann", "10:01", "h1", None),
        ("bob", "10:02", None, "h1"),
        ("cid", "10:03", None, None),
    )  # fmt: skip
    found = transform(NIGHT, requests)
    assert observed("system_prompts", found) == [
        ("2026-03-05", "ann", "system_prompt", "h1", 2),
        ("2026-03-05", "ann", "tool_set", "h1", 1),
        ("2026-03-05", "bob", "tool_set", "h1", 1),
    ]
    assert [row["last_seen_at"].minute for row in rows_of("system_prompts", found)] == [1, 0, 2]

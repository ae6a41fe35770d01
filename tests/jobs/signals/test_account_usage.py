from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.account_usage import transform
from tests.jobs.signals.rows import NIGHT, given, rows_of

USED = "account_id requested_at request_model task_label input_tokens output_tokens status_code"


def test_volume_by_model_and_task_where_what_was_not_answered_is_no_exchange(spark: SparkSession) -> None:
    requests = given(
        spark, "api_requests", USED,
        ("ann", "10:00", "m1", "coding", 100, 10, 200),
        ("ann", "11:00", "m1", "coding", 200, 20, 529),
        ("ann", "11:00", "m2", "coding", 1, 1, 200),
        ("ann", "12:00", "m1", None, 5, 0, 200),
        ("bob", "2026-03-04 23:59:59", "m1", "coding", 7, 8, 200),
    )  # fmt: skip
    found = [
        tuple(str(value) for value in row.values()) for row in rows_of("account_usage", transform(NIGHT, requests))
    ]
    assert found == [
        ("2026-03-04", "bob", "m1", "coding", "1", "1", "7", "8"),
        ("2026-03-05", "ann", "m1", "coding", "2", "1", "300", "30"),
        ("2026-03-05", "ann", "m1", "unlabelled", "1", "1", "5", "0"),
        ("2026-03-05", "ann", "m2", "coding", "1", "1", "1", "1"),
    ]

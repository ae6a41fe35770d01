from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.account_usage import transform
from tests.jobs.signals.rows import NIGHT, given, rows_of

USED = "account_id requested_at request_model task_label input_tokens output_tokens"


def test_volume_by_model_and_task_with_unlabelled_as_a_value_of_its_own(spark: SparkSession) -> None:
    requests = given(
        spark, "api_requests", USED,
        ("ann", "10:00", "m1", "coding", 100, 10),
        ("ann", "11:00", "m1", "coding", 200, 20),
        ("ann", "11:00", "m2", "coding", 1, 1),
        ("ann", "12:00", "m1", None, 5, 0),
        ("bob", "2026-03-04 23:59:59", "m1", "coding", 7, 8),
    )  # fmt: skip
    found = [
        tuple(str(value) for value in row.values()) for row in rows_of("account_usage", transform(NIGHT, requests))
    ]
    assert found == [
        ("2026-03-04", "bob", "m1", "coding", "1", "7", "8"),
        ("2026-03-05", "ann", "m1", "coding", "2", "300", "30"),
        ("2026-03-05", "ann", "m1", "unlabelled", "1", "5", "0"),
        ("2026-03-05", "ann", "m2", "coding", "1", "1", "1"),
    ]

from __future__ import annotations

from typing import Any

from pyspark.sql import DataFrame, SparkSession

from jobs.signals import account_usage, prompt_templates
from tests.jobs.signals.rows import NIGHT, given, rows_of
from tests.jobs.signals.test_prompt_templates import TEMPLATE, sketch
from tests.tables import stored

SENT = (
    "request_id account_id requested_at request_model task_label status_code prompt_sketch input_tokens output_tokens"
)
USED = "account_id requested_at request_model task_label input_tokens output_tokens reasoning_output_tokens status_code"


def usage(requests: DataFrame) -> list[dict[str, Any]]:
    """Rows of a night that brought these requests."""
    templates = stored(prompt_templates.transform(NIGHT, requests))
    return rows_of("account_usage", account_usage.transform(NIGHT, requests, templates, stored))


def test_volume_by_model_and_task_where_what_was_not_answered_is_no_exchange(spark: SparkSession) -> None:
    requests = given(
        spark, "api_requests", USED,
        ("ann", "10:00", "m1", "coding", 100, 10, 4, 200),
        ("ann", "11:00", "m1", "coding", 200, 20, 5, 529),
        ("ann", "11:00", "m2", "coding", 1, 1, 0, 200),
        ("ann", "12:00", "m1", None, 5, 0, None, 200),
        ("bob", "2026-03-04 23:59:59", "m1", "coding", 7, 8, 8, 200),
    )  # fmt: skip
    found = [tuple(str(value) for value in row.values()) for row in usage(requests)]
    assert found == [
        ("2026-03-04", "bob", "m1", "coding", "1", "1", "0", "7", "8", "8"),
        ("2026-03-05", "ann", "m1", "coding", "2", "1", "0", "300", "30", "9"),
        ("2026-03-05", "ann", "m1", "unlabelled", "1", "1", "0", "5", "0", "0"),
        ("2026-03-05", "ann", "m2", "coding", "1", "1", "0", "1", "1", "0"),
    ]


def test_an_exchange_is_templated_when_another_account_sent_a_variant_of_its_prompt(spark: SparkSession) -> None:
    variant = TEMPLATE[:3] + [value + 900 for value in TEMPLATE[3:]]
    alone = [value + 5_000 for value in TEMPLATE]
    requests = given(
        spark, "api_requests", SENT,
        ("r1", "ann", "10:00", "m1", "coding", 200, sketch(*TEMPLATE), 1, 1),
        ("r2", "ann", "10:05", "m1", "coding", 500, sketch(*TEMPLATE), 1, 1),
        ("r3", "ann", "10:10", "m1", "coding", 200, sketch(*alone), 1, 1),
        ("r4", "ann", "10:15", "m1", "coding", 200, sketch(*alone), 1, 1),
        ("r5", "ann", "10:20", "m1", "coding", 200, None, 1, 1),
        ("r6", "bob", "11:00", "m1", "coding", 200, sketch(*variant), 1, 1),
    )  # fmt: skip
    found = usage(requests)
    assert [(row["account_id"], row["exchanges"], row["templated_exchanges"]) for row in found] == [
        ("ann", 4, 1),
        ("bob", 1, 1),
    ]

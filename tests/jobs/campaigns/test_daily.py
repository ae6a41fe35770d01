from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from jobs.campaigns.daily import transform
from tests.tables import NIGHT, frame, picked


def used(account: str, task: str, exchanges: int, day: Any = NIGHT) -> dict[str, Any]:
    return {"activity_date": day, "account_id": account, "request_model": "m1", "task_label": task, "requests": exchanges + 1,
            "exchanges": exchanges, "input_tokens": 100, "output_tokens": 10}  # fmt: skip


def test_only_operated_accounts_and_answered_requests_count(spark: SparkSession) -> None:
    members = [("a", "operated"), ("b", "operated"), ("v", "victim"), ("p", "shared_infrastructure")]
    usage = [used(name, "coding", 5) for name, _ in members]
    late, unanswered = used("a", "coding", 2), used("a", "vision", 0)
    found = transform(
        NIGHT,
        frame(spark, "campaigns.members", *[{"campaign_id": "c1", "account_id": a, "role": r} for a, r in members]),
        frame(spark, "signals.account_usage", *usage, late, unanswered),
    )
    columns = "campaign_id activity_date model task_label accounts exchanges input_tokens output_tokens"
    assert picked("campaigns.daily", found, columns) == [("c1", NIGHT, "m1", "coding", 2, 12, 300, 30)]

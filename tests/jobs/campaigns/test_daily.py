from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from jobs.campaigns.daily import transform
from tests.tables import NIGHT, frame, picked


def used(account: str, task: str, exchanges: int, day: Any = NIGHT) -> dict[str, Any]:
    return {"activity_date": day, "account_id": account, "request_model": "m1", "task_label": task, "requests": exchanges + 1,
            "exchanges": exchanges, "input_tokens": 100, "output_tokens": 10}  # fmt: skip


def member(account: str, role: str, exchanges: int = 10, attributed: int = 10) -> dict[str, Any]:
    return {
        "campaign_id": "c1",
        "account_id": account,
        "role": role,
        "exchanges": exchanges,
        "exchanges_attributed": attributed,
    }


def daily(spark: SparkSession, members: list[dict[str, Any]], usage: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    tables = frame(spark, "campaigns.members", *members), frame(spark, "signals.account_usage", *usage)
    columns = "campaign_id activity_date model task_label accounts exchanges input_tokens output_tokens"
    return picked("campaigns.daily", transform(NIGHT, *tables), columns)


def test_only_the_campaigns_accounts_and_answered_requests_count(spark: SparkSession) -> None:
    members = [member("a", "operated"), member("b", "operated"), member("p", "shared_infrastructure")]
    usage = [used(name, "coding", 5) for name in "abp"]
    late, unanswered = used("a", "coding", 2), used("a", "vision", 0)
    assert daily(spark, members, [*usage, late, unanswered]) == [("c1", NIGHT, "m1", "coding", 2, 12, 300, 30)]


def test_the_largest_campaign_does_not_wrap(spark: SparkSession) -> None:
    usage = [used(name, "coding", 5) | {"input_tokens": 8 * 10**12} for name in "ab"]
    ((*_, tokens, _),) = daily(spark, [member("a", "operated"), member("b", "operated")], usage)
    assert tokens == 16 * 10**12


def test_of_each_account_counts_what_its_membership_attributes(spark: SparkSession) -> None:
    members = [member("a", "operated", 10, 8), member("v", "victim", 40, 10), member("w", "victim", 40, 0)]
    usage = [used("a", "coding", 10), used("v", "coding", 40), used("w", "coding", 40), used("w", "vision", 3)]
    assert daily(spark, members, usage) == [("c1", NIGHT, "m1", "coding", 2, 18, 105, 11)]

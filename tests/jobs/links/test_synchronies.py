from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from jobs.links.synchronies import transform
from tests.tables import NIGHT, frame, picked


def days(account: str, *hits_and_expected: tuple[int, float]) -> list[dict[str, Any]]:
    """A row per day on which the account fired: hits of the anchor's beats, and how many chance allows."""
    return [
        {
            "account_id": account,
            "signal": "shared_burst",
            "entity": "prompt_template|t1",
            "hits": hits,
            "expected_microhits": round(expected * 1e6),
        }
        for hits, expected in hits_and_expected
    ]


def keeping(spark: SparkSession, *rows: dict[str, Any]) -> list[tuple[str, int, float, int]]:
    found = transform(NIGHT, frame(spark, "links.beats", *rows))
    return picked("links.synchronies", found, "account_id beats expected_beats days")


def test_few_requests_a_day_keep_time_over_a_week(spark: SparkSession) -> None:
    assert keeping(spark, *days("ann", (2, 0.25))) == []
    assert keeping(spark, *days("ann", *[(2, 0.25)] * 6, (0, 0.25))) == [("ann", 12, 1.75, 6)]


def test_one_day_in_time_is_enough_and_other_days_do_not_undo_it(spark: SparkSession) -> None:
    assert keeping(spark, *days("bob", (6, 0.5), (0, 9.5), (0, 10.0))) == [("bob", 6, 20.0, 1)]


def test_as_many_as_chance_allows_say_nothing_however_many_they_are(spark: SparkSession) -> None:
    assert keeping(spark, *days("eve", *[(10, 9.0)] * 14)) == []


def test_a_single_hit_is_never_enough(spark: SparkSession) -> None:
    assert keeping(spark, *days("kim", (1, 0.0), (0, 0.0))) == []
    assert keeping(spark, *days("kim", (1, 0.0), (1, 0.0))) == [("kim", 2, 0.0, 2)]

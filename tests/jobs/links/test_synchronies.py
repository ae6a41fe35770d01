from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from pyspark.sql import SparkSession

from jobs.links.synchronies import transform
from tests.tables import NIGHT, YESTERDAY, frame, picked

BEATS = [f"{hour:02d}:{minute}" for hour, minute in zip(range(1, 22, 2), ("05", "25", "50") * 4, strict=False)]
HOURS = [f"{hour:02d}:00" for hour in range(24)]


def burst(account: str, slots: Iterable[str]) -> list[dict[str, Any]]:
    return [
        {
            "activity_date": NIGHT,
            "account_id": account,
            "signal": "shared_burst",
            "entity": f"{NIGHT}T{slot}",
            "events": 1,
        }
        for slot in slots
    ]


def template(account: str, entity: str) -> dict[str, Any]:
    return {"account_id": account, "signal": "prompt_template", "entity": entity, "events": 9}


def crowd(seed: int, count: int = 300) -> list[dict[str, Any]]:
    """Accounts that fire whenever they like, eight times a day."""
    chance = random.Random(seed)
    slots = [f"{hour:02d}:{minute:02d}" for hour in range(24) for minute in range(0, 60, 5)]
    return [row for n in range(count) for row in burst(f"z{n:03d}", chance.sample(slots, 8))]


def keeping(
    spark: SparkSession, bursts: list[dict[str, Any]], anchors: list[dict[str, Any]], *before: dict[str, Any]
) -> list[tuple[str, str, date]]:
    found = transform(
        NIGHT,
        frame(spark, "links.observations", *anchors),
        frame(spark, "signals.shared_bursts", *bursts),
        frame(spark, "links.synchronies", *before),
    )
    return picked("links.synchronies", found, "account_id entity last_kept_on")


def test_accounts_of_one_template_that_fire_in_the_same_slots_keep_time(spark: SparkSession) -> None:
    members = [f"m{n:02d}" for n in range(12)]
    bursts = crowd(1) + [row for name in members for row in burst(name, BEATS)]
    found = keeping(spark, bursts, [template(name, "t1") for name in members])
    assert found == [(name, "prompt_template|t1", NIGHT) for name in members]


def test_without_a_common_anchor_the_same_beat_says_nothing(spark: SparkSession) -> None:
    members = [f"m{n:02d}" for n in range(12)]
    bursts = crowd(1) + [row for name in members for row in burst(name, BEATS)]
    assert keeping(spark, bursts, [template(name, f"own-{name}") for name in members]) == []


def test_scheduled_traffic_on_the_hour_is_everybodys(spark: SparkSession) -> None:
    cron = [row for n in range(60) for row in burst(f"c{n:02d}", HOURS)]
    users = [template(f"c{n:02d}", "framework") for n in range(0, 60, 6)]
    assert keeping(spark, crowd(2) + cron, users) == []


def test_a_stranger_with_the_same_template_and_hours_of_its_own_does_not_keep_time(spark: SparkSession) -> None:
    members = [f"m{n:02d}" for n in range(12)]
    bursts = (
        crowd(3) + [row for name in members for row in burst(name, BEATS)] + burst("odd", ["00:10", "12:40", "23:55"])
    )
    found = keeping(spark, bursts, [template(name, "t1") for name in (*members, "odd")])
    assert "odd" not in {row[0] for row in found}


def test_what_was_seen_before_is_remembered_for_28_days(spark: SparkSession) -> None:
    def kept(account: str, day: date) -> dict[str, Any]:
        return {"account_id": account, "signal": "shared_burst", "entity": "prompt_template|t1", "beats": 5, "days": 1,
                "last_kept_on": day}  # fmt: skip

    found = keeping(spark, crowd(4), [], kept("ann", YESTERDAY), kept("bob", NIGHT - timedelta(days=28)))
    assert found == [("ann", "prompt_template|t1", YESTERDAY)]

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date
from typing import Any

from pyspark.sql import SparkSession

from jobs.links.beats import transform
from tests.tables import NIGHT, YESTERDAY, frame, picked, stored

BEATS = [f"{hour:02d}:{minute}" for hour, minute in zip(range(1, 22, 2), ("05", "25", "50") * 4, strict=False)]
HOURS = [f"{hour:02d}:00" for hour in range(24)]
MEMBERS = [f"m{n:02d}" for n in range(12)]


def burst(account: str, slots: Iterable[str], day: date = NIGHT) -> list[dict[str, Any]]:
    return [
        {
            "activity_date": day,
            "account_id": account,
            "signal": "shared_burst",
            "entity": f"{day}T{slot}",
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


def hits(
    spark: SparkSession, bursts: list[dict[str, Any]], anchors: list[dict[str, Any]]
) -> dict[tuple[str, str], tuple[int, int]]:
    """Hits and expected millionths by account and anchor."""
    observations, shared_bursts = (
        frame(spark, "links.observations", *anchors),
        frame(spark, "signals.shared_bursts", *bursts),
    )
    found = transform(NIGHT, observations, shared_bursts, stored)
    rows = picked("links.beats", found, "account_id entity hits expected_microhits")
    return {(account, entity): (hit, expected) for account, entity, hit, expected in rows}


def test_accounts_of_one_template_that_fire_in_the_same_slots_hit_every_beat(spark: SparkSession) -> None:
    bursts = crowd(1) + [row for name in MEMBERS for row in burst(name, BEATS)]
    found = hits(spark, bursts, [template(name, "t1") for name in MEMBERS])
    assert {key: hit for key, (hit, _) in found.items()} == {(name, "prompt_template|t1"): 11 for name in MEMBERS}
    assert all(0 < expected < 2_000_000 for _, expected in found.values())


def test_without_a_common_anchor_the_same_slots_are_no_beats(spark: SparkSession) -> None:
    bursts = crowd(1) + [row for name in MEMBERS for row in burst(name, BEATS)]
    assert hits(spark, bursts, [template(name, f"own-{name}") for name in MEMBERS]) == {}


def test_scheduled_traffic_on_the_hour_is_everybodys(spark: SparkSession) -> None:
    cron = [row for n in range(60) for row in burst(f"c{n:02d}", HOURS)]
    users = [template(f"c{n:02d}", "framework") for n in range(0, 60, 6)]
    assert hits(spark, crowd(2) + cron, users) == {}


def test_a_busy_morning_has_no_beats_unless_its_slots_stand_out(spark: SparkSession) -> None:
    morning = [f"{hour:02d}:{minute:02d}" for hour in (10, 11) for minute in range(0, 60, 5)]
    office = [row for name in MEMBERS for row in burst(name, morning)]
    assert hits(spark, crowd(5) + office, [template(name, "t1") for name in MEMBERS]) == {}


def test_who_shares_the_template_but_fires_at_other_times_is_told_with_no_hits(spark: SparkSession) -> None:
    bursts = crowd(3) + [row for name in MEMBERS for row in burst(name, BEATS)] + burst("odd", ["00:10", "12:40"])
    found = hits(spark, bursts, [template(name, "t1") for name in (*MEMBERS, "odd", "idle")])
    assert found["odd", "prompt_template|t1"] == (0, 0)  # in hours without a beat none is to be hit by chance
    assert ("idle", "prompt_template|t1") not in found


def test_late_rows_of_another_day_hit_nothing_of_tonight(spark: SparkSession) -> None:
    bursts = crowd(6) + [row for name in MEMBERS for row in burst(name, BEATS)] + burst("late", BEATS, YESTERDAY)
    found = hits(spark, bursts, [template(name, "t1") for name in (*MEMBERS, "late")])
    assert found["late", "prompt_template|t1"] == (0, 0)
    assert found["m00", "prompt_template|t1"][0] == 11


def test_chance_is_counted_by_the_hours_in_which_an_account_is_awake(spark: SparkSession) -> None:
    members = [f"m{n}" for n in range(7)]
    others = [row for n in range(12) for row in burst(f"o{n:02d}", [f"10:{5 * n:02d}"])]
    night_owls = [row for n in range(300) for row in burst(f"z{n:03d}", [f"{11 + n % 12}:{5 * (n // 25):02d}"])]
    bursts = others + night_owls + [row for name in members for row in burst(name, ["10:00"])]
    bursts += burst("day", ["10:20", "10:40", "10:55"]) + burst("night", ["15:20", "16:40", "17:55"])
    found = hits(spark, bursts, [template(name, "t1") for name in (*members, "day", "night")])
    # Of the twelve others of that hour one fires on the beat; with one more in every slot that is 2 of 24.
    assert found["m0", "prompt_template|t1"] == (1, 83_333)
    assert found["day", "prompt_template|t1"] == (0, 249_999)
    assert found["night", "prompt_template|t1"] == (0, 0)

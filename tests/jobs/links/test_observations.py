from __future__ import annotations

from datetime import timedelta
from typing import Any

from pyspark.sql import SparkSession

from jobs.links.observations import INPUTS, transform
from tests.tables import NIGHT, NOON, YESTERDAY, frame, picked

DAYS = "signals.account_days"


def seen(account: str, entity: str, events: int, days_ago: int = 0) -> dict[str, Any]:
    moment = NOON - timedelta(days=days_ago)
    return {"activity_date": moment.date(), "account_id": account, "signal": "device", "entity": entity, "events": events,
            "first_seen_at": moment, "last_seen_at": moment + timedelta(hours=1)}  # fmt: skip


def observations(spark: SparkSession, worked: str, *devices: dict[str, Any]) -> list[tuple[Any, ...]]:
    given = {name.split(".")[1]: frame(spark, name) for name in INPUTS if name != DAYS}
    given["devices"] = frame(spark, "signals.devices", *devices)
    days = frame(spark, DAYS, *[{"account_id": a, "requests": 3, "activity_date": NIGHT} for a in worked.split()])
    found = transform(NIGHT, days, **given)
    return picked("links.observations", found, "account_id entity events days")


def test_days_add_up_and_a_late_delivery_makes_no_day_of_its_own(spark: SparkSession) -> None:
    found = observations(spark, "ann", seen("ann", "d1", 2), seen("ann", "d1", 5, 1), seen("ann", "d1", 1, 1))
    assert found == [("ann", "d1", 8, 2)]


def test_first_and_last_sight_span_the_window(spark: SparkSession) -> None:
    given = {name.split(".")[1]: frame(spark, name) for name in INPUTS if name != DAYS}
    given["devices"] = frame(spark, "signals.devices", seen("ann", "d1", 1), seen("ann", "d1", 1, 1))
    days = frame(spark, DAYS, {"account_id": "ann", "requests": 1, "activity_date": YESTERDAY})
    found = picked("links.observations", transform(NIGHT, days, **given), "first_seen_at last_seen_at")
    span = [(moment.replace(tzinfo=None), last.replace(tzinfo=None)) for moment, last in found]
    noon = NOON.replace(tzinfo=None)
    assert span == [(noon - timedelta(days=1), noon + timedelta(hours=1))]


def test_an_account_without_requests_is_left_out(spark: SparkSession) -> None:
    assert observations(spark, "ann", seen("ann", "d1", 1), seen("bob", "d1", 1)) == [("ann", "d1", 1, 1)]

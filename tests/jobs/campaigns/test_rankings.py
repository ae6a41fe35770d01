from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from jobs.campaigns.rankings import transform
from tests.tables import NIGHT, NOON, frame, rows_of


def campaign(name: str, exchanges: int, verdict: str = "deliberate", **row: Any) -> dict[str, Any]:
    usual = {"campaign_id": name, "name": name, "verdict": verdict, "accounts": 10, "exchanges": exchanges, "input_tokens": 1,
             "exchanges_low": exchanges, "exchanges_high": exchanges, "output_tokens": 1, "exchanges_before_window": 0}  # fmt: skip
    return usual | row


def incident(name: str, value: int, bound: str = "floor", scope: str = "campaign", **row: Any) -> dict[str, Any]:
    usual = {"incident_id": name, "name": name, "metric": "exchanges", "bound": bound, "value": value, "as_of": NOON.date(),
             "scope": scope, "source": "a letter"}  # fmt: skip
    return usual | row


def ranked(spark: SparkSession, campaigns: list[dict[str, Any]], *known: dict[str, Any]) -> dict[str, dict[str, Any]]:
    found = transform(
        NIGHT, frame(spark, "campaigns.registry", *campaigns), frame(spark, "staged.known_campaigns", *known)
    )
    rows = rows_of("campaigns.rankings", found)
    return {row["campaign_id"]: row for row in rows if row["metric"] == "exchanges"}


def test_a_floor_elsewhere_leaves_the_first_place_open(spark: SparkSession) -> None:
    found = ranked(spark, [campaign("c1", 500)], incident("old", 100))["c1"]
    assert (found["rank_low"], found["rank_high"], found["is_largest_known"]) == (1, 2, False)


def test_largest_known_only_beyond_every_upper_bound(spark: SparkSession) -> None:
    found = ranked(spark, [campaign("c1", 500), campaign("c2", 90)], incident("old", 100, "exact"))
    assert (found["c1"]["rank_low"], found["c1"]["rank_high"], found["c1"]["is_largest_known"]) == (1, 1, True)
    assert found["c2"]["rank_low"] == 3


def test_what_came_before_the_window_counts(spark: SparkSession) -> None:
    found = ranked(spark, [campaign("c1", 50, exchanges_before_window=60)], incident("old", 100, "exact"))
    assert (found["c1"]["value_low"], found["c1"]["rank_high"]) == (110, 1)


def test_dismissed_groups_and_sums_over_several_incidents_are_not_ranked(spark: SparkSession) -> None:
    found = ranked(
        spark, [campaign("c1", 500), campaign("c2", 900, "benign")], incident("all of them", 10**9, scope="aggregate")
    )
    assert set(found) == {"c1"}
    assert found["c1"]["rank_high"] == 1

from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from jobs.campaigns import incidents
from jobs.campaigns.rankings import transform
from tests.tables import NIGHT, frame, rows_of


def campaign(name: str, exchanges: int, verdict: str = "deliberate", **row: Any) -> dict[str, Any]:
    usual = {"campaign_id": name, "name": name, "verdict": verdict, "accounts": 10, "exchanges": exchanges, "input_tokens": 1,
             "exchanges_low": exchanges, "exchanges_high": exchanges, "output_tokens": 1, "exchanges_before_window": 0}  # fmt: skip
    return usual | row


def incident(name: str, low: int | None, high: int | None, scope: str = "campaign", **row: Any) -> dict[str, Any]:
    ends = {"low_bound": "floor", "low_stated": low, "low_source": "a letter", "low_source_grade": "B2",
            "high_bound": "ceiling", "high_stated": high, "high_source": "a post", "high_source_grade": "F6"}  # fmt: skip
    usual = {"incident_id": name, "name": name, "metric": "exchanges", "value_low": low, "value_high": high,
             "scope": scope, "provider": "Anthropic", **ends}  # fmt: skip
    return usual | row


def ranked(
    spark: SparkSession, campaigns: list[dict[str, Any]], *known: dict[str, Any], metric: str = "exchanges"
) -> dict[str, dict[str, Any]]:
    found = transform(
        NIGHT, frame(spark, "campaigns.registry", *campaigns), frame(spark, "campaigns.incidents", *known)
    )
    rows = rows_of("campaigns.rankings", found)
    return {row["campaign_id"]: row for row in rows if row["metric"] == metric}


def test_a_floor_elsewhere_leaves_the_first_place_open(spark: SparkSession) -> None:
    found = ranked(spark, [campaign("c1", 500)], incident("old", 100, None))["c1"]
    assert (found["rank_low"], found["rank_high"], found["is_largest_known"]) == (1, 2, False)
    assert found["statement"] == (
        "rank 1 to 2 of 2 by exchanges as of 2026-03-05, 500; "
        "cannot be ranked above old with more than 100, no upper bound known (on Anthropic; a letter, graded B2)"
    )
    rival = [found[f"rival_{each}"] for each in ("id", "name", "provider", "source", "source_grade")]
    assert rival == ["old", "old", "Anthropic", "a letter", "B2"]


def test_largest_known_only_beyond_every_upper_bound(spark: SparkSession) -> None:
    found = ranked(spark, [campaign("c1", 500), campaign("c2", 90)], incident("old", 100, 100))
    assert (found["c1"]["rank_low"], found["c1"]["rank_high"], found["c1"]["is_largest_known"]) == (1, 1, True)
    assert found["c1"]["statement"] == (
        "largest known to this registry by exchanges as of 2026-03-05, 500; "
        "next: old with 100 (on Anthropic; a post, ungraded: F6)"
    )
    assert found["c2"]["rank_low"] == 3


def test_what_came_before_the_window_counts(spark: SparkSession) -> None:
    found = ranked(spark, [campaign("c1", 50, exchanges_before_window=60)], incident("old", 100, 100))
    assert (found["c1"]["value_low"], found["c1"]["rank_high"]) == (110, 1)


def test_what_has_merged_is_ranked_as_a_part_of_the_other(spark: SparkSession) -> None:
    assert set(ranked(spark, [campaign("c1", 500), campaign("c2", 900, merged_into="c1")])) == {"c1"}


def test_dismissed_groups_and_sums_over_several_incidents_are_not_ranked(spark: SparkSession) -> None:
    found = ranked(
        spark, [campaign("c1", 500), campaign("c2", 900, "benign")], incident("all of them", 10**9, None, "aggregate")
    )
    assert set(found) == {"c1"}
    assert found["c1"]["rank_high"] == 1
    assert "1 figure over several campaigns" in found["c1"]["compared_with"]


def test_metrics_are_ranked_apart_and_an_unstated_figure_is_no_figure(spark: SparkSession) -> None:
    found = ranked(spark, [campaign("c1", 500)], incident("old", 10**9, None), metric="accounts")["c1"]
    assert (found["value_low"], found["rank_high"], found["is_largest_known"]) == (10, 1, False)
    assert found["compared_with"].endswith("not with 1 known incident that states no accounts")


def test_a_night_without_campaigns_ranks_nobody(spark: SparkSession) -> None:
    assert ranked(spark, [], incident("old", 100, None)) == {}


def test_the_published_cases_alone_keep_every_campaign_from_being_called_the_largest(spark: SparkSession) -> None:
    known = incidents.transform(NIGHT, frame(spark, "staged.known_campaigns"))
    registry = frame(spark, "campaigns.registry", campaign("c1", 10**9))
    (found,) = [
        row for row in rows_of("campaigns.rankings", transform(NIGHT, registry, known)) if row["metric"] == "exchanges"
    ]
    assert (found["rank_low"], found["rank_high"], found["is_largest_known"]) == (1, 5, False)
    assert found["statement"] == (
        "rank 1 to 5 of 5 by exchanges as of 2026-03-05, 1,000,000,000; "
        "cannot be ranked above MiniMax with more than 13,000,000, no upper bound known "
        "(on Anthropic; Anthropic, 2026-02-23; MITRE ATLAS AML.CS0056, graded B2) or 3 others"
    )

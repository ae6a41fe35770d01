from __future__ import annotations

from datetime import timedelta
from typing import Any

from pyspark.sql import SparkSession

from jobs.campaigns.attributions import transform
from tests.tables import NIGHT, NOON, frame, rows_of

CAMPAIGN = {"campaign_id": "c1", "verdict": "deliberate", "accounts": 10}


def indicator(number: str, **row: Any) -> dict[str, Any]:
    usual = {"indicator_id": number, "kind": "ja4", "value": "t13d_evil", "actor": "Operator Aster", "source_id": "partner",
             "source_reliability": "B", "credibility": 2, "valid_from": NOON - timedelta(days=30)}  # fmt: skip
    return usual | row


def attributed(
    spark: SparkSession, *indicators: dict[str, Any], outsiders: int = 0, **campaign: Any
) -> list[dict[str, Any]]:
    members = [
        {"campaign_id": "c1", "account_id": f"a{n}", "role": "operated", "is_current": True, "is_asleep": False}
        for n in range(10)
    ]
    users = [f"a{n}" for n in range(10)] + [f"z{n}" for n in range(outsiders)]
    met = [{"account_id": a, "signal": "client_fingerprint", "entity": "t13d_evil|curl", "events": 1} for a in users]
    strangers = [{"account_id": f"s{n}", "signal": "device", "entity": f"d{n}", "events": 1} for n in range(200)]
    found = transform(
        NIGHT,
        frame(spark, "campaigns.members", *members),
        frame(spark, "campaigns.registry", CAMPAIGN | campaign),
        frame(spark, "links.observations", *met, *strangers),
        frame(spark, "staged.accounts"),
        frame(spark, "staged.indicators", *indicators),
    )
    return rows_of("campaigns.attributions", found)


def test_a_matching_indicator_names_the_operator_and_its_basis(spark: SparkSession) -> None:
    (found,) = attributed(spark, indicator("i1"))
    assert (found["campaign_id"], found["actor"], found["level"]) == ("c1", "Operator Aster", "operator")
    assert 0.0 < found["likelihood"] < 0.5, "one kind of indicator alone makes nobody likely"
    assert "i1" in found["supporting"] + found["basis"]


def test_what_outsiders_match_too_says_less(spark: SparkSession) -> None:
    (rare,), (common,) = attributed(spark, indicator("i1")), attributed(spark, indicator("i1"), outsiders=150)
    assert common["likelihood"] < rare["likelihood"]


def test_a_doubtful_source_says_less(spark: SparkSession) -> None:
    (good,) = attributed(spark, indicator("i1", source_reliability="A", credibility=1))
    (poor,) = attributed(spark, indicator("i1", source_reliability="E", credibility=5))
    assert poor["likelihood"] < good["likelihood"]


def test_expired_indicators_and_dismissed_campaigns_attribute_nothing(spark: SparkSession) -> None:
    assert attributed(spark, indicator("i1", valid_until=NOON - timedelta(days=2))) == []
    assert attributed(spark, indicator("i1"), verdict="benign") == []

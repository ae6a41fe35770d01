from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.campaigns.judgements import transform
from tests.tables import NIGHT, NOON, frame, rows_of

FEATURES = {"elicitation": 1.0, "one_template": 1.0, "proxied": 0.5}


def judged(spark: SparkSession, *decisions: dict[str, Any]) -> dict[str, dict[str, Any]]:
    profile = [{"campaign_id": "c1", "feature": name, "strength": s, "observed": s} for name, s in FEATURES.items()]
    found = transform(
        NIGHT, frame(spark, "campaigns.profiles", *profile), frame(spark, "staged.case_decisions", *decisions)
    )
    return {row["piece"]: row for row in rows_of("campaigns.judgements", found)}


def decided(decision: str, number: int, when: datetime = NOON, subject: str = "c1") -> dict[str, Any]:
    return {"decision_id": f"case-{number}", "decided_at": when, "subject_kind": "campaign", "subject_id": subject,
            "decision": decision, "analyst": "kim"}  # fmt: skip


def test_pieces_sum_to_the_posterior_exactly(spark: SparkSession) -> None:
    found = judged(spark)
    assert set(FEATURES) | {"prior", "other_hypotheses"} == set(found)
    assert {row["posterior_microbits"] for row in found.values()} == {sum(row["microbits"] for row in found.values())}


@pytest.mark.parametrize(("decision", "bits"), [("confirmed", 10), ("rejected", -20), ("benign_reseller", -20)])
def test_an_analysts_decision_is_a_piece_with_its_id(spark: SparkSession, decision: str, bits: int) -> None:
    before, after = judged(spark), judged(spark, decided(decision, 7))
    piece = after[f"decision:{decision}"]
    assert piece["microbits"] == bits * 1_000_000
    assert "case-7" in piece["explanation"]
    assert piece["posterior_microbits"] - before["prior"]["posterior_microbits"] == bits * 1_000_000


def test_the_last_decision_is_in_force_and_one_of_tomorrow_is_not(spark: SparkSession) -> None:
    found = judged(
        spark,
        decided("rejected", 1, NOON - timedelta(days=3)),
        decided("confirmed", 2, NOON - timedelta(days=1)),
        decided("rejected", 3, NOON + timedelta(days=1)),
    )
    assert [name for name in found if name.startswith("decision")] == ["decision:confirmed"]


def test_a_decision_on_another_campaign_changes_nothing(spark: SparkSession) -> None:
    assert judged(spark, decided("rejected", 1, subject="c2")) == judged(spark)

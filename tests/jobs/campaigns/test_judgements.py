from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.campaigns.judgements import transform
from tests.tables import NIGHT, NOON, frame, rows_of

FEATURES = {"elicitation": 1.0, "one_template": 1.0, "proxied": 0.5}


def judged(
    spark: SparkSession,
    *decisions: dict[str, Any],
    before: list[dict[str, Any]] | None = None,
    lineage: list[dict[str, Any]] | None = None,
    features: dict[str, float] = FEATURES,
) -> dict[str, dict[str, Any]]:
    profile = [{"campaign_id": "c1", "feature": name, "strength": s, "figure": s} for name, s in features.items()]
    found = transform(
        NIGHT,
        frame(spark, "campaigns.features", *profile),
        frame(spark, "campaigns.lineage", *(lineage or [])),
        frame(spark, "campaigns.judgements", *(before or [])),
        frame(spark, "staged.case_decisions", *decisions),
    )
    return {row["piece"]: row for row in rows_of("campaigns.judgements", found)}


def decided(decision: str, number: int, when: datetime = NOON, subject: str = "c1") -> dict[str, Any]:
    return {"decision_id": f"case-{number}", "decided_at": when, "subject_kind": "campaign", "subject_id": subject,
            "decision": decision, "analyst": "kim"}  # fmt: skip


def test_pieces_sum_to_the_posterior_exactly(spark: SparkSession) -> None:
    found = judged(spark)
    assert set(FEATURES) | {"prior", "other_explanations"} == set(found)
    assert {row["posterior_microbits"] for row in found.values()} == {sum(row["microbits"] for row in found.values())}


def test_what_the_other_groups_of_the_night_show_too_says_less(spark: SparkSession) -> None:
    """Nine groups come from a seller of accounts; the tenth does too."""
    rows = [
        {"campaign_id": f"c{number}", "feature": "machine_made_identities", "strength": 1.0, "figure": 1.0}
        for number in range(10)
    ]
    alone, among = (
        {row["campaign_id"]: row["microbits"] for row in _pieces(spark, given) if row["piece"] == rows[0]["feature"]}
        for given in (rows[:1], rows)
    )
    assert alone == {"c0": 3_000_000}
    assert set(among.values()) == {765_535}  # nine of nine others: log2(17 / 10)


def _pieces(spark: SparkSession, features: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = transform(
        NIGHT,
        frame(spark, "campaigns.features", *features),
        frame(spark, "campaigns.lineage"),
        frame(spark, "campaigns.judgements"),
        frame(spark, "staged.case_decisions"),
    )
    return rows_of("campaigns.judgements", found)


STRONG = dict.fromkeys(
    ("elicitation", "output_heavy", "one_template", "synchrony", "proxied", "hopping", "machine_made_identities"), 1.0
)
WEAK = {"elicitation": 0.0, "common_owner": 1.0}


@pytest.mark.parametrize("features", [STRONG, WEAK])
def test_a_confirmed_campaign_stays_confirmed_whatever_the_evidence(
    spark: SparkSession, features: dict[str, float]
) -> None:
    found = judged(spark, decided("confirmed", 7), features=features)
    piece = found["decision:confirmed"]
    assert piece["posterior_microbits"] >= 10_000_000
    assert piece["microbits"] >= 10_000_000
    assert (piece["decision_id"], "case-7" in piece["explanation"]) == ("case-7", True)


@pytest.mark.parametrize("decision", ["rejected", "benign_reseller", "benign_research"])
def test_a_rejection_outweighs_the_evidence_it_was_made_on(spark: SparkSession, decision: str) -> None:
    assert judged(spark, features=STRONG)["prior"]["posterior_microbits"] > 0
    found = judged(spark, decided(decision, 7), features=STRONG)
    assert found[f"decision:{decision}"]["posterior_microbits"] == -10_000_000
    same_night_after = judged(spark, decided(decision, 7), features=STRONG, before=list(found.values()))
    assert same_night_after == found


def test_evidence_that_outgrows_a_rejection_raises_the_campaign_again(spark: SparkSession) -> None:
    first = judged(spark, decided("rejected", 7), features=WEAK)
    later = judged(spark, decided("rejected", 7), features=STRONG, before=list(first.values()))
    assert later["decision:rejected"]["microbits"] == first["decision:rejected"]["microbits"] == -10_000_000
    assert later["prior"]["posterior_microbits"] > 0


def test_what_splits_from_a_rejected_campaign_is_rejected_too(spark: SparkSession) -> None:
    parent = decided("rejected", 7, subject="c0")
    split = {"campaign_id": "c1", "event": "split_from", "other_campaign_id": "c0", "overlap": 1.0, "cluster_id": "k"}
    found = judged(spark, parent, lineage=[split], features=STRONG)
    assert found["decision:rejected"]["posterior_microbits"] < 0
    assert judged(spark, parent, before=list(found.values()), features=STRONG) == found
    assert "decision:rejected" not in judged(spark, before=list(found.values()), features=STRONG)


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

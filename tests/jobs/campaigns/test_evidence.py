from __future__ import annotations

from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.campaigns.evidence import transform
from tests.tables import NIGHT, NOON, frame, rows_of

BORN = {"campaign_id": "c1", "event": "born", "other_campaign_id": "c1", "overlap": 0.0, "cluster_id": "k"}
PIECES = [
    {
        "signal": "prior",
        "entity": "prior",
        "family": "prior",
        "line": "prior",
        "microbits": -6_000_000,
        "accounts_sharing": 20,
    },
    {
        "signal": "device",
        "entity": "d1",
        "family": "device",
        "line": "membership",
        "microbits": 7_500_000,
        "accounts_sharing": 4,
    },
]


def evidence(spark: SparkSession, *decisions: dict[str, Any]) -> list[dict[str, Any]]:
    pieces = [{"cluster_id": "k", "account_id": "ann", "cluster_accounts": 20} | piece for piece in PIECES]
    judged = {"campaign_id": "c1", "piece": "synchrony", "place": 1, "microbits": 4_000_000, "posterior_microbits": 1,
              "line": "coordination",
              "hypothesis": "extraction", "rival": "enterprise", "figure": 0.75, "explanation": "fire together"}  # fmt: skip
    seen = {
        "account_id": "ann",
        "signal": "device",
        "entity": "d1",
        "events": 1,
        "first_seen_at": NOON,
        "last_seen_at": NOON,
    }
    found = transform(
        NIGHT,
        frame(spark, "campaigns.clusters", *pieces),
        frame(spark, "campaigns.lineage", BORN),
        frame(spark, "campaigns.judgements", judged),
        frame(spark, "campaigns.members", {"campaign_id": "c1", "account_id": "ann", "is_current": True}),
        frame(spark, "links.observations", seen),
        frame(spark, "staged.case_decisions", *decisions),
    )
    return rows_of("campaigns.evidence", found)


def test_membership_and_judgement_open_into_pieces_with_sentences(spark: SparkSession) -> None:
    by_signal = {row["signal"]: row for row in evidence(spark)}
    device, prior, synchrony = by_signal["device"], by_signal["prior"], by_signal["synchrony"]
    assert (device["subject_kind"], device["subject_id"], device["entity"]) == ("account", "ann", "d1")
    assert device["explanation"] == "shares this device with 3 of 19 other members, more than accounts outside do"
    assert device["first_seen_at"] is not None
    assert prior["explanation"] == "before looking: a member is one of 20 accounts in the whole population"
    assert prior["entity"] is None
    assert (synchrony["subject_kind"], synchrony["explanation"]) == ("campaign", "fire together (observed 0.750)")
    assert sum(row["microbits"] for row in by_signal.values() if row["subject_kind"] == "account") == 1_500_000


def test_an_evidence_id_is_the_same_every_time(spark: SparkSession) -> None:
    first, second = ({row["evidence_id"] for row in evidence(spark)} for _ in range(2))
    assert first == second
    assert len(first) == 3


@pytest.mark.parametrize(("decision", "bits"), [("confirmed", 10), ("benign_research", -20), ("victim", 0)])
def test_a_decision_on_an_account_is_a_piece_with_its_id(spark: SparkSession, decision: str, bits: int) -> None:
    decided = {
        "decision_id": "case-9",
        "decided_at": NOON,
        "subject_kind": "account",
        "subject_id": "ann",
        "decision": decision,
    }
    elsewhere = decided | {"decision_id": "case-8", "subject_id": "bob"}
    found = {row["signal"]: row for row in evidence(spark, decided, elsewhere)}
    piece = found[f"decision:{decision}"]
    assert (piece["subject_id"], piece["microbits"]) == ("ann", bits * 1_000_000)
    assert piece["explanation"] == f"an analyst decided {decision} (decision case-9)"
    assert len(found) == 4

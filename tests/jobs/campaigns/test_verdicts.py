from __future__ import annotations

from typing import Any

from pyspark.sql import SparkSession

from jobs.campaigns.verdicts import transform
from tests.tables import NIGHT, NOON, frame, rows_of

BORN = {"campaign_id": "c1", "event": "born", "other_campaign_id": "c1", "overlap": 0.0, "cluster_id": "k"}
CAMPAIGN = {"campaign_id": "c1", "likelihood": 0.9, "verdict": "suspicious"}


def piece(account: str, signal: str, bits: int, sharing: int) -> dict[str, Any]:
    return {"cluster_id": "k", "account_id": account, "signal": signal, "entity": "e", "family": signal,
            "line": "prior" if signal == "prior" else "membership", "microbits": bits * 1_000_000,
            "accounts_sharing": sharing, "cluster_accounts": 20}  # fmt: skip


def member(account: str, role: str, **row: Any) -> dict[str, Any]:
    return {
        "campaign_id": "c1",
        "account_id": account,
        "role": role,
        "membership": 0.5,
        "is_current": True,
        "is_asleep": False,
    } | row


def verdicts(
    spark: SparkSession, *members: dict[str, Any], decisions: tuple[dict[str, Any], ...] = ()
) -> dict[str, dict[str, Any]]:
    everybody = [{"account_id": name} for name in ("op", "robbed", "stranger", "former")]
    pieces = [piece("op", "device", 5, 4), piece("op", "shared_burst", 8, 20), piece("op", "prior", -6, 20)]
    found = transform(
        NIGHT,
        frame(spark, "campaigns.members", *members),
        frame(spark, "campaigns.registry", CAMPAIGN),
        frame(spark, "campaigns.clusters", *pieces, piece("robbed", "prompt_template", 7, 9)),
        frame(spark, "campaigns.lineage", BORN),
        frame(spark, "signals.account_days", {"account_id": "unknown_to_identity", "requests": 1}),
        frame(spark, "staged.accounts", *everybody),
        frame(spark, "staged.case_decisions", *decisions),
    )
    return {row["account_id"]: row for row in rows_of("campaigns.verdicts", found)}


def test_an_operated_account_takes_its_campaigns_likelihood_times_its_membership(spark: SparkSession) -> None:
    found = verdicts(spark, member("op", "operated"))["op"]
    assert (found["campaign_id"], found["likelihood"], found["verdict"]) == ("c1", 0.45, "suspicious")
    assert found["reasons"] == "shares shared burst with 19 members; shares device with 3 members"


def test_a_victim_is_named_with_its_campaign_and_not_accused(spark: SparkSession) -> None:
    found = verdicts(spark, member("robbed", "victim"))["robbed"]
    assert (found["campaign_id"], found["likelihood"], found["verdict"]) == ("c1", 0.0, "benign")
    assert found["reasons"].startswith("victim: own traffic beside the campaign's; shares prompt template")


def test_what_only_passes_through_the_same_places_is_not_accused(spark: SparkSession) -> None:
    found = verdicts(spark, member("op", "shared_infrastructure"))["op"]
    assert (found["likelihood"], found["verdict"]) == (0.0, "benign")


def test_everybody_has_a_verdict_with_a_reason(spark: SparkSession) -> None:
    found = verdicts(spark, member("former", "operated", is_current=False, merged_into="c2"))
    assert set(found) == {"op", "robbed", "stranger", "former", "unknown_to_identity"}
    for name in ("stranger", "former", "unknown_to_identity"):
        assert found[name]["campaign_id"] is None
        assert found[name]["reasons"] == "no coordination with other accounts was found"


def test_a_member_of_a_campaign_that_rests_keeps_its_verdict(spark: SparkSession) -> None:
    found = verdicts(spark, member("former", "operated", is_current=False, last_activity_date=NIGHT))["former"]
    assert (found["campaign_id"], found["likelihood"], found["verdict"]) == ("c1", 0.45, "suspicious")
    assert found["reasons"] == "member of a campaign that is not at work tonight; last active on 2026-03-05"


def test_an_account_belongs_to_the_campaign_that_holds_it_tonight(spark: SparkSession) -> None:
    former = member("op", "operated", campaign_id="c0", is_current=False, membership=1.0)
    assert verdicts(spark, former, member("op", "operated"))["op"]["campaign_id"] == "c1"


def test_who_was_cleared_is_told_so_also_while_the_campaign_rests(spark: SparkSession) -> None:
    cleared = {"decision_id": "case-1", "decided_at": NOON, "subject_kind": "account", "decision": "rejected"}
    known = member("former", "shared_infrastructure", is_current=False, last_activity_date=NIGHT)
    decisions = ({**cleared, "subject_id": "former"}, {**cleared, "subject_id": "stranger"})
    found = verdicts(spark, known, decisions=decisions)
    assert found["former"]["reasons"].startswith("cleared by an analyst")
    assert found["stranger"]["reasons"] == "no coordination with other accounts was found"

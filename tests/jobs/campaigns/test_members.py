from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.campaigns.members import transform
from tests.tables import NIGHT, NOON, YESTERDAY, frame, rows_of

BORN = {"campaign_id": "c1", "event": "born", "other_campaign_id": "c1", "overlap": 0.0, "cluster_id": "a00"}


Rows = list[dict[str, Any]]


def pieces(account: str, *families: str, cluster: str = "a00", sharing: int = 8) -> list[dict[str, Any]]:
    common = {"cluster_id": cluster, "account_id": account, "accounts_sharing": sharing, "cluster_accounts": 8}
    prior = common | {"signal": "prior", "entity": "prior", "family": "prior", "line": "prior", "microbits": -5_000_000}
    shared = common | {"line": "membership", "microbits": 7_000_000}
    return [prior, *(shared | {"signal": f, "entity": f"{f}-1", "family": f} for f in families)]


def worked(account: str, requests: int, errors: int = 0, day: date = NIGHT) -> dict[str, Any]:
    return {"activity_date": day, "account_id": account, "requests": requests, "errors": errors,
            "sketched_requests": requests}  # fmt: skip


def members(spark: SparkSession, **given: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    tables = {"clusters": "campaigns.clusters", "lineage": "campaigns.lineage", "members": "campaigns.members",
              "registry": "campaigns.registry",
              "account_days": "signals.account_days", "account_usage": "signals.account_usage",
              "observations": "links.observations",
              "case_decisions": "staged.case_decisions"}  # fmt: skip
    frames = {name: frame(spark, table, *given.get(name, [])) for name, table in tables.items()}
    return {row["account_id"]: row for row in rows_of("campaigns.members", transform(NIGHT, **frames))}


EIGHT = [row for n in range(8) for row in pieces(f"a{n:02d}", "content", "payment", "mail")]


def test_evidence_adds_up_to_membership_and_kinds_are_counted(spark: SparkSession) -> None:
    found = members(spark, clusters=EIGHT, lineage=[BORN], account_days=[worked("a00", 10, 3)])
    one = found["a00"]
    assert (one["microbits"], one["families"], one["role"]) == (16_000_000, 3, "operated")
    assert (one["exchanges"], one["exchanges_attributed"], one["joined_on"]) == (7, 7, NIGHT)
    assert found["a01"]["exchanges"] == 0


def test_who_was_there_before_keeps_the_day_of_joining(spark: SparkSession) -> None:
    known = {"campaign_id": "c1", "account_id": "a00", "joined_on": YESTERDAY, "is_current": True}
    found = members(
        spark,
        clusters=EIGHT,
        lineage=[BORN | {"event": "continued"}],
        members=[known],
        account_days=[worked("a00", 1)],
    )
    assert (found["a00"]["joined_on"], found["a01"]["joined_on"]) == (YESTERDAY, NIGHT)


def test_a_campaign_that_nothing_continues_keeps_its_members_and_counts_tonights_window(spark: SparkSession) -> None:
    gone = {"campaign_id": "c9", "account_id": "z", "membership": 1.0, "microbits": 1, "families": 3, "role": "operated",
            "footprint_share": 0.5, "exchanges": 900, "exchanges_attributed": 450, "first_activity_date": date(2026, 1, 1),
            "last_activity_date": date(2026, 2, 1), "joined_on": date(2026, 1, 1), "is_current": True}  # fmt: skip
    found = members(spark, members=[gone], account_days=[worked("z", 9, 0, YESTERDAY)])["z"]
    assert (found["is_current"], found["exchanges"], found["exchanges_attributed"]) == (False, 9, 4)
    assert (found["first_activity_date"], found["last_activity_date"]) == (date(2026, 1, 1), YESTERDAY)


GONE = {"campaign_id": "c9", "account_id": "z", "membership": 1.0, "microbits": 1, "families": 3, "role": "operated",
        "footprint_share": 1.0, "exchanges": 900, "exchanges_attributed": 450, "last_activity_date": date(2026, 2, 1),
        "joined_on": date(2026, 1, 1), "is_current": True}  # fmt: skip


def test_what_a_campaign_does_after_it_merged_counts_for_the_other_alone(spark: SparkSession) -> None:
    event = {"campaign_id": "c9", "event": "merged_into", "other_campaign_id": "c1", "overlap": 1.0}
    tonight = members(spark, members=[GONE], lineage=[event], account_days=[worked("z", 9)])["z"]
    later = members(spark, members=[GONE | {"merged_into": "c1"}], account_days=[worked("z", 9)])["z"]
    for found in (tonight, later):
        assert (found["merged_into"], found["exchanges"], found["exchanges_attributed"]) == ("c1", 0, 0)
        assert found["last_activity_date"] == date(2026, 2, 1)


def test_a_campaign_that_parts_again_is_no_longer_merged(spark: SparkSession) -> None:
    continued = BORN | {"campaign_id": "c9", "event": "continued"}
    known = [GONE | {"account_id": "a00", "merged_into": "c1"}]
    found = members(spark, clusters=EIGHT, lineage=[continued], members=known, account_days=[worked("a00", 9)])["a00"]
    assert (found["merged_into"], found["exchanges"], found["last_activity_date"]) == (None, 9, NIGHT)


QUIET = {"campaign_id": "c1", "last_activity_date": date(2026, 2, 1)}
EIGHT_BEFORE = [GONE | {"campaign_id": "c1", "account_id": f"a{n:02d}"} for n in range(8)]


def continued(
    spark: SparkSession, clusters: Rows, before: Rows, days: Rows, known: dict[str, Any] = QUIET
) -> dict[str, dict[str, Any]]:
    """Members of a campaign that a cluster continues tonight; `known` is what the registry said the night before."""
    lineage = [BORN | {"event": "continued"}]
    return members(spark, clusters=clusters, lineage=lineage, members=before, registry=[known], account_days=days)


def test_a_campaign_that_sleeps_keeps_its_members_while_the_window_leaves_them_behind(spark: SparkSession) -> None:
    fewer = [row for n in range(5) for row in pieces(f"a{n:02d}", "content", "payment", "mail")]
    robbed = {"campaign_id": "c1", "account_id": "a07", "role": "victim"}
    before = [*EIGHT_BEFORE[:7], EIGHT_BEFORE[7] | robbed]
    days = [worked("a00", 9, day=NIGHT - timedelta(days=14)), worked("a07", 9)]
    found = continued(spark, fewer, before, days)
    assert set(found) == {f"a{n:02d}" for n in range(8)}
    assert {(row["is_asleep"], row["is_current"], row["microbits"]) for row in found.values()} == {(True, True, 1)}
    assert found["a00"]["exchanges"] == 9


@pytest.mark.parametrize("awake", ["a00", "a09"])  # one of its own, or a new one
def test_a_campaign_wakes_with_the_first_account_it_works(spark: SparkSession, awake: str) -> None:
    clusters = [*EIGHT, *pieces("a09", "content", "payment", "mail")]
    found = continued(spark, clusters, EIGHT_BEFORE, [worked(awake, 9, day=NIGHT - timedelta(days=13))])
    assert set(found) == {*(f"a{n:02d}" for n in range(8)), "a09"}
    assert not any(row["is_asleep"] for row in found.values())


@pytest.mark.parametrize(("quiet", "is_asleep"), [(13, False), (14, True)])
def test_a_campaign_sleeps_a_fortnight_after_it_last_worked_an_account_that_is_now_called_stolen(
    spark: SparkSession, quiet: int, is_asleep: bool
) -> None:
    robbed = [row | {"role": "victim"} for row in EIGHT_BEFORE]
    worked_until = {"campaign_id": "c1", "last_activity_date": NIGHT - timedelta(days=quiet)}
    found = continued(spark, EIGHT, robbed, [worked("a00", 9)], worked_until)
    assert {row["is_asleep"] for row in found.values()} == {is_asleep}


def test_days_of_activity_are_unknown_where_there_was_none(spark: SparkSession) -> None:
    found = members(spark, clusters=EIGHT, lineage=[BORN])["a00"]
    assert (found["first_activity_date"], found["last_activity_date"]) == (None, None)


def test_a_cluster_without_a_campaign_has_no_members(spark: SparkSession) -> None:
    assert members(spark, clusters=EIGHT) == {}


def test_requests_of_other_people_through_operated_accounts_are_not_attributed(spark: SparkSession) -> None:
    def used(account: str, task: str, exchanges: int, templated: int | None) -> dict[str, Any]:
        return {"activity_date": NIGHT, "account_id": account, "request_model": "m", "task_label": task, "requests": exchanges,
                "exchanges": exchanges, "templated_exchanges": templated}  # fmt: skip

    own = [used(f"a{n:02d}", "coding", 100, 80) for n in range(8)]
    foreign = used("a00", "translation", 100, 0)
    days = [worked("a00", 200), *(worked(f"a{n:02d}", 100) for n in range(1, 8))]
    found = members(spark, clusters=EIGHT, lineage=[BORN], account_days=days, account_usage=[*own, foreign])
    assert [(row["exchanges"], row["exchanges_attributed"]) for row in (found["a00"], found["a01"])] == [
        (200, 100),
        (100, 100),
    ]
    not_counted = [{**row, "templated_exchanges": None} for row in [*own, foreign]]
    found = members(spark, clusters=EIGHT, lineage=[BORN], account_days=days, account_usage=not_counted)
    assert found["a00"]["exchanges_attributed"] == 200


def decided(account: str, decision: str) -> dict[str, Any]:
    return {"decision_id": f"case-{account}", "decided_at": NOON, "subject_kind": "account", "subject_id": account,
            "decision": decision}  # fmt: skip


def test_an_analyst_sets_the_role_of_an_account(spark: SparkSession) -> None:
    decisions = [decided("a00", "victim"), decided("a01", "confirmed")]
    weak = [piece | {"microbits": -1_000_000} for piece in pieces("a01", "content")]
    found = members(spark, clusters=[*[row for row in EIGHT if row["account_id"] != "a01"], *weak], lineage=[BORN],
                    case_decisions=decisions)  # fmt: skip
    assert (found["a00"]["role"], found["a00"]["microbits"]) == ("victim", 16_000_000)
    assert (found["a01"]["role"], found["a01"]["microbits"]) == ("operated", 8_000_000)
    assert found["a01"]["membership"] == pytest.approx(256 / 257, abs=1e-6)


def test_a_cleared_account_stays_listed_without_a_part_in_the_campaign(spark: SparkSession) -> None:
    cleared = {"campaign_id": "c1", "account_id": "z", "membership": 1.0, "microbits": 9, "families": 3, "role": "operated",
               "footprint_share": 1.0, "exchanges": 900, "exchanges_attributed": 900, "first_activity_date": date(2026, 1, 1),
               "last_activity_date": YESTERDAY, "joined_on": YESTERDAY, "is_current": True}  # fmt: skip
    other = cleared | {"account_id": "y"}
    found = members(spark, clusters=EIGHT, lineage=[BORN | {"event": "continued"}], members=[cleared, other],
                    account_days=[worked("z", 9), worked("a00", 9)],
                    case_decisions=[decided("z", "benign_research")])  # fmt: skip
    assert "y" not in found
    one = found["z"]
    assert (one["role"], one["microbits"], one["exchanges"], one["exchanges_attributed"]) == (
        "shared_infrastructure", -20_000_000, 9, 0,
    )  # fmt: skip
    assert one["membership"] < 0.00001
    assert one["is_current"]

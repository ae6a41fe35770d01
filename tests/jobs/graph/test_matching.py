"""Tonight's clusters and yesterday's campaigns: who continues whom."""

from __future__ import annotations

from datetime import date

import pyarrow as pa

from jobs.graph.matching import campaign_id, match_night

NIGHT = "2026-03-11"
YESTERDAY = date(2026, 3, 10)


def events(clusters: dict[str, str], campaigns: dict[str, str], last: date = YESTERDAY) -> set[tuple[str, str, str]]:
    """Letters are accounts. Gives (campaign, event, other campaign)."""
    rows = [("cluster", name, account, None) for name, accounts in clusters.items() for account in accounts]
    rows += [("campaign", name, account, last) for name, accounts in campaigns.items() for account in accounts]
    table = pa.table(
        {
            "kind": [row[0] for row in rows],
            "group": [row[1] for row in rows],
            "account_id": [row[2] for row in rows],
            "last_activity_date": pa.array([row[3] for row in rows], pa.date32()),
        }
    )
    return {
        (row["campaign_id"], row["event"], row["other_campaign_id"]) for row in match_night(table, NIGHT).to_pylist()
    }


def test_a_cluster_without_past_is_born_under_an_id_of_its_night() -> None:
    born = campaign_id(NIGHT, "a")
    assert born.startswith("c20260311-")
    assert events({"x": "abcde"}, {}) == {(born, "born", born)}


def test_a_cluster_that_kept_most_accounts_continues_the_campaign() -> None:
    assert events({"x": "abcdz"}, {"old": "abcde"}) == {("old", "continued", "old")}


def test_the_assignment_is_the_best_in_all_not_the_best_first() -> None:
    found = events({"x": "abcdefg", "y": "hij"}, {"p": "abcdhij", "q": "efg"})
    assert {("q", "continued", "q"), ("p", "continued", "p")} <= found


def test_a_split_names_where_the_new_campaign_came_from() -> None:
    found = events({"x": "abcdef", "y": "ghijk"}, {"old": "abcdefghijk"})
    born = campaign_id(NIGHT, "g")
    assert found == {("old", "continued", "old"), (born, "born", born), (born, "split_from", "old")}


def test_a_merger_is_told_from_both_sides() -> None:
    found = events({"x": "abcdefgh"}, {"p": "abcde", "q": "fgh"})
    assert found == {("p", "continued", "p"), ("q", "merged_into", "p"), ("p", "absorbed", "q")}


def test_a_campaign_without_cluster_turns_dormant_after_fourteen_quiet_days() -> None:
    assert events({}, {"old": "abcde"}, date(2026, 2, 25)) == {("old", "dormant", "old")}
    assert events({}, {"old": "abcde"}, date(2026, 2, 26)) == set()

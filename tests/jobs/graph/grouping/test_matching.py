"""Tonight's clusters and yesterday's campaigns: who continues whom."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from jobs.graph.grouping.matching import campaign_id, match_night

NIGHT = "2026-03-11"


def events(
    clusters: dict[str, str], campaigns: dict[str, str], merged: dict[str, str] | None = None
) -> set[tuple[str, str, str]]:
    """Letters are accounts; `merged`: campaign to the one it merged into before. Gives (campaign, event, other campaign)."""
    rows = [("cluster", name, account) for name, accounts in clusters.items() for account in accounts]
    rows += [("campaign", name, account) for name, accounts in campaigns.items() for account in accounts]
    table = pa.table(
        {
            "kind": [row[0] for row in rows],
            "group": [row[1] for row in rows],
            "account_id": [row[2] for row in rows],
            "merged_into": pa.array([(merged or {}).get(row[1]) for row in rows], pa.string()),
        }
    )
    found = match_night(table, NIGHT).to_pylist()
    return {(row["campaign_id"], row["event"], row["other_campaign_id"]) for row in found}


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


def test_a_merger_is_told_once() -> None:
    found = events({"x": "abcdefgh"}, {"p": "abcdefgh", "q": "fgh"}, {"q": "p"})
    assert found == {("p", "continued", "p")}


def test_what_had_merged_and_parts_again_comes_back_under_its_own_id() -> None:
    found = events({"x": "abcde", "y": "fghij"}, {"p": "abcdefghij", "q": "fghij"}, {"q": "p"})
    assert found == {("p", "continued", "p"), ("q", "continued", "q"), ("q", "split_from", "p")}


def test_a_campaign_that_is_only_missing_tonight_keeps_quiet() -> None:
    assert events({}, {"old": "abcde"}) == set()


def test_half_the_accounts_elsewhere_is_not_yet_a_merger() -> None:
    assert events({"x": "abcdefgh"}, {"p": "abcdef", "q": "ghyz"}) == {("p", "continued", "p")}


def test_a_taken_id_is_not_given_again() -> None:
    first = campaign_id(NIGHT, "a")
    second = campaign_id(NIGHT, "a", {first})
    assert second != first
    assert second == campaign_id(NIGHT, "a", {first})


GROUPS = st.dictionaries(st.sampled_from("vwxyz"), st.text("abcdefghijkl", min_size=1), max_size=5)


@given(GROUPS, GROUPS)
def test_every_cluster_gets_one_id_of_its_own_and_old_ids_are_kept_or_rest(
    clusters: dict[str, str], campaigns: dict[str, str]
) -> None:
    found = events(clusters, {f"old-{name}": accounts for name, accounts in campaigns.items()})
    named = [campaign for campaign, event, _ in found if event in ("born", "continued")]
    assert len(named) == len(set(named)) == len(clusters)
    born = {campaign for campaign, event, _ in found if event == "born"}
    assert not born & {f"old-{name}" for name in campaigns}
    merged = [campaign for campaign, event, _ in found if event == "merged_into"]
    assert not set(merged) & set(named)
    assert len(merged) == len(set(merged))

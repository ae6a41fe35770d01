"""Whose a group is: what accuracy is counted by."""

from __future__ import annotations

from tests.lab.judging.groups import majority


def of(kind: str, group: str, times: int) -> list[tuple[str, str, str]]:
    return [(kind, kind, group)] * times


def test_a_crowd_of_ordinary_accounts_with_a_few_operated_ones_is_theirs() -> None:
    crowd = [("ordinary", "ordinary", f"account-{n}") for n in range(127)]
    kind, _, group, share = majority(crowd + of("operator", "slow", 3))
    assert (kind, group) == ("ordinary", "ordinary")
    assert share == 127 / 130


def test_a_group_is_an_operators_only_if_more_than_half_of_it_is() -> None:
    half = of("operator", "slow", 5) + of("innocent", "guild", 3) + of("innocent", "class", 2)
    assert majority(half)[:3] == ("innocent", "innocent", "guild")
    assert majority([*half, *of("operator", "fast", 1)])[:3] == ("operator", "operator", "slow")


def test_the_order_of_members_does_not_matter() -> None:
    members = of("operator", "slow", 3) + of("operator", "fast", 3) + of("innocent", "guild", 2)
    assert majority(members) == majority(members[::-1])

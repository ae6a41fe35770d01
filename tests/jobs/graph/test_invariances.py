"""Clusters depend on who met what, and on nothing else: not on the order of rows, on names, or on who else there is."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jobs.graph.grouping.tables import cluster_pairs
from tests.jobs.graph.grouping.test_clusters import Met, groups, strangers, table

SIGNALS = ("prompt_template", "shared_burst", "egress_network", "device", "system_prompt")
HAND = st.tuples(
    st.integers(16, 30), st.integers(4, 5), st.floats(0.7, 1.0)
)  # accounts, kinds shared, share showing each


def worlds() -> st.SearchStrategy[Met]:
    return st.builds(world, st.lists(HAND, min_size=1, max_size=3), st.integers(0, 10_000), st.integers(200, 500))


def world(hands: list[tuple[int, int, float]], seed: int, count: int) -> Met:
    """Strangers, and hands whose accounts each show most of the few things that the hand shares."""
    chance = random.Random(seed)
    met = strangers(seed, count)
    for number, (accounts, kinds, showing) in enumerate(hands):
        for account in range(accounts):
            shown = [signal for signal in SIGNALS[:kinds] if chance.random() < showing]
            met += [(f"h{number}-{account:02d}", signal, f"{signal}-of-{number}") for signal in shown]
    return met


def renamed(names: list[str], seed: int) -> dict[str, str]:
    """New names in another order than the old ones."""
    numbers = random.Random(seed).sample(range(10 * len(names)), len(names))
    return {name: f"n{number:06d}" for name, number in zip(names, numbers, strict=True)}


def partition(found: dict[str, set[str]]) -> set[frozenset[str]]:
    return {frozenset(members) for members in found.values()}


@settings(max_examples=25)
@given(worlds(), st.integers(0, 10_000))
def test_the_order_of_rows_changes_nothing(met: Met, seed: int) -> None:
    rows = table(met)
    order = random.Random(seed).sample(range(rows.num_rows), rows.num_rows)
    assume(cluster_pairs(rows, ("content",)).num_rows)
    assert cluster_pairs(rows.take(order), ("content",)).equals(cluster_pairs(rows, ("content",)))


@settings(max_examples=25)
@given(worlds(), st.integers(0, 10_000))
def test_other_names_of_accounts_and_entities_give_the_same_groups(met: Met, seed: int) -> None:
    accounts = renamed(sorted({account for account, _, _ in met}), seed)
    entities = renamed(sorted({entity for _, _, entity in met}), seed + 1)
    other = groups([(accounts[account], signal, entities[entity]) for account, signal, entity in met])
    back = {new: old for old, new in accounts.items()}
    assert partition(groups(met)) == {frozenset(back[new] for new in members) for members in other.values()}


@pytest.mark.parametrize("factor", [2, 8])
def test_unrelated_accounts_move_memberships_by_what_the_prior_and_the_rarity_imply(factor: int) -> None:
    """N times as many strangers: the prior falls by log2 N, every shared thing gains as much, the group stays."""
    planted = world([(24, 4, 1.0)], 7, 0)
    few, chance = strangers(7, 300), random.Random(factor)
    more = [f"t{n:05d}" for n in range(300 * (factor - 1))]
    many = few + [(name, signal, f"elsewhere-{chance.randrange(400)}") for name in more for signal in SIGNALS]
    hand = frozenset(account for account, _, _ in planted)
    assert hand in partition(groups(few + planted)) & partition(groups(many + planted))
    before, after = priors(few + planted), priors(many + planted)
    assert before.keys() >= hand
    for account in hand:
        bits = before[account]
        assert after[account] == pytest.approx(bits - math.log2((300 * factor) / 300), abs=0.01)


def priors(met: Met) -> dict[str, float]:
    rows = cluster_pairs(table(met), ("content",)).to_pylist()
    assert set(Counter(row["account_id"] for row in rows if row["signal"] == "prior").values()) == {1}
    return {row["account_id"]: row["microbits"] / 1e6 for row in rows if row["signal"] == "prior"}

"""Pairs of accounts against a brute-force count, and what may not change them."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.graph.pairs import MAX_ACCOUNTS, tie_pairs

FAMILIES = 3
WORLD = st.sets(st.tuples(st.integers(0, 14), st.integers(0, 11)), max_size=60)


def tied(met: set[tuple[int, int]], accounts: int = 15, population: int = 15) -> tuple[list[int], list[float]]:
    """Entity e is of family e modulo FAMILIES."""
    rows = sorted(met)
    family = np.arange(12) % FAMILIES
    account, entity = (np.array([row[side] for row in rows], dtype=np.int64) for side in (0, 1))
    found = tie_pairs(account, entity, family, population, accounts)
    return found.cluster.tolist(), [round(float(value), 9) for value in found.bits]


def by_hand(met: set[tuple[int, int]], population: int = 15) -> dict[tuple[int, int], float]:
    """Log-odds of every pair with something rare in common, from the definition."""
    users = {e: {a for a, other in met if other == e} for e in range(12)}
    every = math.comb(population, 2)

    def bits(family: int, degree: int) -> float:
        agreeing = sum(
            math.comb(len(who), 2) for e, who in users.items() if e % FAMILIES == family and len(who) <= degree
        )
        return max(0.0, math.log2(every / agreeing))

    found = {}
    for one, other in combinations(range(15), 2):
        rarest: dict[int, int] = {}
        for e, who in users.items():
            if {one, other} <= who and len(who) <= MAX_ACCOUNTS:
                rarest[e % FAMILIES] = min(rarest.get(e % FAMILIES, 99), len(who))
        if rarest:
            total = math.fsum(bits(family, degree) for family, degree in rarest.items())
            found[one, other] = total - math.log2(population - 1)
    return found


def tied_by_hand(met: set[tuple[int, int]], population: int = 15) -> dict[tuple[int, int], float]:
    """The pairs of positive log-odds of which at most 30 % are expected by chance."""
    pairs = by_hand(met, population)
    falling = sorted(pairs.values(), reverse=True)
    kept = [t for n, t in enumerate(falling, 1) if population / 2 * 2**-t <= 0.3 * n * (1 + 1e-12)]
    least = min(kept, default=math.inf)
    return {pair: value for pair, value in pairs.items() if value > 1e-9 and value >= least - 1e-9}


@given(WORLD)
def test_bits_are_those_of_the_strongest_tie_counted_by_hand(met: set[tuple[int, int]]) -> None:
    _, bits = tied(met)
    expected = [0.0] * 15
    for pair, value in tied_by_hand(met).items():
        for account in pair:
            expected[account] = max(expected[account], value)
    assert bits == pytest.approx(expected, abs=1e-6)


@given(WORLD)
def test_clusters_are_what_the_ties_connect_named_by_the_smallest(met: set[tuple[int, int]]) -> None:
    label = list(range(15))
    pairs = tied_by_hand(met)
    for _ in range(15):
        for one, other in pairs:
            label[one] = label[other] = min(label[one], label[other])
    alone = set(range(15)) - {account for pair in pairs for account in pair}
    assert tied(met)[0] == [-1 if account in alone else label[account] for account in range(15)]


def test_one_thing_in_common_ties_nobody_where_many_have_one_thing_in_common() -> None:
    met = {(2 * n, 3 * n) for n in range(4)} | {(2 * n + 1, 3 * n) for n in range(4)}
    assert tied(met)[0] == [-1] * 15


def test_two_kinds_of_rare_thing_tie_two_accounts() -> None:
    cluster, bits = tied({(3, 0), (5, 0), (3, 1), (5, 1)})
    assert (cluster[3], cluster[5]) == (3, 3)
    assert bits[3] == pytest.approx(2 * math.log2(105) - math.log2(14))


def test_two_things_of_one_kind_count_once() -> None:
    once, twice = {(3, 0), (5, 0), (3, 1), (5, 1)}, {(3, 0), (5, 0), (3, 1), (5, 1), (3, 4), (5, 4)}
    assert tied(twice)[1][3] < tied(once)[1][3]


def test_a_larger_population_makes_the_same_ties_stronger() -> None:
    met = {(3, 0), (5, 0), (3, 1), (5, 1)}
    grown = 2 * math.log2(math.comb(1_000, 2) / 105) - math.log2(999 / 14)
    assert tied(met, population=1_000)[1][3] - tied(met, population=15)[1][3] == pytest.approx(grown)

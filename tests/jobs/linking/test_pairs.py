"""Pairs of accounts against a brute-force count, and what may not change them."""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.linking.pairs import ALPHA, MAX_ACCOUNTS, Ints, _agreements, _log_chance, how_often_answers_differ, tie_pairs

FAMILIES = 3
ANYTHING = 1e300  # an alpha that every pair passes
Arrays = tuple[Ints, Ints, Ints]
WORLD = st.sets(st.tuples(st.integers(0, 14), st.integers(0, 11)), max_size=60)


def tied(
    met: set[tuple[int, int]], accounts: int = 15, population: int = 15, alpha: float = ANYTHING
) -> tuple[list[int], list[float]]:
    """Entity e is of family e modulo FAMILIES. Every pair of positive log-odds is tied unless `alpha` says otherwise."""
    rows = sorted(met)
    family = np.arange(12) % FAMILIES
    account, entity = (np.array([row[side] for row in rows], dtype=np.int64) for side in (0, 1))
    found = tie_pairs(account, entity, family, population, accounts, alpha)
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

    things = {a: sum(1 for who in users.values() if a in who and 2 <= len(who) <= MAX_ACCOUNTS) for a in range(15)}
    busy = [count for count in things.values() if count]
    usual = sum(busy) / len(busy) if busy else 1.0
    found = {}
    for one, other in combinations(range(15), 2):
        rarest: dict[int, int] = {}
        for e, who in users.items():
            if {one, other} <= who and len(who) <= MAX_ACCOUNTS:
                rarest[e % FAMILIES] = min(rarest.get(e % FAMILIES, 99), len(who))
        if rarest:
            likelier = max(0.0, math.log2(things[one] * things[other] / usual**2))
            total = math.fsum(max(0.0, bits(family, degree) - likelier) for family, degree in rarest.items())
            found[one, other] = total - math.log2(population - 1)
    return found


def tied_by_hand(met: set[tuple[int, int]], population: int = 15) -> dict[tuple[int, int], float]:
    """The pairs of positive log-odds."""
    return {pair: value for pair, value in by_hand(met, population).items() if value > 1e-9}


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
    assert tied(met, alpha=ALPHA)[0] == [-1] * 15


def test_two_kinds_of_rare_thing_tie_two_accounts() -> None:
    cluster, bits = tied({(3, 0), (5, 0), (3, 1), (5, 1)}, population=1_000, alpha=ALPHA)
    assert (cluster[3], cluster[5]) == (3, 3)
    assert bits[3] == pytest.approx(2 * math.log2(math.comb(1_000, 2)) - math.log2(999))


def test_two_things_of_one_kind_count_once() -> None:
    once, twice = {(3, 0), (5, 0), (3, 1), (5, 1)}, {(3, 0), (5, 0), (3, 1), (5, 1), (3, 4), (5, 4)}
    assert tied(twice)[1][3] < tied(once)[1][3]


def test_a_larger_population_makes_the_same_ties_stronger() -> None:
    met = {(3, 0), (5, 0), (3, 1), (5, 1)}
    grown = 2 * math.log2(math.comb(1_000, 2) / 105) - math.log2(999 / 14)
    assert tied(met, population=1_000)[1][3] - tied(met, population=15)[1][3] == pytest.approx(grown)


def strangers(accounts: int, spread: float, seed: int) -> Arrays:
    """Accounts that meet things of four families independently; `spread` is the sigma of their lognormal activity."""
    chance = np.random.default_rng(seed)
    active = np.exp(chance.normal(0.0, spread, accounts))
    count = accounts * 20
    account = chance.choice(accounts, count, p=active / active.sum())
    family = chance.integers(0, 4, count)
    entity = family + 4 * (accounts * chance.random(count) ** 3).astype(np.int64)  # some are popular, most are rare
    account, entity = np.unique(np.stack([account, entity]), axis=1)
    return account, entity, np.arange(entity.max() + 1) % 4


@pytest.mark.parametrize(("spread", "seed"), [(0.0, 1), (0.0, 2), (1.0, 3)])
def test_strangers_who_meet_many_rare_things_are_not_tied_into_a_blob(spread: float, seed: int) -> None:
    account, entity, family = strangers(3_000, spread, seed)
    found = tie_pairs(account, entity, family, 3_000, 3_000)
    assert (found.cluster >= 0).sum() <= 30  # one in a hundred


def test_no_more_strangers_reach_a_number_of_bits_than_the_bound_allows() -> None:
    account, entity, family = strangers(3_000, 0.0, 4)
    agreed = _agreements(account, entity, family, 3_000, np.ones(3_000, dtype=bool))
    pair = np.unique(agreed.left * 3_000 + agreed.right, return_inverse=True)[1]
    best = np.zeros((pair.max() + 1, 4))
    np.maximum.at(best, (pair, agreed.family), agreed.bits)
    nats = best.sum(axis=1) * math.log(2)
    levels = np.array([8.0, 12.0, 16.0, 20.0])
    allowed = math.comb(3_000, 2) * np.exp(_log_chance(levels, agreed, 3_000))
    reached = np.array([(nats >= level).sum() for level in levels])
    assert reached[1] > 100
    assert (reached <= allowed).all()


def test_a_hundred_planted_pairs_among_strangers_are_tied_and_hardly_anybody_else() -> None:
    account, entity, family = strangers(3_000, 0.5, 5)
    one = np.arange(3_000, 3_200)
    own = entity.max() + 1 + (one - 3_000) // 2
    account = np.r_[account, one, one, one]
    entity = np.r_[entity, own, own + 200, own + 400]
    family = np.r_[family, np.arange(len(family), int(own.max()) + 401) // 200 % 4]
    found = tie_pairs(account, entity, family, 3_200, 3_200)
    assert (found.cluster[3_000:] >= 0).mean() >= 0.95
    assert (found.cluster[:3_000] >= 0).sum() <= 30


def records(count: int, differ: set[int]) -> Arrays:
    """Two records of each of `count` persons: three rare things in common, and a fourth one but where they differ."""
    met = [(2 * n + side, kind, n * 4 + kind) for n in range(count) for side in (0, 1) for kind in range(3)]
    met += [(2 * n + side, 3, n * 4 + 3 + (4 * count + side) * (n in differ)) for n in range(count) for side in (0, 1)]
    entities = sorted({(kind, thing) for _, kind, thing in met})
    codes = np.array([entities.index((kind, thing)) for _, kind, thing in met], dtype=np.int64)
    family = np.array([kind for kind, _ in entities], dtype=np.int64)
    return np.array([account for account, _, _ in met], dtype=np.int64), codes, family


@pytest.mark.parametrize("differ", [0, 10, 45])
def test_how_often_one_hands_answers_differ_is_counted_without_the_answer_itself(differ: int) -> None:
    account, entity, family = records(50, set(range(differ)))
    found = how_often_answers_differ(account, entity, family, 100, 100, [3])
    assert found == {3: (differ + 1) / 52}


def test_another_answer_unties_where_one_hand_hardly_ever_gives_two() -> None:
    account, entity, family = records(50, {0})
    seldom, often = (tie_pairs(account, entity, family, 100, 100, differing={3: share}) for share in (1 / 32, 1.0))
    assert often.cluster[:4].tolist() == [0, 0, 2, 2]
    assert seldom.cluster[:4].tolist() == [-1, -1, 2, 2]


def test_who_is_tied_to_one_of_a_crowd_joins_it_and_two_crowds_stay_two() -> None:
    met = {(0, 0), (5, 0), (0, 1), (5, 1), (5, 2), (9, 2), (5, 3), (9, 3)}
    account, entity = (np.array(column, dtype=np.int64) for column in zip(*sorted(met), strict=True))
    crowd = np.array([0, 0, 0, -1, -1, -1, -1, 7, 7, 7])
    found = tie_pairs(account, entity, np.array([0, 1, 0, 1]), 1_000, 10, crowd=crowd)
    assert found.cluster.tolist() == [-1, -1, -1, -1, -1, 0, -1, -1, -1, -1]

"""Splits one connected component into groups that each have their own profile, and weighs every account's membership.

A component only says that a chain of coincidences exists. Inside it, entities that go together (the same accounts meet
both far more often than chance allows) are gathered into communities by label propagation on the entity graph; a
community is a first guess of one operator's footprint. The guess is then refined as a mixture model: each group has a
profile P(entity | group), everybody else has P(entity | not group), and an account belongs where

    log2(size / (N - size)) + sum over families of the best log2(P(entity | group) / P(entity | others))

is largest and above zero. The prior is the group's share of the whole population N, so it scales as 1/N; a family counts
once (its strongest entity); not sharing says nothing. Two groups are merged when one profile explains both at least
as well as two do (minimum description length). All orders are fixed, so the outcome does not depend on row order.
Sources: Fellegi and Sunter, JASA 1969 (weights); Raghavan, Albert, Kumara, Phys. Rev. E 76, 2007 (label propagation);
Rissanen, Automatica 1978 (description length).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from jobs.graph.grouping.profiles import (
    MAX_FAMILY_BITS,
    SAME_MARKS,
    USUAL,
    Drawn,
    Floats,
    Incidence,
    Ints,
    Profiles,
    explained,
)

MIN_SHARED = 3  # a coincidence of two accounts is a household, not a campaign
MIN_GROUP = 3
HUB_SHARE = 0.25  # what every fourth account meets cannot name a group
PURITY = 0.8  # of accounts that share both entities, at most a fifth may be there by chance
CLOSE = 0.5  # of an entity's closest overlap: what overlaps far less with it is another footprint that passes through
ROUNDS = 6
TRIED = 50  # mergers weighed in full, most promising first, before the best one is made
SEED = 20260223  # label propagation needs an order of visits; any fixed one will do


@dataclass(frozen=True)
class Piece:
    """What one family says about one account's membership of its group: the strongest entity and its bits."""

    account: int
    group: int
    entity: int
    bits: float


@dataclass(frozen=True)
class Grouping:
    """`group` per account (-1: none), the prior's bits per group, and the pieces of evidence of every member."""

    group: Ints
    prior_bits: Floats
    pieces: tuple[Piece, ...]


def split(met: Incidence, log_tail_limit: float) -> Grouping:
    """Group the accounts of one component. `log_tail_limit` (nats, negative) is the significance in force."""
    profiles = Profiles(met)
    group = _settle(profiles, _seeds(met, log_tail_limit))
    group = _split_off_unmarked(profiles, _split_by_marks(profiles, group))
    while (merged := _merge_once(profiles, group)) is not None:
        group = _settle(profiles, merged)
    group = _relabelled(group)
    members = _members(group)
    pieces = tuple(
        Piece(account, label, entity, bits)
        for label, each in enumerate(members)
        for account, entity, bits in profiles.pieces(each)
    )
    return Grouping(group, np.array([profiles.prior(len(each)) for each in members]), pieces)


def entity_graph(met: Incidence, log_tail_limit: float) -> nx.Graph[int]:
    """Entities of different families that share more accounts than chance allows; weight = overlap of their accounts."""
    usable = np.flatnonzero(met.accounts <= HUB_SHARE * met.population)
    columns = sparse.csc_array(met.matrix)[:, usable]
    together = sparse.coo_array(sparse.triu(columns.T @ columns, k=1))
    left, right, shared = usable[together.row], usable[together.col], together.data
    keep = (shared >= MIN_SHARED) & (met.family[left] != met.family[right])
    left, right, shared = left[keep], right[keep], shared[keep]
    expected = met.accounts[left] * met.accounts[right] / met.population
    log_tail = -(shared * np.log(shared / expected) - shared + expected)
    keep = (expected <= (1 - PURITY) * shared) & (log_tail <= log_tail_limit)
    left, right, shared = left[keep], right[keep], shared[keep]
    weight = shared / np.maximum(met.accounts[left], met.accounts[right])
    closest = np.zeros(len(met.family))
    np.maximum.at(closest, left, weight)
    np.maximum.at(closest, right, weight)
    near = weight >= CLOSE * np.maximum(closest[left], closest[right])
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(sorted({*left.tolist(), *right.tolist()}))
    edges = zip(left[near].tolist(), right[near].tolist(), weight[near].tolist(), strict=True)
    graph.add_weighted_edges_from(sorted(edges))
    return graph


def _seeds(met: Incidence, log_tail_limit: float) -> Ints:
    """First guess: communities of entities, and each account with the community it shares most bits with."""
    graph = entity_graph(met, log_tail_limit)
    group = np.full(met.size, -1, dtype=np.int64)
    if not graph:
        return group
    found = nx.community.fast_label_propagation_communities(graph, weight="weight", seed=SEED)
    communities = sorted(sorted(each) for each in found)
    rarity = np.log2(met.population / met.accounts)
    drawn = []
    for entities in communities:
        pairs, place = met.pairs_of_entities(np.array(entities))
        drawn.append(explained(*met.by_family(pairs, rarity[entities][place], MAX_FAMILY_BITS)))
    return _relabelled(_best_of(drawn, met.size))


def _settle(profiles: Profiles, group: Ints) -> Ints:
    """Move accounts to the group that explains them best until nothing moves."""
    for _ in range(ROUNDS):
        moved = _without_small(_best_of([profiles.draws(members) for members in _members(group)], len(group)))
        if np.array_equal(moved, group):
            break
        group = moved
    return group


def _best_of(drawn: Sequence[Drawn], accounts: int) -> Ints:
    """Per account the place of what draws it most, the first of equals; -1 where nothing speaks for any."""
    best, chosen = np.zeros(accounts), np.full(accounts, -1, dtype=np.int64)
    for label, each in enumerate(drawn):
        better = each.bits > best[each.accounts]
        chosen[each.accounts[better]], best[each.accounts[better]] = label, each.bits[better]
    return chosen


def _merge_once(profiles: Profiles, group: Ints) -> Ints | None:
    """The one merger of two groups that gains most, or None when every merger would explain less."""
    members = _members(group)
    sizes = np.array([len(each) for each in members])
    own = np.full(len(group), -np.inf)
    attracted: list[tuple[float, int, int]] = []
    for first, each in enumerate(members):
        drawn = profiles.draws(each, np.inf)  # a cap would hide what a merger blurs
        own[each] = drawn.of(each)
        of_group = group[drawn.accounts]
        explained = np.bincount(of_group[of_group >= 0], minlength=len(members))
        for second in np.flatnonzero((explained > 0) & (explained >= 0.5 * sizes)).tolist():
            if second != first and not profiles.differ_in_marks(each, members[second]):
                median = float(np.median(drawn.of(members[second])))
                if median > 0:
                    attracted.append((median, first, second))
    best_gain, best = 0.0, None
    for _, first, second in sorted(attracted, key=lambda pair: (-pair[0], pair[1], pair[2]))[:TRIED]:
        both = np.union1d(members[first], members[second])
        gain = profiles.draws(both, np.inf).total(both) - float(own[both].sum())
        if gain > best_gain:
            best_gain, best = gain, np.where(group == second, first, group)
    return None if best is None else _relabelled(best)


def _split_by_marks(profiles: Profiles, group: Ints) -> Ints:
    """Split groups whose members fall into sets with different marks, where everything else falls into the same sets.

    One operator may give its accounts different prompts; two operators also differ in clients, places or series.
    """
    for label in range(int(group.max(initial=-1)) + 1):
        parts = _parts_by_marks(profiles.met, group == label)
        if parts is not None:
            apart = group.copy()
            apart[parts >= 0] = group.max() + 1 + parts[parts >= 0]
            apart = _settle(profiles, _relabelled(apart))
            if _explained(profiles, apart) > _explained(profiles, group):
                group = np.where(group == label, np.where(apart >= 0, apart + group.max() + 1, -1), group)
    return _settle(profiles, _relabelled(group))


def _split_off_unmarked(profiles: Profiles, group: Ints) -> Ints:
    """Split groups into the members that show its marks and those that show none, where two profiles explain more.

    Strangers whom two common habits draw in one by one (a client, a rhythm) would otherwise stay for what they have in
    common with each other: the office of a company that happens to use the campaign's client.
    """
    for leader in [int(members[0]) for members in _members(group)]:
        members = np.flatnonzero((group == group[leader]) & (group >= 0))
        unmarked = profiles.unmarked(members)
        if MIN_GROUP <= len(unmarked) <= len(members) - MIN_GROUP:
            apart = group.copy()
            apart[unmarked] = group.max() + 1
            apart = _settle(profiles, apart)
            if _described(profiles, apart) > _described(profiles, group):
                group = apart
    return _relabelled(group)


def _described(profiles: Profiles, group: Ints) -> float:
    """Bits that the groups' profiles explain of their members in all, without the cap on families."""
    return sum(profiles.draws(members, np.inf).total(members) for members in _members(group))


def _parts_by_marks(met: Incidence, members: npt.NDArray[np.bool_]) -> Ints | None:
    """Per account the set of marks it shows (-1: none, or not a member); None when the marks are of one set.

    Marks belong to one set when members have them together.
    """
    is_mark = np.isin(met.family, met.marks)
    pair = members[met.account] & is_mark[met.entity]
    matrix = sparse.csc_array(
        (np.ones(int(pair.sum())), (met.account[pair], met.entity[pair])), shape=(len(members), len(met.family))
    )
    users: Floats = np.asarray(matrix.sum(axis=0)).ravel()
    usual = np.flatnonzero(users >= max(MIN_SHARED, USUAL * members.sum()))
    if len(usual) < 2:
        return None
    together = sparse.coo_array(matrix[:, usual].T @ matrix[:, usual])
    near = together.data >= SAME_MARKS * np.minimum(users[usual][together.row], users[usual][together.col])
    links = sparse.csr_array((together.data[near], (together.row[near], together.col[near])), shape=(len(usual),) * 2)
    count, mark_set = csgraph.connected_components(links, directed=False)
    shown = np.zeros((len(members), count))
    for place in range(count):
        shown[:, place] = np.asarray(matrix[:, usual[mark_set == place]].sum(axis=1)).ravel()
    part = np.where(shown.max(axis=1) > 0, shown.argmax(axis=1), -1)
    sizes = np.bincount(part[part >= 0], minlength=count)
    kept = np.flatnonzero(sizes >= max(MIN_GROUP, USUAL * members.sum()))
    if len(kept) < 2:
        return None
    return np.where(np.isin(part, kept), part, -1)


def _explained(profiles: Profiles, group: Ints) -> float:
    """Bits that the groups' profiles explain in all, without their marks and without the cap on families."""
    everyone = np.flatnonzero(group >= 0)
    grouped = profiles.counts(everyone)
    return sum(profiles.explained_apart(members, grouped, len(everyone)) for members in _members(group))


def _members(group: Ints) -> list[Ints]:
    """The accounts of each group, ascending; groups are counted from 0 without gaps."""
    order = np.argsort(group, kind="stable")
    ends = np.cumsum(np.bincount(group + 1, minlength=1))
    return [order[low:high] for low, high in pairwise(ends.tolist())]


def _without_small(group: Ints) -> Ints:
    sizes = np.bincount(group[group >= 0], minlength=1)
    small = np.flatnonzero(sizes < MIN_GROUP)
    return _relabelled(np.where(np.isin(group, small), -1, group))


def _relabelled(group: Ints) -> Ints:
    """The same groups, numbered in the order of their first account."""
    labels, first = np.unique(group[group >= 0], return_index=True)
    order = np.full(int(group.max(initial=-1)) + 2, -1, dtype=np.int64)
    order[labels[np.argsort(first, kind="stable")]] = np.arange(len(labels))
    return order[group]

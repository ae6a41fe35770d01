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

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import networkx as nx
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

from jobs.graph.grouping.profiles import (
    MAX_FAMILY_BITS,
    MIN_FAMILY_BITS,
    SAME_MARKS,
    USUAL,
    Drawn,
    Floats,
    Incidence,
    Ints,
    Profiles,
    explained,
    name_of,
)

MIN_SHARED = 3  # a coincidence of two accounts is a household, not a campaign
MIN_GROUP = 3
PURITY = 0.8  # of accounts that share both entities, at most a fifth may be there by chance
CLOSE = 0.5  # of an entity's closest overlap: what overlaps far less with it is another footprint that passes through
ROUNDS = 6  # more would let a group take in strangers one by one, each making the next more usual
TRIED = 50  # mergers weighed in full, most promising first, before the best are made
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
    """`group` and log-odds in `bits` per account (-1: in no group), the prior's bits per group, and every member's pieces of
    evidence. Prior and pieces sum to the bits, but where another answer or one kind alone counts (`Incidence`)."""

    group: Ints
    bits: Floats
    prior_bits: Floats
    pieces: tuple[Piece, ...]


def split(met: Incidence, log_tail_limit: float) -> Grouping:
    """Group the accounts of one component. `log_tail_limit` (nats, negative) is the significance in force."""
    profiles = Profiles(met)
    group = _settle(profiles, _seeds(met, log_tail_limit))
    group = _split_off_unmarked(profiles, _split_by_marks(profiles, group))
    mergers = _Mergers(profiles)
    while (merged := mergers.best(group)) is not None:
        group = _settle(profiles, merged)
    group = _firm(profiles, group)
    members = _members(group)
    bits = np.full(len(group), -np.inf)
    for each in members:
        bits[each] = profiles.draws(each).of(each)
    pieces = tuple(
        Piece(account, label, entity, bits)
        for label, each in enumerate(members)
        for account, entity, bits in profiles.pieces(each)
    )
    return Grouping(group, bits, np.array([profiles.prior(len(each)) for each in members]), pieces)


def entity_graph(met: Incidence, log_tail_limit: float) -> nx.Graph[int]:
    """Entities of different families that share more accounts than chance allows; weight = overlap of their accounts."""
    columns = sparse.csc_array(met.matrix)
    together = sparse.coo_array(sparse.triu(columns.T @ columns, k=1))
    left, right, shared = together.row, together.col, together.data
    keep = (shared >= MIN_SHARED) & (met.family[left] != met.family[right])
    left, right, shared = left[keep], right[keep], shared[keep]
    expected, log_tail = _by_chance(met.accounts[left], met.accounts[right], shared, met.population)
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


def _by_chance(accounts_a: Ints, accounts_b: Ints, both: Floats, population: int) -> tuple[Floats, Floats]:
    """Expected accounts and log tail of cells, as in `jobs.graph.sharing.chance`."""
    a, b = accounts_a.astype(float), accounts_b.astype(float)
    expected = np.maximum(a * (b - both) / (population - a + 1), b * (a - both) / (population - b + 1))
    few, share = np.minimum(a, b), np.maximum(a, b) / population
    found = both / few
    with np.errstate(divide="ignore", invalid="ignore"):
        others = np.where(found < 1, (few - both) * np.log((1 - found) / (1 - share)), 0.0)
        log_tail = np.where(found > share, -(both * np.log(found / share) + others), 0.0)
    return expected, log_tail


def _seeds(met: Incidence, log_tail_limit: float) -> Ints:
    """First guess: communities of entities, and each account with the community it shares most bits with."""
    graph = entity_graph(met, log_tail_limit)
    communities = []
    if graph:
        found = nx.community.fast_label_propagation_communities(graph, weight="weight", seed=SEED)
        communities = sorted(sorted(each) for each in found)
    if met.alone is not None:
        communities += [[entity] for entity in np.flatnonzero((met.alone > 0) & (met.accounts >= MIN_GROUP)).tolist()]
    # What a coincidence made a community counts as a kind of evidence, though half of the accounts have it.
    rarity = np.maximum(np.log2(met.population / met.accounts), MIN_FAMILY_BITS)
    drawn = []
    for entities in communities:
        pairs, place = met.pairs_of_entities(np.array(entities))
        accounts, bits = met.by_family(pairs, rarity[entities][place], MAX_FAMILY_BITS)
        drawn.append(explained(accounts, bits, sure=met.sure(pairs, accounts)))
    return _relabelled(_best_of(drawn, met.size))


def _settle(profiles: Profiles, group: Ints) -> Ints:
    """Move accounts to the group that explains them best."""
    return _until_settled(
        group, lambda found: _best_of([profiles.draws(members) for members in _members(found)], len(found))
    )


def _until_settled(group: Ints, best: Callable[[Ints], Ints]) -> Ints:
    """Move each to the group that `best` says, small ones dissolved, until nothing moves, or ROUNDS times."""
    for _ in range(ROUNDS):
        moved = _without_small(best(group))
        if np.array_equal(moved, group):
            break
        group = moved
    return group


def _firm(profiles: Profiles, group: Ints) -> Ints:
    """Without those whom their own group no longer draws: nobody is a member below even odds."""
    while True:
        kept = group.copy()
        for members in _members(group):
            kept[members[~(profiles.draws(members).of(members) > 0)]] = -1
        kept = _without_small(kept)
        if np.array_equal(kept, group):
            return _relabelled(group)
        group = kept


def _best_of(drawn: Sequence[Drawn], accounts: int) -> Ints:
    """Per account the place of what draws it most, the first of equals; -1 where nothing speaks for any."""
    best, chosen = np.zeros(accounts), np.full(accounts, -1, dtype=np.int64)
    for label, each in enumerate(drawn):
        better = each.bits > best[each.accounts]
        chosen[each.accounts[better]], best[each.accounts[better]] = label, each.bits[better]
    return chosen


class _Mergers:
    """Finds mergers of two groups, and remembers what each group would draw: a merger changes few groups."""

    def __init__(self, profiles: Profiles) -> None:
        self.profiles = profiles
        self._drawing: dict[bytes, list[tuple[float, bytes]]] = {}
        self._numbers: dict[bytes, int] = {}
        self._seen = np.zeros(0, dtype=np.int64)

    def best(self, group: Ints) -> Ints | None:
        """The mergers of two groups that gain most, none of a group that one has merged; None when all would explain less."""
        profiles, members = self.profiles, _members(group)
        names = [name_of(each) for each in members]
        place = {name: label for label, name in enumerate(names)}
        own = np.full(len(group), -np.inf)
        sizes = np.array([len(each) for each in members])
        changed = self._changed(group, names)
        attracted: list[tuple[float, int, int]] = []
        for first, each in enumerate(members):
            drawn = profiles.draws(each, np.inf)  # a cap would hide what a merger blurs
            own[each] = drawn.of(each)
            if names[first] not in self._drawing or changed[drawn.accounts].any():
                self._drawing[names[first]] = self._draws(drawn, first, group, members, sizes, names)
            attracted += [(median, first, place[name]) for median, name in self._drawing[names[first]]]
        self._drawing = {name: self._drawing[name] for name in names}
        gains = []
        for _, first, second in sorted(attracted, key=lambda pair: (-pair[0], pair[1], pair[2]))[:TRIED]:
            both = np.union1d(members[first], members[second])
            gains.append((profiles.draws(both, np.inf).total(both) - float(own[both].sum()), first, second))
        merged, taken = group, set[int]()
        for gain, first, second in sorted(gains, key=lambda each: (-each[0], each[1], each[2])):
            if gain > 0 and not taken & {first, second}:
                merged, taken = np.where(group == second, first, merged), taken | {first, second}
        return _relabelled(merged) if taken else None

    def _changed(self, group: Ints, names: list[bytes]) -> npt.NDArray[np.bool_]:
        """Per account whether its group is another than when this was asked before."""
        numbers = [self._numbers.setdefault(name, len(self._numbers)) for name in names]
        now = np.array([*numbers, -1])[group]
        changed = np.ones(len(group), dtype=bool) if not len(self._seen) else now != self._seen
        self._seen = now
        return changed

    def _draws(
        self, drawn: Drawn, first: int, group: Ints, members: list[Ints], sizes: Ints, names: list[bytes]
    ) -> list[tuple[float, bytes]]:
        """The groups of which the profile of `first` explains half and more, with the median of the bits."""
        of_group = group[drawn.accounts]
        inside = np.flatnonzero(of_group >= 0)
        inside = inside[np.lexsort((drawn.bits[inside], of_group[inside]))]
        seconds, start, counts = np.unique(of_group[inside], return_index=True, return_counts=True)
        sizes, bits = sizes[seconds], drawn.bits[inside]
        missing = sizes - counts  # of which the profile explains nothing: they stand below all others
        lower, upper = (sizes - 1) // 2 - missing, sizes // 2 - missing
        median = np.full(len(seconds), -np.inf)
        known = np.flatnonzero(lower >= 0)
        median[known] = (bits[start[known] + lower[known]] + bits[start[known] + upper[known]]) / 2
        found = []
        for at in np.flatnonzero((counts >= 0.5 * sizes) & (median > 0)).tolist():
            second = int(seconds[at])
            if second != first and not self.profiles.differ_in_marks(members[first], members[second]):
                found.append((float(median[at]), names[second]))
        return found


def _split_by_marks(profiles: Profiles, group: Ints) -> Ints:
    """Split groups whose members fall into sets with different marks, where everything else falls into the same sets.

    One operator may give its accounts different prompts; two operators also differ in clients, places or series.
    """
    everyone = np.flatnonzero(group >= 0)
    grouped = profiles.counts(everyone)

    def explained_apart(members: Ints) -> float:
        return profiles.explained_apart(members, grouped, len(everyone))

    def parts(members: Ints) -> Ints | None:
        return _parts_by_marks(profiles.met, members)

    return _settle(profiles, _split_where(profiles, group, parts, explained_apart))


def _split_off_unmarked(profiles: Profiles, group: Ints) -> Ints:
    """Split groups into the members that show its marks and those that show none, where two profiles explain more.

    Strangers whom two common habits draw in one by one (a client, a rhythm) would otherwise stay for what they have in
    common with each other: the office of a company that happens to use the campaign's client.
    """

    def parts(members: Ints) -> Ints | None:
        unmarked = profiles.unmarked(members)
        return np.isin(members, unmarked).astype(np.int64) if len(unmarked) >= MIN_GROUP else None

    apart = _split_where(profiles, group, parts, profiles.described)
    return group if np.array_equal(apart, group) else _settle(profiles, apart)


def _split_where(
    profiles: Profiles, group: Ints, parts: Callable[[Ints], Ints | None], explained: Callable[[Ints], float]
) -> Ints:
    """Split the groups whose parts explain more than they do. A group is weighed against its own parts, all others left as they
    are: what is true of one group costs nothing in others."""
    split = group.copy()
    for members in _members(group):
        part = parts(members)
        if part is None:
            continue
        settled = _settle_among(profiles, members, part)
        apart = [members[each] for each in _members(settled)]
        if len(apart) > 1 and sum(map(explained, apart)) > explained(members):
            split[members] = np.where(settled >= 0, settled + split.max() + 1, -1)
    return _relabelled(split)


def _settle_among(profiles: Profiles, members: Ints, part: Ints) -> Ints:
    """Move the members of one group to the part of it that explains them best, as `_settle` does; -1 where none does."""

    def best(part: Ints) -> Ints:
        drawn = [profiles.draws(members[each]).of(members) for each in _members(part)]
        found: Ints = np.array([np.zeros(len(members)), *drawn]).argmax(axis=0) - 1
        return found

    return _until_settled(_without_small(part), best)


def _parts_by_marks(met: Incidence, members: Ints) -> Ints | None:
    """Per member the set of marks it shows (-1: none); None when the marks are of one set.

    Marks belong to one set when members have them together.
    """
    pairs = met.pairs_of_accounts(members)
    pairs = pairs[np.isin(met.family[met.entity[pairs]], met.marks)]
    marks, mark = np.unique(met.entity[pairs], return_inverse=True)
    member = np.searchsorted(members, met.account[pairs])
    matrix = sparse.csc_array((np.ones(len(pairs)), (member, mark)), shape=(len(members), len(marks)))
    users: Floats = np.asarray(matrix.sum(axis=0)).ravel()
    usual = np.flatnonzero(users >= max(MIN_SHARED, USUAL * len(members)))
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
    kept = np.flatnonzero(sizes >= max(MIN_GROUP, USUAL * len(members)))
    if len(kept) < 2:
        return None
    return np.where(np.isin(part, kept), part, -1)


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

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

from dataclasses import dataclass

import networkx as nx
import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

MIN_SHARED = 3  # a coincidence of two accounts is a household, not a campaign
MIN_GROUP = 3
MIN_FAMILIES = 2  # one kind of thing in common, however rare, is not coordination
MIN_FAMILY_BITS = 1.0  # less than doubling the odds is not counted as a kind of evidence
MAX_FAMILY_BITS = 8.0  # no single kind may outweigh model error of 1 in 256
HUB_SHARE = 0.25  # what every fourth account meets cannot name a group
PURITY = 0.8  # of accounts that share both entities, at most a fifth may be there by chance
CLOSE = 0.5  # of an entity's closest overlap: what overlaps far less with it is another footprint that passes through
USUAL = 0.05  # of the members: rarer marks are single accounts' own
MARKED = 0.5  # marks per member, at least, for the marks to tell hands apart
SAME_MARKS = 0.25  # of their marks that two groups have in common when one hand made both
ROUNDS = 6
SEED = 20260223  # label propagation needs an order of visits; any fixed one will do
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Incidence:
    """Who met what, in one component. Arrays of equal length, one element per (account, entity) pair, no repeats.

    `account` and `entity` are codes counted from 0 in the order of the sorted names; `family` and `accounts`
    (how many accounts of the whole population met it) are per entity code.
    """

    account: Ints
    entity: Ints
    family: Ints
    accounts: Ints
    population: int
    marks: tuple[int, ...] = ()  # families that show an operator's own hand: its prompts

    @property
    def matrix(self) -> sparse.csr_array:
        shape = (int(self.account.max()) + 1, len(self.family))
        return sparse.csr_array((np.ones(len(self.account)), (self.account, self.entity)), shape=shape)


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
    matrix = met.matrix
    group = _seeds(matrix, met, log_tail_limit)
    group = _settle(met, group)
    group = _split_by_marks(met, group)
    while (merged := _merge_once(met, group)) is not None:
        group = _settle(met, merged)
    group = _relabelled(group)
    totals = _Scores(met, group)
    pieces = tuple(
        Piece(int(account), int(group[account]), entity, value)
        for account in np.argsort(np.where(group >= 0, group, len(group)), kind="stable")[: int((group >= 0).sum())]
        for entity, value in totals.pieces(int(account), int(group[account]))
    )
    return Grouping(group, totals.prior, pieces)


def entity_graph(matrix: sparse.csr_array, met: Incidence, log_tail_limit: float) -> nx.Graph[int]:
    """Entities of different families that share more accounts than chance allows; weight = overlap of their accounts."""
    usable = np.flatnonzero(met.accounts <= HUB_SHARE * met.population)
    columns = sparse.csc_array(matrix)[:, usable]
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


def _seeds(matrix: sparse.csr_array, met: Incidence, log_tail_limit: float) -> Ints:
    """First guess: communities of entities, and each account with the community it shares most bits with."""
    graph = entity_graph(matrix, met, log_tail_limit)
    group = np.full(matrix.shape[0], -1, dtype=np.int64)
    if not graph:
        return group
    found = nx.community.fast_label_propagation_communities(graph, weight="weight", seed=SEED)
    communities = sorted(sorted(each) for each in found)
    best = np.zeros(matrix.shape[0])
    rarity = np.log2(met.population / met.accounts)
    for label, members in enumerate(communities):
        worth = np.zeros(len(met.family))
        worth[members] = rarity[members]
        bits = _by_family(met, worth[met.entity], matrix.shape[0])
        total = np.where((bits >= MIN_FAMILY_BITS).sum(axis=1) >= MIN_FAMILIES, bits.sum(axis=1), 0.0)
        better = total > best
        group[better], best[better] = label, total[better]
    return _relabelled(group)


def _by_family(met: Incidence, worth: Floats, accounts: int, cap: float = MAX_FAMILY_BITS) -> Floats:
    """accounts x families: the strongest of the `worth` (one per pair) of each family, 0 where there is none."""
    families = int(met.family.max()) + 1
    bits = np.zeros(accounts * families)
    positive = worth > 0
    np.maximum.at(bits, met.account[positive] * families + met.family[met.entity[positive]], worth[positive])
    return np.minimum(bits, cap).reshape(accounts, families)


class _Scores:
    """Log-odds of every account under every group's profile, leaving the account itself out of its own group."""

    def __init__(self, met: Incidence, group: Ints) -> None:
        self.met, self.group = met, group
        self.groups = int(group.max()) + 1 if len(group) else 0
        self.size = np.bincount(group[group >= 0], minlength=self.groups).astype(float)
        self.prior = np.log2(np.maximum(self.size, 1) / np.maximum(met.population - self.size, 1))
        self._worth_of: dict[int, Floats] = {}
        label = group[met.account]
        member = label >= 0
        pairs = (label[member], met.entity[member])
        shape = (self.groups, len(met.family))
        self.counts = sparse.csr_array((np.ones(int(member.sum())), pairs), shape=shape)
        self.counts.sum_duplicates()
        self.is_mark = np.isin(met.family, met.marks)
        self.grouped: Floats = np.asarray(self.counts.sum(axis=0)).ravel()

    def worth(self, label: int, apart: bool = False) -> Floats:
        """Bits of each (account, entity) pair under the profile of group `label`, against everybody outside it.

        `apart`: marks left out, and against everybody outside all groups, so that what two groups buy from the same seller
        does not count against telling them apart.
        """
        row = self.counts[[label], :].toarray()[0]
        inside = self.group[self.met.account] == label
        shared = row[self.met.entity] - inside
        size = self.size[label] - inside
        inside_groups = self.grouped if apart else row
        elsewhere = self.met.accounts[self.met.entity] - inside_groups[self.met.entity]
        rest = self.met.population - (self.size.sum() if apart else self.size[label])
        value = np.log2(((shared + 0.5) / (size + 1.0)) / ((elsewhere + 0.5) / (rest + 1.0)))
        counted = (shared > 0) & ~(apart & self.is_mark[self.met.entity])
        return np.where(counted, np.maximum(value, 0.0), 0.0)

    def total(self, label: int, cap: float = MAX_FAMILY_BITS, apart: bool = False) -> Floats:
        """Log-odds per account under group `label`; minus infinity without two kinds of evidence."""
        bits = _by_family(self.met, self.worth(label, apart), len(self.group), cap)
        enough = (bits >= MIN_FAMILY_BITS).sum(axis=1) >= MIN_FAMILIES
        return np.where(enough, bits.sum(axis=1) + self.prior[label], -np.inf)

    def differ_in_marks(self, first: int, second: int) -> bool:
        """Whether the members of both groups show marks, and hardly the same ones: then the hands are two.

        Two operators on one proxy network share addresses, issuers and clients, but not their prompts; each may have
        many prompts, so it is their shares that are compared and not the most frequent one.
        """
        shares = [self.counts[[label], :].toarray()[0] / max(self.size[label], 1) for label in (first, second)]
        for family in self.met.marks:
            of_family = self.met.family == family
            mine, theirs = (np.where(of_family & (each >= USUAL), each, 0.0) for each in shares)
            marked = min(mine.sum(), theirs.sum())
            if marked >= MARKED:
                return bool(np.minimum(mine, theirs).sum() < SAME_MARKS * marked)
        return False

    def pieces(self, account: int, label: int) -> list[tuple[int, float]]:
        """The strongest entity of each family for one account, strongest first."""
        if label not in self._worth_of:
            self._worth_of = {label: self.worth(label)}  # asked group by group: one at a time is enough
        worth = self._worth_of[label]
        low, high = np.searchsorted(self.met.account, [account, account + 1])
        best: dict[int, tuple[int, float]] = {}
        for pair in range(int(low), int(high)):
            entity, value = int(self.met.entity[pair]), min(float(worth[pair]), MAX_FAMILY_BITS)
            family = int(self.met.family[entity])
            if value > 0 and (family not in best or value > best[family][1]):
                best[family] = (entity, value)
        return sorted(best.values(), key=lambda piece: (-piece[1], piece[0]))


def _settle(met: Incidence, group: Ints) -> Ints:
    """Move accounts to the group that explains them best until nothing moves."""
    for _ in range(ROUNDS):
        scores = _Scores(met, group)
        best = np.zeros(len(group))
        moved = np.full(len(group), -1, dtype=np.int64)
        for label in range(scores.groups):
            total = scores.total(label)
            better = total > best
            moved[better], best[better] = label, total[better]
        moved = _without_small(moved)
        if np.array_equal(moved, group):
            break
        group = moved
    return group


def _merge_once(met: Incidence, group: Ints) -> Ints | None:
    """The one merger of two groups that gains most, or None when every merger would explain less."""
    scores = _Scores(met, group)
    own = np.zeros(len(group))
    foreign: list[tuple[float, int, int]] = []
    totals = [scores.total(label, np.inf) for label in range(scores.groups)]  # a cap would hide what a merger blurs
    for label in range(scores.groups):
        own[group == label] = totals[label][group == label]
    for first in range(scores.groups):
        for second in range(scores.groups):
            members = group == second
            if first != second and members.any() and not scores.differ_in_marks(first, second):
                attracted = totals[first][members]
                if np.isfinite(attracted).mean() >= 0.5 and np.median(attracted) > 0:
                    foreign.append((float(np.median(attracted)), first, second))
    best_gain, best = 0.0, None
    for _, first, second in sorted(foreign, key=lambda pair: (-pair[0], pair[1], pair[2]))[:50]:
        joined = np.where(group == second, first, group)
        both = joined == first
        together = _Scores(met, joined).total(first, np.inf)[both]
        gain = float(np.where(np.isfinite(together), together, 0.0).sum() - own[both].sum())
        if gain > best_gain:
            best_gain, best = gain, joined
    return None if best is None else _relabelled(best)


def _split_by_marks(met: Incidence, group: Ints) -> Ints:
    """Split groups whose members fall into sets with different marks, where everything else falls into the same sets.

    One operator may give its accounts different prompts; two operators also differ in clients, places or series.
    """
    for label in range(int(group.max(initial=-1)) + 1):
        parts = _parts_by_marks(met, group == label)
        if parts is not None:
            apart = group.copy()
            apart[parts >= 0] = group.max() + 1 + parts[parts >= 0]
            apart = _settle(met, _relabelled(apart))
            if _explained(met, apart) > _explained(met, group):
                group = np.where(group == label, apart + group.max() + 1, group)
    return _settle(met, _relabelled(group))


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


def _explained(met: Incidence, group: Ints) -> float:
    """Bits that the groups' profiles explain in all, without their marks and without the cap on families."""
    scores = _Scores(met, group)
    totals = 0.0
    for label in range(scores.groups):
        total = scores.total(label, np.inf, apart=True)[group == label]
        totals += float(np.where(np.isfinite(total), total, 0.0).sum())
    return totals


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

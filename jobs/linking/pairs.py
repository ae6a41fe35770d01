"""Clusters too small for a null model of crowds: two or a few accounts that share several rare things.

A pair is weighed as in record linkage: agreeing on an entity is worth log2(1/u) bits, u being the share of all pairs that
agree on something of that family at least as rare, less what the activity of the two alone makes likelier; the strongest
entity of each family counts, and the prior that a given other account is the same operator is 1/(N-1). Of the pairs with
positive log-odds those are tied of which at most ALPHA can be chance: how many of the N(N-1)/2 pairs of strangers reach t
bits is bounded by Chernoff over the families, each of which agrees by chance as often as it does in the file. Counting
every way to reach t matters: with four families, strangers reach 22 bits a hundred times more often than 2^-22.
Pairs are formed within rare entities only, so their number grows with the observations and not with the square of the
accounts. Sources: Fellegi and Sunter, JASA 1969 (weights); Chernoff, Ann. Math. Stat. 23, 1952; Benjamini and Hochberg,
JRSS B 57, 1995 (false discoveries).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ALPHA = 0.1  # of the ties may be chance; the bound counts true ties among the chance agreements, so far fewer are
SLOPES = np.linspace(0.05, 3.0, 60)  # exponents at which Chernoff's bound is taken: any give a bound, these a close one
STEP = 0.05  # nats: totals are rounded down to it before they are judged
ROUNDING = 1e-9  # bits: even odds are no tie, however sums of them are rounded
UNKNOWN, SAME, DIFFERENT = 0, 1, 2
SURE_BITS = 7.0  # above even odds: a pair of which hardly one in a hundred is chance
MIN_SURE = 10  # pairs from which on it can be told how often one hand's accounts give the same answer
MAX_ACCOUNTS = 12  # of an entity that may tie pairs: what more share is weighed as a crowd, against its null model


@dataclass(frozen=True)
class Ties:
    """`cluster` per account: the smallest account code of its cluster, -1 for none; `bits` of its strongest tie."""

    cluster: Ints
    bits: Floats


@dataclass(frozen=True, eq=False)
class Agreed:
    """Pairs of accounts that agree on rare things: smaller code first, bits in all and by family; `least` bits make a tie."""

    one: Ints
    other: Ints
    bits: Floats
    by_family: Floats
    least: float


@dataclass(frozen=True, eq=False)
class Weighed:
    """Pairs with the bits against them by family in which an account has one answer, the prior's bits, the log-odds of each in
    bits, and which are tied."""

    agreed: Agreed
    against: Mapping[int, Floats]
    prior: float
    bits: Floats
    tied: npt.NDArray[np.bool_]


def tie_pairs(
    account: Ints,
    entity: Ints,
    family: Ints,
    population: int,
    accounts: int,
    alpha: float = ALPHA,
    crowd: Ints | None = None,
    differing: Mapping[int, float] | None = None,
) -> Ties:
    """Tie accounts in pairs, and pairs into clusters.

    `account`, `entity`: equally long, one element per distinct pair, codes from 0. `family`: per entity code. `population`:
    N, the accounts of the whole file; `accounts`: one more than the largest account code; `alpha`: share of ties that may
    be chance. `crowd`: per account the label of the crowd that it is in already (-1: none): two of a crowd or of two crowds
    are not tied, and who is tied to one belongs to its crowd. `differing`: per family of which an account has one entity how
    often one hand's accounts differ in it (`how_often_answers_differ`).
    """
    crowd = np.full(accounts, -1, dtype=np.int64) if crowd is None else crowd
    weighed = weigh_pairs(account, entity, family, population, crowd, alpha, differing)
    if weighed is None:
        return Ties(np.full(accounts, -1, dtype=np.int64), np.zeros(accounts))
    agreed, tied = weighed.agreed, weighed.tied
    return _clusters(agreed.one[tied], agreed.other[tied], weighed.bits[tied], crowd)


def weigh_pairs(
    account: Ints,
    entity: Ints,
    family: Ints,
    population: int,
    crowd: Ints,
    alpha: float = ALPHA,
    differing: Mapping[int, float] | None = None,
) -> Weighed | None:
    """Every pair that `tie_pairs` looks at, and what speaks for it and against it; None where there is none."""
    agreed = agreements(account, entity, family, population, crowd < 0, alpha)
    if agreed is None:
        return None
    against: dict[int, Floats] = {}
    total = agreed.bits
    for which, usual in (differing or {}).items():
        answers = _answers(account, entity, family, which, len(crowd))
        against[which] = np.where(_said(answers, agreed) == DIFFERENT, np.log2(usual), 0.0)
        total = total + against[which]
    prior = float(np.log2(max(population - 1, 1)))
    return Weighed(agreed, against, -prior, total - prior, (total - prior > ROUNDING) & (total >= agreed.least))


def agreements(
    account: Ints, entity: Ints, family: Ints, population: int, free: npt.NDArray[np.bool_], alpha: float = ALPHA
) -> Agreed | None:
    """Pairs that agree on something rare, one of them `free` at least; None where there are none. See `tie_pairs`."""
    found = _agreements(account, entity, family, population, free)
    if not len(found.left):
        return None
    families = int(family.max()) + 1
    key = (found.left * len(free) + found.right) * families + found.family
    order = np.argsort(key)
    key = key[order]
    first = np.flatnonzero(np.r_[True, key[1:] != key[:-1]])
    pair, kind = np.divmod(key[first], families)
    worth = np.maximum.reduceat(found.bits[order], first)  # of a kind the strongest
    is_new = np.r_[True, pair[1:] != pair[:-1]]
    pairs, place = pair[is_new], np.cumsum(is_new) - 1
    total: Floats = np.bincount(place, weights=worth).astype(np.float64)
    by_family = np.zeros((len(pairs), families))
    by_family[place, kind] = worth
    least = max(float(np.log2(max(population - 1, 1))), _threshold(total, found, population, alpha))
    return Agreed(pairs // len(free), pairs % len(free), total, by_family, least)


def how_often_answers_differ(
    account: Ints, entity: Ints, family: Ints, population: int, accounts: int, single: Sequence[int]
) -> dict[int, float]:
    """Per family of which an account has one entity: share (0..1) of one hand's pairs that differ in it, where it can be told.

    Counted on the pairs that the other families tie without it (in place of the clerical m-probabilities of Fellegi and
    Sunter).
    """
    agreed = agreements(account, entity, family, population, np.ones(accounts, dtype=bool))
    found: dict[int, float] = {}
    if agreed is None:
        return found
    sure = np.log2(max(population - 1, 1)) + SURE_BITS
    for which in single:
        said = _said(_answers(account, entity, family, which, accounts), agreed)
        said = said[(said != UNKNOWN) & (agreed.bits - agreed.by_family[:, which] >= sure)]
        if len(said) >= MIN_SURE:
            found[which] = (float((said == DIFFERENT).sum()) + 1.0) / (len(said) + 2.0)
    return found


def _answers(account: Ints, entity: Ints, family: Ints, which: int, accounts: int) -> Ints:
    """Per account a row of what it said of a family, -1 where nothing: a name, and the parts of it."""
    mine = family[entity] == which
    account, entity = account[mine], entity[mine]
    order = np.lexsort((entity, account))
    account, entity = account[order], entity[order]
    place = np.arange(len(account)) - np.searchsorted(account, account)
    found = np.full((accounts, int(place.max(initial=0)) + 1), -1, dtype=np.int64)
    found[account, place] = entity
    return found


def _said(answers: Ints, agreed: Agreed) -> Ints:
    """Per pair whether both give the SAME answer, DIFFERENT ones, or it is UNKNOWN."""
    one, other = answers[agreed.one], answers[agreed.other]
    same = np.zeros(len(one), dtype=bool)
    for place in range(answers.shape[1]):
        same |= ((one[:, place, None] == other) & (other >= 0)).any(axis=1)
    unknown = (one[:, 0] < 0) | (other[:, 0] < 0)
    return np.where(unknown, UNKNOWN, np.where(same, SAME, DIFFERENT)).astype(np.int64)


def _clusters(one: Ints, other: Ints, strength: Floats, crowd: Ints) -> Ties:
    """The components of the ties among accounts in no crowd, each in the crowd that it is tied to most strongly, if any."""
    accounts = len(crowd)
    free = (crowd[one] < 0) & (crowd[other] < 0)
    graph = sparse.coo_array((np.ones(int(free.sum())), (one[free], other[free])), shape=(accounts, accounts))
    _, label = csgraph.connected_components(graph, directed=False)
    in_pair = np.zeros(accounts, dtype=bool)
    in_pair[one] = in_pair[other] = True
    in_pair &= crowd < 0
    _, first = np.unique(label, return_index=True)
    cluster = np.where(in_pair, first[label], -1)
    bits = np.zeros(accounts)
    np.maximum.at(bits, one, strength)
    np.maximum.at(bits, other, strength)
    inner, outer = np.where(crowd[one] < 0, one, other)[~free], np.where(crowd[one] < 0, other, one)[~free]
    order = np.lexsort((outer, -strength[~free], label[inner]))
    inner, outer = inner[order], outer[order]
    groups, place = np.unique(label[inner], return_index=True)
    joins = np.full(int(label.max()) + 1, -1, dtype=np.int64)
    joins[groups] = crowd[outer[place]]
    joined = in_pair & (joins[label] >= 0)
    return Ties(np.where(joined, joins[label], cluster), bits)


@dataclass(frozen=True)
class _Agreements:
    """Every two accounts that met one rare entity (smaller code first), its family and degree, and the bits of it."""

    left: Ints
    right: Ints
    family: Ints
    degree: Ints
    bits: Floats


def _threshold(total: Floats, found: _Agreements, population: int, alpha: float) -> float:
    """The bits, prior left out, from which at most `alpha` of the pairs are expected by chance."""
    nats = np.floor(total * np.log(2) / STEP) * STEP
    levels, counts = np.unique(nats, return_counts=True)
    reaching = np.cumsum(counts[::-1])[::-1]
    by_chance = population * (population - 1) / 2.0 * np.exp(_log_chance(levels, found, population))
    kept = np.flatnonzero(by_chance <= alpha * reaching)
    return float(levels[kept[0]] / np.log(2)) if len(kept) else np.inf


def _log_chance(nats: Floats, found: _Agreements, population: int) -> Floats:
    """Upper bound of ln P(a pair of strangers reaches so many nats over all families), per element of `nats`."""
    every = population * (population - 1) / 2.0
    level, pairs = np.unique(found.family * (MAX_ACCOUNTS + 1) + found.degree, return_counts=True)
    family, degree = level // (MAX_ACCOUNTS + 1), level % (MAX_ACCOUNTS + 1)
    share = pairs / every
    worth = _rarity_bits(found.family, found.degree, population, family, degree) * np.log(2)
    _, of_family = np.unique(family, return_inverse=True)
    bound = np.zeros(len(nats))
    for slope in SLOPES:
        gain = np.bincount(of_family, weights=share * np.expm1(slope * worth))
        bound = np.minimum(bound, np.log1p(gain).sum() - slope * nats)
    return bound


def _rarity_bits(of: Ints, degree: Ints, population: int, family: Ints, up_to: Ints) -> Floats:
    """Minus log2 of the share of all pairs that agree on something of `family` met by at most `up_to` accounts.

    `of`, `degree`: family and accounts of every agreement in the file, an agreement being a pair on one entity.
    """
    every = population * (population - 1) / 2.0
    kinds = np.unique(of)
    counts = np.zeros((len(kinds), MAX_ACCOUNTS + 1))
    np.add.at(counts, (np.searchsorted(kinds, of), degree), 1.0)
    agreeing = np.cumsum(counts, axis=1)[np.searchsorted(kinds, family), up_to]
    bits: Floats = np.log2(np.maximum(every / agreeing, 1.0))
    return bits


def _agreements(account: Ints, entity: Ints, family: Ints, population: int, free: npt.NDArray[np.bool_]) -> _Agreements:
    """Agreements of two accounts of which one is `free` at least."""
    order = np.lexsort((account, entity))
    account, entity = account[order], entity[order]
    degree = np.bincount(entity, minlength=len(family))
    rare = (degree[entity] >= 2) & (degree[entity] <= MAX_ACCOUNTS)
    account, entity = account[rare], entity[rare]
    lefts, rights, entities = [], [], []
    for apart in range(1, MAX_ACCOUNTS):
        same = np.flatnonzero(entity[apart:] == entity[:-apart])
        lefts.append(account[same])
        rights.append(account[same + apart])
        entities.append(entity[same])
    left, right, met = np.concatenate(lefts), np.concatenate(rights), np.concatenate(entities)
    counted = free[left] | free[right]
    left, right, met = left[counted], right[counted], met[counted]
    bits = _rarity_bits(family[met], degree[met], population, family[met], degree[met])
    return _Agreements(left, right, family[met], degree[met], np.maximum(bits - _busy_bits(account, left, right), 0.0))


def _busy_bits(account: Ints, left: Ints, right: Ints) -> Floats:
    """How many bits likelier than two usual accounts these two are to meet by chance, having met so many rare things."""
    if not len(account):
        return np.zeros(0)
    things = np.bincount(account).astype(np.float64)
    usual = things[things > 0].mean()
    bits: Floats = np.log2(np.maximum(things[left] * things[right] / usual**2, 1.0))
    return bits

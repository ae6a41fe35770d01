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
MAX_ACCOUNTS = 12  # of an entity that may tie pairs: what more share is weighed as a crowd, against its null model


@dataclass(frozen=True)
class Ties:
    """`cluster` per account: the smallest account code of its cluster, -1 for none; `bits` of its strongest tie."""

    cluster: Ints
    bits: Floats


def tie_pairs(account: Ints, entity: Ints, family: Ints, population: int, accounts: int, alpha: float = ALPHA) -> Ties:
    """Tie accounts in pairs, and pairs into clusters.

    `account`, `entity`: equally long, one element per distinct pair, codes from 0. `family`: per entity code. `population`:
    N, the accounts of the whole file; `accounts`: one more than the largest account code; `alpha`: share of ties that may
    be chance.
    """
    found = _agreements(account, entity, family, population)
    cluster, bits = np.full(accounts, -1, dtype=np.int64), np.zeros(accounts)
    if not len(found.left):
        return Ties(cluster, bits)
    pair = found.left * accounts + found.right
    order = np.lexsort((-found.bits, found.family, pair))
    pair, kind, worth = pair[order], found.family[order], found.bits[order]
    first_of_kind = np.r_[True, (pair[1:] != pair[:-1]) | (kind[1:] != kind[:-1])]
    pairs, place = np.unique(pair[first_of_kind], return_inverse=True)
    total: Floats = np.bincount(place, weights=worth[first_of_kind]).astype(np.float64)
    prior = np.log2(max(population - 1, 1))
    tied = (total > prior) & (total >= _threshold(total, found, population, alpha))
    total -= prior
    one, other, strength = pairs[tied] // accounts, pairs[tied] % accounts, total[tied]
    graph = sparse.coo_array((np.ones(len(one)), (one, other)), shape=(accounts, accounts))
    _, label = csgraph.connected_components(graph, directed=False)
    in_pair = np.zeros(accounts, dtype=bool)
    in_pair[one] = in_pair[other] = True
    _, first = np.unique(label, return_index=True)
    cluster = np.where(in_pair, first[label], -1)
    np.maximum.at(bits, one, strength)
    np.maximum.at(bits, other, strength)
    return Ties(cluster, bits)


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


def _agreements(account: Ints, entity: Ints, family: Ints, population: int) -> _Agreements:
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

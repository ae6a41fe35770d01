"""Clusters too small for a null model of crowds: two or a few accounts that share several rare things.

A pair is weighed as in record linkage: agreeing on an entity is worth log2(1/u) bits, u being the share of all pairs that
agree on something of that family at least as rare; the strongest entity of each family counts, and the prior that a
given other account is the same operator is 1/(N-1). Of the pairs with positive log-odds those are tied of which at most
ALPHA can be chance: strangers reach t bits with a probability of at most 2^-t, so N(N-1)/2 * 2^-t of them are expected.
Pairs are formed within rare entities only, so their number grows with the observations and not with the square of the
accounts. Sources: Fellegi and Sunter, JASA 1969 (weights); Benjamini and Hochberg, JRSS B 57, 1995 (false discoveries).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.sparse import csgraph

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ALPHA = 0.3  # the bound counts true ties among the chance agreements, so that far fewer are false in fact
MAX_ACCOUNTS = 12  # of an entity that may tie pairs: what more share is weighed as a crowd, against its null model


@dataclass(frozen=True)
class Ties:
    """`cluster` per account: the smallest account code of its cluster, -1 for none; `bits` of its strongest tie."""

    cluster: Ints
    bits: Floats


def tie_pairs(account: Ints, entity: Ints, family: Ints, population: int, accounts: int) -> Ties:
    """Tie accounts in pairs, and pairs into clusters.

    `account`, `entity`: equally long, one element per distinct pair, codes from 0. `family`: per entity code. `population`:
    N, the accounts of the whole file; `accounts`: one more than the largest account code.
    """
    left, right, kind, worth = _agreements(account, entity, family, population)
    cluster, bits = np.full(accounts, -1, dtype=np.int64), np.zeros(accounts)
    if not len(left):
        return Ties(cluster, bits)
    pair = left * accounts + right
    order = np.lexsort((-worth, kind, pair))
    pair, kind, worth = pair[order], kind[order], worth[order]
    first_of_kind = np.r_[True, (pair[1:] != pair[:-1]) | (kind[1:] != kind[:-1])]
    pairs, place = np.unique(pair[first_of_kind], return_inverse=True)
    total = np.bincount(place, weights=worth[first_of_kind]) - np.log2(max(population - 1, 1))
    tied = (total > 0) & (total >= _threshold(total, population))
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


def _threshold(total: Floats, population: int) -> float:
    """The log-odds from which at most ALPHA of the pairs are expected by chance."""
    falling = np.sort(total)[::-1]
    found = np.arange(1, len(falling) + 1)
    by_chance = population / 2.0 * np.exp2(-falling)  # N(N-1)/2 pairs, of whose bits the prior has taken log2(N-1)
    kept = np.flatnonzero(by_chance <= ALPHA * found)
    return float(falling[kept[-1]]) if len(kept) else np.inf


def _rarity_bits(family: Ints, degree: Ints, population: int) -> Floats:
    """Per agreement, minus log2 of the share of all pairs that agree on something of its family no more common."""
    every = population * (population - 1) / 2.0
    bits = np.zeros(len(family))
    for kind in np.unique(family):
        mine = np.flatnonzero(family == kind)
        counts = np.cumsum(np.bincount(degree[mine], minlength=MAX_ACCOUNTS + 1))
        bits[mine] = np.log2(np.maximum(every / counts[degree[mine]], 1.0))
    return bits


def _agreements(account: Ints, entity: Ints, family: Ints, population: int) -> tuple[Ints, Ints, Ints, Floats]:
    """Every two accounts that met one rare entity: both (smaller first), the family, and the bits of the agreement."""
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
    met = np.concatenate(entities)
    worth = _rarity_bits(family[met], degree[met], population)
    return np.concatenate(lefts), np.concatenate(rights), family[met], worth

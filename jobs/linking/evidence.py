"""Why an account is held to belong, or not: what it has in common with one group or one other account, in bits.

The weights are those by which the file was linked, taken anew for one account: a group's profile depends on its members and on
how common things are in the whole file, so that the sum is the `bits` that was written.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from jobs.graph.grouping.profiles import MAX_FAMILY_BITS, Ints, Profiles, explained
from jobs.linking.coding import Coded
from jobs.linking.files import Linking
from jobs.linking.pairs import MAX_ACCOUNTS, Weighed, weigh_pairs

CANDIDATES = 5  # groups that an account is held against: those of which it shares most kinds of things


class Says(Enum):
    """What a weight is: odds before any evidence, a thing in common, another answer, or that one kind of thing says no more."""

    PRIOR = "prior"
    SAME = "same"
    OTHER = "other"
    LIMIT = "limit"


@dataclass(frozen=True)
class Weight:
    """`entity`: code of the account's thing that says it, None for prior and limit; `inside`: how many of the others of the group
    have it."""

    bits: float
    says: Says
    entity: int | None = None
    inside: int = 0


@dataclass(frozen=True)
class Case:
    """One account against a group, or against one account (`others`: the group without it). `bits`: its log-odds, minus infinity
    where what they share is of too few kinds; `least`: the log-odds from which on it counts as a member; `is_pair`: whether it is
    one account."""

    others: tuple[int, ...]
    weights: tuple[Weight, ...]
    bits: float
    least: float = 0.0
    is_pair: bool = False


def nearest_crowd(found: Linking, account: int) -> Case | None:
    """The account against its own crowd, or against that which explains it best; None where it shares nothing with any."""
    file, crowd = found.file, found.crowd
    if crowd[account] >= 0:
        return _against_crowd(file, np.flatnonzero(crowd == crowd[account]), account)
    mine = np.isin(file.entity, file.things(account)) & (crowd[file.account] >= 0)
    kinds = np.unique(np.stack([crowd[file.account[mine]], file.family[file.entity[mine]]]), axis=1)[0]
    leaders, count = np.unique(kinds, return_counts=True)
    tried = leaders[np.lexsort((leaders, -count))][:CANDIDATES]
    cases = [_against_crowd(file, np.flatnonzero(crowd == leader), account) for leader in tried]
    return max(cases, key=lambda case: (case.bits, sum(each.bits for each in case.weights)), default=None)


def strongest_tie(found: Linking, account: int) -> Case | None:
    """The account against the one that it is tied to most strongly, or would be; None where it shares nothing rare, or is of a
    crowd by itself."""
    file, size = found.file, len(found.file.accounts)
    if found.crowd[account] >= 0:
        return None
    weighed = weigh_pairs(file.account, file.entity, file.family, size, found.crowd, differing=file.differing)
    if weighed is None:
        return None
    agreed = weighed.agreed
    pairs = np.flatnonzero((agreed.one == account) | (agreed.other == account))
    if not len(pairs):
        return None
    other = np.where(agreed.one[pairs] == account, agreed.other[pairs], agreed.one[pairs])
    best = np.lexsort((other, -weighed.bits[pairs], ~weighed.tied[pairs]))[0]
    return _against_account(file, weighed, int(pairs[best]), account, int(other[best]))


def _against_crowd(file: Coded, members: Ints, account: int) -> Case:
    everyone = np.union1d(members, [account])
    met, entities = file.among(everyone)
    profiles, group, place = Profiles(met), np.searchsorted(everyone, members), int(np.searchsorted(everyone, account))
    others = np.setdiff1d(members, [account])
    pairs, worth = profiles.worth(group, np.arange(met.size))
    accounts, bits = met.by_family(pairs, worth, MAX_FAMILY_BITS)
    weights = [Weight(profiles.prior(len(members)), Says.PRIOR)]
    mine = met.account[pairs] == place
    sharing = np.bincount(file.entity[np.isin(file.account, others)], minlength=len(file.family))
    for family in np.unique(met.family[met.entity[pairs[mine]]]).tolist():
        here = np.flatnonzero(mine & (met.family[met.entity[pairs]] == family))
        best = here[np.lexsort((met.entity[pairs[here]], -worth[here]))[0]]
        entity = int(entities[met.entity[pairs[best]]])
        weights.append(Weight(float(min(worth[best], MAX_FAMILY_BITS)), Says.SAME, entity, int(sharing[entity])))
    against = np.zeros(len(accounts))
    for family, each in profiles.against_by_family(group, accounts, bits):
        against += each
        if each[accounts == place].any():
            said = int(entities[met.answers(family)[place]])
            weights.append(Weight(float(each[accounts == place][0]), Says.OTHER, said, int(sharing[said])))
    drawn = explained(accounts, bits, profiles.prior(len(members)) + against, met.sure(pairs, accounts))
    found = float(drawn.of(np.array([place]))[0])
    over = found - sum(each.bits for each in weights)
    if np.isfinite(found) and over < -1e-9:
        weights.append(Weight(over, Says.LIMIT))
    return Case(tuple(others.tolist()), _largest_first(weights), found)


def _against_account(file: Coded, weighed: Weighed, pair: int, account: int, other: int) -> Case:
    weights = [Weight(weighed.prior, Says.PRIOR)]
    common = np.intersect1d(file.things(account), file.things(other))
    common = common[file.counts[common] <= MAX_ACCOUNTS]
    for family in np.flatnonzero(weighed.agreed.by_family[pair]).tolist():
        here = common[file.family[common] == family]
        rarest = int(here[np.lexsort((here, file.counts[here]))[0]])
        weights.append(Weight(float(weighed.agreed.by_family[pair, family]), Says.SAME, rarest, 1))
    for family, against in weighed.against.items():
        if against[pair] < 0:
            mine = file.things(account)
            said = int(mine[file.family[mine] == family][0])
            weights.append(Weight(float(against[pair]), Says.OTHER, said))
    least = max(weighed.agreed.least + weighed.prior, 0.0)
    return Case((other,), _largest_first(weights), float(weighed.bits[pair]), least, is_pair=True)


def _largest_first(weights: list[Weight]) -> tuple[Weight, ...]:
    return tuple(sorted(weights, key=lambda each: (-each.bits, -1 if each.entity is None else each.entity)))

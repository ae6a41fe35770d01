"""What a group of accounts looks like: how many of them meet each entity, and how much that draws any account to it.

A group's profile depends on who is in it and on nothing else, so what was once weighed is remembered: regrouping a
component moves few accounts at a time, and the groups that did not change cost nothing. Only the pairs of entities
that speak for a group are ever touched, so the cost of a group is that of its own footprint, not of its component.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise

import numpy as np
import numpy.typing as npt
from scipy import sparse

MIN_FAMILIES = 2  # one kind of thing in common, however rare, is not coordination
MIN_FAMILY_BITS = 1.0  # less than doubling the odds is not counted as a kind of evidence
MAX_FAMILY_BITS = 8.0  # no single kind may outweigh model error of 1 in 256
DEPENDENT = 0.5  # of the bits of each other answer: who moves has another street, another town and another postcode
ANSWERS = 8.0  # of the file's usual kind that a group is taken to have given before it was looked at
USUAL = 0.05  # of the members: rarer marks are single accounts' own
MARKED = 0.5  # marks per member, at least, for the marks to tell hands apart
ROUNDING = 1e-6  # bits: more than sums of them are off
SAME_MARKS = 0.25  # of their marks that two groups have in common when one hand made both
ROOM = 30_000_000  # accounts of all drafts that are remembered, sixteen bytes each: half a gigabyte
Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Incidence:
    """Who met what, in one component. Arrays of equal length, one element per (account, entity) pair, no repeats.

    `account` (ascending) and `entity` are codes counted from 0 in the order of the sorted names; `family` and
    `accounts` (how many accounts of the whole population met it) are per entity code.
    """

    account: Ints
    entity: Ints
    family: Ints
    accounts: Ints
    population: int
    marks: tuple[int, ...] = ()  # families that show an operator's own hand: its prompts
    differing: Mapping[int, float] = field(
        default_factory=dict
    )  # families of which an account has one entity: how often
    # (0..1) two accounts of one hand give different answers
    alone: Floats | None = None  # per entity how sure (0..1) it alone makes; None: nothing alone is ever enough

    @cached_property
    def size(self) -> int:
        """Accounts of the component."""
        return int(self.account.max()) + 1

    @cached_property
    def families(self) -> int:
        return int(self.family.max()) + 1

    @property
    def matrix(self) -> sparse.csr_array:
        shape = (self.size, len(self.family))
        return sparse.csr_array((np.ones(len(self.account)), (self.account, self.entity)), shape=shape)

    def pairs_of_accounts(self, accounts: Ints) -> Ints:
        """Places of the pairs of some accounts, in ascending order for ascending accounts."""
        return _ranges(self._account_start[accounts], self._account_start[accounts + 1])

    def pairs_of_entities(self, entities: Ints) -> tuple[Ints, Ints]:
        """Places of the pairs of some entities, and for each which of `entities` it meets."""
        low, high = self._entity_start[entities], self._entity_start[entities + 1]
        return self._by_entity[_ranges(low, high)], np.repeat(np.arange(len(entities)), high - low)

    def by_family(self, pairs: Ints, worth: Floats, cap: float) -> tuple[Ints, Floats]:
        """Accounts of the pairs, ascending, and per account and family the strongest worth, 0 where there is none."""
        accounts, row = _distinct(self.account[pairs])
        bits = np.zeros(len(accounts) * self.families)
        np.maximum.at(bits, row * self.families + self.family[self.entity[pairs]], worth)
        return accounts, np.minimum(bits, cap).reshape(len(accounts), self.families)

    def of_enough(self, pairs: Ints, worth: Floats) -> Ints:
        """The accounts, ascending, that `explained` may draw by these pairs: of enough kinds, or by one entity that is enough."""
        counted = pairs[worth >= MIN_FAMILY_BITS]
        account, family = self.account[counted], self.family[self.entity[counted]]
        # One stretch after the other: entities of one family stand together where pairs come by entity.
        ends = [*(np.flatnonzero(np.diff(family)) + 1).tolist(), len(family)] if len(family) else []
        stretches: dict[int, list[Ints]] = {}
        for low, high in pairwise([0, *ends]):
            stretches.setdefault(int(family[low]), []).append(account[low:high])
        kinds = np.zeros(self.size, dtype=np.int16)
        for each in stretches.values():
            kinds[np.concatenate(each)] += 1  # once for an account, however often it stands there
        enough = kinds >= MIN_FAMILIES
        if self.alone is not None:
            enough[self.account[pairs[self.alone[self.entity[pairs]] > 0]]] = True
        return np.flatnonzero(enough)

    def sure(self, pairs: Ints, accounts: Ints) -> Floats | None:
        """Per account of the pairs, ascending, the log-odds in bits that the most decisive of its entities alone supports; None
        where none may."""
        if self.alone is None:
            return None
        most = np.zeros(len(accounts))
        np.maximum.at(most, np.searchsorted(accounts, self.account[pairs]), self.alone[self.entity[pairs]])
        with np.errstate(divide="ignore"):
            return np.asarray(np.log2(most / (1.0 - most)))

    def answers(self, family: int) -> Ints:
        """Per account its one entity of a family, -1 for none."""
        if family not in self._answers:
            mine = self.family[self.entity] == family
            found = np.full(self.size, -1, dtype=np.int64)
            found[self.account[mine]] = self.entity[mine]
            self._answers[family] = found
        return self._answers[family]

    @cached_property
    def _answers(self) -> dict[int, Ints]:
        return {}

    @cached_property
    def _account_start(self) -> Ints:
        return np.searchsorted(self.account, np.arange(self.size + 1)).astype(np.int64)

    @cached_property
    def _by_entity(self) -> Ints:
        return np.argsort(self.entity, kind="stable").astype(np.int64)

    @cached_property
    def _entity_start(self) -> Ints:
        return np.concatenate([[0], np.cumsum(np.bincount(self.entity, minlength=len(self.family)))]).astype(np.int64)


@dataclass(frozen=True)
class Drawn:
    """The accounts that a profile explains by at least two kinds of evidence, ascending, and their log-odds in bits."""

    accounts: Ints
    bits: Floats

    def of(self, accounts: Ints) -> Floats:
        """Bits of the given ascending accounts; minus infinity for those that the profile does not explain."""
        found = np.full(len(accounts), -np.inf)
        if len(self.accounts):
            place = np.minimum(np.searchsorted(self.accounts, accounts), len(self.accounts) - 1)
            known = self.accounts[place] == accounts
            found[known] = self.bits[place[known]]
        return found

    def total(self, accounts: Ints) -> float:
        """Bits of the given ascending accounts in all; those that the profile does not explain add nothing."""
        found = self.of(accounts)
        return float(np.where(np.isfinite(found), found, 0.0).sum())


@dataclass(frozen=True)
class _Spoken:
    """Entities, ascending, and the bits that each says for a group, of its members (without themselves) and of all others."""

    entities: Ints
    for_members: Floats
    for_others: Floats

    def where(self, mask: npt.NDArray[np.bool_]) -> _Spoken:
        return _Spoken(self.entities[mask], self.for_members[mask], self.for_others[mask])

    def telling(self, met: Incidence) -> _Spoken:
        """Without those that nobody is drawn by: what is popular says a little for many groups, of very many accounts."""
        tells = np.maximum(self.for_members, self.for_others) >= MIN_FAMILY_BITS
        return self.where(tells if met.alone is None else tells | (met.alone[self.entities] > 0))


def name_of(members: Ints) -> bytes:
    """What a group is remembered by: no two have the same, and it is short however many members there are."""
    return hashlib.blake2b(members.tobytes(), digest_size=16).digest()


class _Drafts:
    """Keeps what groups drew, those asked for last, as many as fit into ROOM: a large component has many past groups."""

    def __init__(self) -> None:
        self._held: dict[tuple[bytes, float], Drawn] = {}
        self._size = 0

    def get(self, key: tuple[bytes, float]) -> Drawn | None:
        found = self._held.pop(key, None)
        if found is not None:
            self._held[key] = found  # the newest stands last
        return found

    def keep(self, key: tuple[bytes, float], drawn: Drawn) -> None:
        self._held[key] = drawn
        self._size += len(drawn.accounts)
        while self._size > ROOM and len(self._held) > 1:
            self._size -= len(self._held.pop(next(iter(self._held))).accounts)


class Profiles:
    """Log-odds of accounts under the profile of any group, leaving an account itself out of its own group.

    A group is the ascending array of its members' codes.
    """

    def __init__(self, met: Incidence) -> None:
        self.met = met
        self._drawn = _Drafts()
        self._described: dict[bytes, float] = {}
        self._marks: dict[bytes, dict[int, tuple[Ints, Floats]]] = {}
        self._is_mark = np.isin(met.family, met.marks)
        self._place = np.full(len(met.family), -1, dtype=np.int64)  # of entities in a group's list; -1 between two uses

    def prior(self, size: int) -> float:
        """Bits before any evidence: the group's share of the whole population."""
        return float(np.log2(max(size, 1) / max(self.met.population - size, 1)))

    def counts(self, members: Ints) -> Floats:
        """Members that met each entity of the component."""
        pairs = self.met.pairs_of_accounts(members)
        return np.bincount(self.met.entity[pairs], minlength=len(self.met.family)).astype(float)

    def draws(self, members: Ints, cap: float = MAX_FAMILY_BITS) -> Drawn:
        """All accounts that the group's profile explains; no family counts more than `cap` bits. With a cap, of the others only
        those who may reach even odds: nobody below them is ever drawn."""
        key = (name_of(members), cap)
        found = self._drawn.get(key)
        if found is None:
            met = self.met
            spoken = self._spoken(members)
            drawable = met.of_enough(*self._of_entities(spoken.telling(met), members))
            pairs, worth = self._of_accounts(spoken, drawable, members)
            if np.isfinite(cap) and len(pairs):
                accounts, row = _distinct(met.account[pairs])
                most = np.bincount(row, weights=np.minimum(worth, cap))
                may = (most + self.prior(len(members)) > -ROUNDING) | _among(accounts, members, met.size)
                pairs, worth = pairs[may[row]], worth[may[row]]
            accounts, bits = met.by_family(pairs, worth, cap)
            against = self.against(members, accounts, bits)
            found = explained(accounts, bits, self.prior(len(members)) + against, met.sure(pairs, accounts))
            self._drawn.keep(key, found)
        return found

    def described(self, members: Ints) -> float:
        """Bits that the group's profile explains of its members in all, without the cap on families."""
        key = name_of(members)
        if key not in self._described:
            self._described[key] = self.draws(members, np.inf).total(members)
        return self._described[key]

    def against(self, members: Ints, accounts: Ints, bits: Floats) -> Floats:
        """Bits (0 or less) of other answers than the group's, over all families."""
        found = np.zeros(len(accounts))
        for _, each in self.against_by_family(members, accounts, bits):
            found += each
        return found

    def against_by_family(self, members: Ints, accounts: Ints, bits: Floats) -> Iterator[tuple[int, Floats]]:
        """Bits (0 or less) of another answer than the group's, where an account has one answer and the group agrees on its own.

        How often a member's answer is its own is told from the members (Good, Biometrika 40, 1953), drawn towards how often
        answers differ in the file: where all differ, as certificates that rotate, another one says nothing.
        """
        met = self.met
        inside = _among(accounts, members, met.size)
        for family, usual in met.differing.items():
            answers = met.answers(family)
            mine = answers[members]
            mine = mine[mine >= 0]
            said = answers[accounts]
            differs = np.flatnonzero((said >= 0) & (bits[:, family] <= 0))
            others = len(mine) - inside[differs]
            differs, others = differs[others > 0], others[others > 0]
            if not len(differs):
                continue
            answered, times = np.unique(mine, return_counts=True)
            own = answered[times == 1]
            unlike = len(own) - (inside[differs] & np.isin(said[differs], own))
            new = np.log2((unlike + ANSWERS * usual) / (others + ANSWERS))
            found = np.zeros(len(accounts))
            found[differs] = DEPENDENT * np.maximum(new, -MAX_FAMILY_BITS)
            yield family, found

    def worth(self, members: Ints, accounts: Ints) -> tuple[Ints, Floats]:
        """The pairs of some ascending accounts that speak for the group, and the bits of each against everybody outside it."""
        return self._of_accounts(self._spoken(members), accounts, members)

    def _spoken(self, members: Ints) -> _Spoken:
        """What entities say for the group against everybody outside it."""
        met = self.met
        entities, times = np.unique(met.entity[met.pairs_of_accounts(members)], return_counts=True)
        count = times.astype(float)
        elsewhere = met.accounts[entities] - count
        rest = met.population - float(len(members))
        for_others = _bits(count, float(len(members)), elsewhere, rest)
        for_members = np.where(count > 1, _bits(count - 1, len(members) - 1.0, elsewhere, rest), 0.0)
        return _Spoken(entities, for_members, for_others).where((for_others > 0) | (for_members > 0))

    def _of_entities(self, spoken: _Spoken, members: Ints) -> tuple[Ints, Floats]:
        """All pairs of the entities that speak for the group, and the bits of each."""
        pairs, place = self.met.pairs_of_entities(spoken.entities)
        return self._for_it(pairs, spoken, place, members)

    def _of_accounts(self, spoken: _Spoken, accounts: Ints, members: Ints) -> tuple[Ints, Floats]:
        """The pairs of some accounts that speak for the group, and the bits of each."""
        pairs = self.met.pairs_of_accounts(accounts)
        self._place[spoken.entities] = np.arange(len(spoken.entities))
        place = self._place[self.met.entity[pairs]]
        self._place[spoken.entities] = -1
        known = place >= 0
        return self._for_it(pairs[known], spoken, place[known], members)

    def _for_it(self, pairs: Ints, spoken: _Spoken, place: Ints, members: Ints) -> tuple[Ints, Floats]:
        inside = _among(self.met.account[pairs], members, self.met.size)
        worth = np.where(inside, spoken.for_members[place], spoken.for_others[place])
        return pairs[worth > 0], worth[worth > 0]

    def explained_apart(self, members: Ints, grouped: Floats, grouped_accounts: int) -> float:
        """Bits that the profile explains of its members, with their marks left out and without a cap on families.

        It is held against everybody outside all groups (`grouped`: members of any group that met each entity,
        `grouped_accounts`: members of any group), so that what two groups buy from the same seller does not count
        against telling them apart.
        """
        met = self.met
        pairs = met.pairs_of_accounts(members)
        entity = met.entity[pairs]
        _, place, times = np.unique(entity, return_inverse=True, return_counts=True)
        shared = (times[place] - 1).astype(np.float64)
        elsewhere = met.accounts[entity] - grouped[entity]
        value = _bits(shared, len(members) - 1.0, elsewhere, met.population - float(grouped_accounts))
        counted = (shared > 0) & ~self._is_mark[entity] & (value > 0)
        accounts, bits = met.by_family(pairs[counted], value[counted], np.inf)
        return explained(accounts, bits, self.prior(len(members))).total(members)

    def differ_in_marks(self, first: Ints, second: Ints) -> bool:
        """Whether the members of both groups show marks, and hardly the same ones: then the hands are two.

        Two operators on one proxy network share addresses, issuers and clients, but not their prompts; each may have
        many prompts, so it is their shares that are compared and not the most frequent one.
        """
        mine, theirs = self._usual_marks(first), self._usual_marks(second)
        for family in self.met.marks:
            (my_marks, my_shares), (their_marks, their_shares) = mine[family], theirs[family]
            marked = min(my_shares.sum(), their_shares.sum())
            if marked >= MARKED:
                _, here, there = np.intersect1d(my_marks, their_marks, assume_unique=True, return_indices=True)
                return bool(np.minimum(my_shares[here], their_shares[there]).sum() < SAME_MARKS * marked)
        return False

    def unmarked(self, members: Ints) -> Ints:
        """The members that show none of the marks that are usual among them."""
        pairs = self.met.pairs_of_accounts(members)
        usual = [marks for marks, _ in self._usual_marks(members).values()]
        marked = np.isin(self.met.entity[pairs], np.concatenate(usual)) if usual else np.zeros(len(pairs), dtype=bool)
        return np.setdiff1d(members, self.met.account[pairs][marked])

    def pieces(self, members: Ints) -> list[tuple[int, int, float]]:
        """(account, entity, bits): the strongest entity of each family for each member, accounts in order, strongest first."""
        pairs, worth = self.worth(members, members)
        worth = np.minimum(worth, MAX_FAMILY_BITS)
        account, entity = self.met.account[pairs], self.met.entity[pairs]
        slot = account * self.met.families + self.met.family[entity]
        order = np.lexsort((entity, -worth, slot))
        strongest = order[np.unique(slot[order], return_index=True)[1]]
        best = strongest[np.lexsort((entity[strongest], -worth[strongest], account[strongest]))]
        return list(zip(account[best].tolist(), entity[best].tolist(), worth[best].tolist(), strict=True))

    def _usual_marks(self, members: Ints) -> dict[int, tuple[Ints, Floats]]:
        """Per family of marks: those that many members show, ascending, and the share of members that do."""
        key = name_of(members)
        if key not in self._marks:
            entity = self.met.entity[self.met.pairs_of_accounts(members)]
            marks, times = np.unique(entity[self._is_mark[entity]], return_counts=True)
            shares = times / max(len(members), 1)
            usual = shares >= USUAL
            marks, shares, family = marks[usual], shares[usual], self.met.family[marks[usual]]
            self._marks[key] = {each: (marks[family == each], shares[family == each]) for each in self.met.marks}
        return self._marks[key]


def explained(accounts: Ints, bits: Floats, prior: Floats | float = 0.0, sure: Floats | None = None) -> Drawn:
    """The accounts whose bits (accounts x families) are of enough kinds, with their sum and the prior.

    `sure`: per account the log-odds that one kind alone supports, minus infinity for none: then one kind is enough, and
    the sum is no larger than that.
    """
    enough = (bits >= MIN_FAMILY_BITS).sum(axis=1) >= MIN_FAMILIES
    total = bits.sum(axis=1) + prior
    if sure is not None:
        total = np.where(enough, total, np.minimum(total, sure))
        enough = enough | np.isfinite(sure)
    return Drawn(accounts[enough], total[enough])


def _bits(shared: Floats, size: float, elsewhere: Floats, rest: float) -> Floats:
    """log2 of how much more common an entity is inside than outside, half a sighting added to both sides."""
    return np.log2(((shared + 0.5) / (size + 1.0)) / ((elsewhere + 0.5) / (rest + 1.0)))


def _distinct(accounts: Ints) -> tuple[Ints, Ints]:
    """The distinct accounts, ascending, and for each element which of them it is."""
    if (accounts[1:] < accounts[:-1]).any():
        return np.unique(accounts, return_inverse=True)
    is_new = np.ones(len(accounts), dtype=bool)
    is_new[1:] = accounts[1:] != accounts[:-1]
    return accounts[is_new], np.cumsum(is_new) - 1


def _among(accounts: Ints, members: Ints, size: int) -> npt.NDArray[np.bool_]:
    is_member = np.zeros(size, dtype=bool)
    is_member[members] = True
    return is_member[accounts]


def _ranges(low: Ints, high: Ints) -> Ints:
    """low[0]..high[0]-1, low[1]..high[1]-1 and so on, as one array."""
    lengths = high - low
    offsets = np.repeat(low - np.concatenate([[0], np.cumsum(lengths)[:-1]]), lengths) if len(low) else low
    return (np.arange(int(lengths.sum())) + offsets).astype(np.int64)

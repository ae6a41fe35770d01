"""What a file says of its own kinds of things: which count as one, of which an account has one, and which tie alone.

Nothing is declared of a file that is not ours, so it is measured. Accounts are codes from 0, families and entities too.
"""

from __future__ import annotations

import itertools
import zlib
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from jobs import signals

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

ONE_EACH = 0.95  # of the accounts with a signal: so many have one thing of it, and another one is another answer
BUCKETS = 2  # of a signal with many things per account: several of them agreeing are more than one, not dozens
SAME_FACT = 0.9  # of the pairs that share the one share the other, in both directions
CUSTOM = (
    0.5  # of the accounts share a thing of the kind: where few do, they are the odd ones, and each kind tells it again
)
MIN_ENTITIES = 3  # that say so: two would be a group's own habit
STRANGERS = 0.5  # sharing a thing, where fewer pairs than that agree on anything else
MIN_TEXT = 6  # characters: a shorter text under two names may be two things
TRIED = 300  # things of a signal, the most shared, that show whether two signals say one fact
LARGEST = 10  # other things of a signal, the most shared, that show whether it has innocent sharers
COMPARABLE = 16  # times as many accounts: what far fewer share says nothing of what is shared by so many
DECISIVE = 0.5  # of the pairs that share these agree on something else as well
MOST = 0.5  # of the accounts with the signal: what more of them share is common, and ties nobody alone
NOBODY = 0.02  # of the other accounts share anything of the signal: then sharing has no innocent mechanism
UNSEEN = 0.99  # how sure one kind of thing alone makes where nobody else shares any
LIFT = 8.0  # three bits: what is that much more common among sharers agrees beyond chance


@dataclass(frozen=True)
class Measured:
    """`family` per distinct (signal, entity) in the order given; families of which an account has one; per entity how sure
    (0..1, 0: not at all) it alone makes that its accounts are one hand's; the signals that count as one fact, sorted."""

    family: tuple[str, ...]
    single: frozenset[str]
    alone: Floats = field(repr=False)
    one_fact: tuple[tuple[str, ...], ...] = ()


def without_second_names(table: pa.Table) -> pa.Table:
    """The rows without those in which an account meets a text again under another signal: one thing under two names."""
    ordered = table.sort_by([(name, "ascending") for name in ("account_id", "entity", "signal")])
    account, entity = (ordered[name].combine_chunks() for name in ("account_id", "entity"))
    if ordered.num_rows < 2:
        return ordered
    again = pc.and_(pc.equal(account[1:], account[:-1]), pc.equal(entity[1:], entity[:-1]))
    long = pc.greater_equal(pc.utf8_length(entity[1:]), MIN_TEXT)
    return ordered.filter(pa.concat_arrays([pa.array([True]), pc.invert(pc.and_(again, long))]))


def measure(
    account: Ints, entity: Ints, names: Sequence[tuple[str, str]], one_fact: Sequence[Collection[str]] = ()
) -> Measured:
    """`account`, `entity`: one element per distinct pair; `names`: signal and entity per entity code.

    `one_fact`: signals that whoever knows the file declares to say the same; with what is measured to be one with any of them
    they count once, however many things of them two accounts share.
    """
    known = signals.families()
    signal_of = np.array([signal for signal, _ in names], dtype=object)
    kinds = sorted(set(signal_of))
    kind = np.searchsorted(np.array(kinds, dtype=object), signal_of)
    found = {name: _Answers.of(account, entity, kind[entity] == place) for place, name in enumerate(kinds)}
    single = {name: answers for name, answers in found.items() if answers is not None and name not in known}
    family = {name: known.get(name, name) for name in kinds}
    for one, other in itertools.combinations(sorted(single), 2):
        third = [answers for name, answers in single.items() if name not in (one, other) and answers.sharers]
        mine, theirs = single[one], single[other]
        if third and _follows(mine, theirs, third) and _follows(theirs, mine, third):
            family = _as_one(family, (one, other))
    for declared in one_fact:
        family = _as_one(family, sorted(declared))
    once = {family[name] for declared in one_fact for name in declared}
    alone = np.zeros(len(names))
    for name, answers in single.items():
        others = [each for other, each in single.items() if family[other] != family[name]]
        alone[[answers.things[accounts[0]] for accounts in answers.sharers]] = _alone(answers, others)
    whole = {name for name in kinds if name in known or name in single or family[name] in once}
    named = tuple(
        family[signal] if signal in whole else f"{signal}:{zlib.crc32(text.encode()) % BUCKETS}"
        for signal, text in names
    )
    several = {family[name] for name in kinds if name not in single} & once
    return Measured(named, frozenset(family[name] for name in single) - several, alone, _groups(family))


def _as_one(family: Mapping[str, str], signals: Sequence[str]) -> dict[str, str]:
    """The families with those of some signals made one, under the name of the first signal's."""
    joined = {family[name] for name in signals}
    return {name: family[signals[0]] if each in joined else each for name, each in family.items()}


def _groups(family: Mapping[str, str]) -> tuple[tuple[str, ...], ...]:
    groups = defaultdict(list)
    for name in sorted(family):
        groups[family[name]].append(name)
    return tuple(tuple(names) for _, names in sorted(groups.items()) if len(names) > 1)


@dataclass(frozen=True, eq=False)
class _Answers:
    """A signal of which an account has one thing: `things` per account (-1: none), `counts` per thing, and the accounts of
    each thing that two or more have, the most shared first."""

    things: Ints
    counts: Ints
    sharers: list[Ints] = field(repr=False)

    @classmethod
    def of(cls, account: Ints, entity: Ints, mine: npt.NDArray[np.bool_]) -> _Answers | None:
        """None where accounts have several things of the signal."""
        accounts, met = account[mine], entity[mine]
        times = np.bincount(accounts, minlength=int(account.max()) + 1)
        if (times == 1).sum() < ONE_EACH * (times > 0).sum():
            return None
        things = np.full(len(times), -1, dtype=np.int64)
        things[accounts[::-1]] = met[::-1]
        having = np.flatnonzero(things >= 0)
        order = having[np.argsort(things[having], kind="stable")]
        groups = np.split(order, np.flatnonzero(np.diff(things[order])) + 1)
        shared = sorted((each for each in groups if len(each) > 1), key=lambda group: (-len(group), group[0]))
        return cls(things, np.bincount(things[having]), shared)

    def agreeing(self, accounts: Ints) -> float:
        """Share of the pairs of accounts, both with a thing, that agree on one far commoner among them than elsewhere."""
        mine = self.things[accounts]
        mine = mine[mine >= 0]
        if len(mine) < 2:
            return 0.0
        met, inside = np.unique(mine, return_counts=True)
        elsewhere = (self.counts[met] - inside) / max(self.counts.sum() - len(mine), 1)
        beyond = inside[inside / len(mine) >= LIFT * elsewhere]
        return float((beyond * (beyond - 1)).sum() / (len(mine) * (len(mine) - 1)))


def _follows(one: _Answers, other: _Answers, third: Sequence[_Answers]) -> bool:
    """Whether sharing is the custom, and strangers who share a thing of the one share one of the other too: sharers that
    agree on nothing else."""
    if sum(map(len, one.sharers)) < CUSTOM * (one.things >= 0).sum():
        return False
    said, weight = [], []
    for accounts in one.sharers[:TRIED]:
        if max(each.agreeing(accounts) for each in third) < STRANGERS:
            said.append(other.agreeing(accounts))
            weight.append(len(accounts))
    if len(said) < MIN_ENTITIES:
        return False
    largest = int(np.argmax(weight))  # one group's own habit says nothing, however large it is
    others = np.average(np.delete(said, largest), weights=np.delete(weight, largest))
    return min(float(others), float(np.average(said, weights=weight))) >= SAME_FACT


def _alone(answers: _Answers, others: Sequence[_Answers]) -> Floats:
    """Per thing that accounts share, how sure it alone makes, from what the other things of the signal show."""
    sizes = np.array([len(each) for each in answers.sharers], dtype=np.int64)
    if not len(sizes):
        return np.zeros(0)
    having = int((answers.things >= 0).sum())
    outside = (sizes.sum() - sizes + 1) / (having - sizes + 2)
    largest = answers.sharers[: LARGEST + 1]
    pure = np.array([max((other.agreeing(each) for other in others), default=0.0) for each in largest])
    shown = np.full(len(sizes), pure[:LARGEST].mean() if len(pure) > MIN_ENTITIES else 0.0)
    for place in range(len(pure)):
        like_it = np.delete(pure, place)[np.delete(sizes[: len(pure)], place) * COMPARABLE >= sizes[place]]
        shown[place] = like_it.mean() if len(like_it) >= MIN_ENTITIES else 0.0
    sure = np.where(shown >= DECISIVE, np.minimum(shown, UNSEEN), 0.0)
    sure[outside <= NOBODY] = UNSEEN
    return np.where(sizes <= MOST * having, sure, 0.0)

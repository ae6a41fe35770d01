"""Who can be larger than whom when most published figures are only bounds.

The best rank is what the intervals allow when everything uncertain is in a campaign's favour, the worst when nothing is.
Only a campaign whose lower end lies above the upper end of every other is the largest known; whoever has no upper end
can be larger than anybody. See docs/decisions/0008-who-is-the-largest-known.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jobs.graph.ranking.intervals import Interval
from jobs.vocabulary import Verdict

DELIBERATE, SUSPICIOUS, KNOWN, AGGREGATE = str(Verdict.DELIBERATE), str(Verdict.SUSPICIOUS), "known", "aggregate"


class Contender(NamedTuple):
    """A campaign of ours (kind deliberate or suspicious), a known incident, or figures over several (aggregate)."""

    kind: str
    id: str
    name: str
    metric: str
    provider: str | None
    range: Interval

    @property
    def least(self) -> int:
        return self.range.low.value if self.range.low else 0  # counts are not negative

    def can_reach(self, value: int) -> bool:
        return self.range.high is None or self.range.high.value >= value


class Standing(NamedTuple):
    """Where a campaign stands among `others`: `above` surely exceed it, `open` may. Both, and `others`, largest first."""

    own: Contender
    others: tuple[Contender, ...]
    above: tuple[Contender, ...]
    open: tuple[Contender, ...]
    sums: int  # figures over several campaigns, which are compared with nothing
    silent: int  # known incidents that state no such figure

    @property
    def best(self) -> int:
        return 1 + len(self.above)

    @property
    def worst(self) -> int:
        return 1 + len(self.above) + len(self.open)

    @property
    def states_any(self) -> bool:
        """Whether a known incident is among the others: to exceed only campaigns of one's own is no record."""
        return any(other.kind == KNOWN for other in self.others)

    @property
    def is_largest_known(self) -> bool:
        return self.worst == 1 and self.own.kind == DELIBERATE and self.states_any

    @property
    def rival(self) -> Contender | None:
        """Whom the statement names first: the largest above, else the largest that may be, else the next below."""
        return next(iter((*self.above, *self.open)), self.next)

    @property
    def next(self) -> Contender | None:
        """Of others that all have an upper end, the one that comes closest."""
        closest = sorted(self.others, key=lambda other: -other.range.high.value if other.range.high else 0)
        return next(iter(closest), None)


def standing(own: Contender, everyone: Sequence[Contender]) -> Standing:
    """`everyone` may hold other metrics and `own` itself. A suspicious campaign is no company for a deliberate one."""
    kinds = {KNOWN, DELIBERATE, own.kind}
    alike = sorted((each for each in everyone if each.metric == own.metric), key=_largest_first)
    others = tuple(each for each in alike if each.kind in kinds and (each.kind, each.id) != (own.kind, own.id))
    high = own.range.high
    above = tuple(other for other in others if high is not None and other.least > high.value)
    may_be = tuple(other for other in others if other not in above and other.can_reach(own.least))
    stating = {each.id for each in alike if each.kind == KNOWN}
    silent = {each.id for each in everyone if each.kind == KNOWN} - stating
    return Standing(own, others, above, may_be, sum(each.kind == AGGREGATE for each in alike), len(silent))


def _largest_first(each: Contender) -> tuple[int, bool, int, str, str]:
    high = each.range.high
    return (-each.least, high is not None, -high.value if high else 0, each.kind, each.id)

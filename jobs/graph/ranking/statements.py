"""One sentence about where a campaign stands, by rule: every number in it is an end of an interval, with its source.

"More than" is how sources word a floor, and how a claim words the lower end of its own count; "at least" and "at most" are
other ends. An end is always taken to be reachable, whatever the word.
What cannot be said for certain is said as "cannot be ranked above", with the figure that stands in the way.
"""

from __future__ import annotations

from jobs.graph.ranking.intervals import UNGRADED, End, Interval
from jobs.graph.ranking.standings import DELIBERATE, KNOWN, Contender, Standing


def statement(standing: Standing, night: str) -> str:
    """What may be claimed on a night (ISO date)."""
    own = standing.own
    if standing.is_largest_known:
        place, amount = "largest known to this registry", _claimed(own.range)
    else:
        ranks = str(standing.best) if standing.best == standing.worst else f"{standing.best} to {standing.worst}"
        place, amount = f"rank {ranks} of {len(standing.others) + 1}", _amount(own.range)
    return "; ".join([f"{place} by {own.metric} as of {night}, {amount}", *_reasons(standing, night)])


def compared_with(standing: Standing, night: str) -> str:
    """Whom the campaign was compared with, and what could not be."""
    incidents = sum(other.kind == KNOWN for other in standing.others)
    campaigns = _count(len(standing.others) - incidents, "campaign")
    left_out = []
    if standing.silent:
        states = "states" if standing.silent == 1 else "state"
        left_out.append(f"{_count(standing.silent, 'known incident')} that {states} no {standing.own.metric}")
    if standing.sums:
        left_out.append(f"{_count(standing.sums, 'figure')} over several campaigns")
    without = f", not with {' nor '.join(left_out)}" if left_out else ""
    return f"{_count(incidents, 'known incident')} and {campaigns} of {night}{without}"


def _reasons(standing: Standing, night: str) -> list[str]:
    said = []
    if standing.above:
        said.append(f"below {_lower(standing.above[0], night)}{_more('and', standing.above)}")
    if standing.open:
        said.append(f"cannot be ranked above {_upper(standing.open[0], night)}{_more('or', standing.open)}")
    if said:
        return said
    if standing.next is None:
        return ["no other figure to compare with"]
    said.append(f"next: {_upper(standing.next, night)}")
    if standing.own.kind != DELIBERATE:
        said.append(f"not called the largest known because it is only {standing.own.kind}")
    elif not standing.states_any:
        said.append(f"not called the largest known because no known incident states {standing.own.metric}")
    return said


def _claimed(interval: Interval) -> str:
    low, high = interval
    exact = low is not None and high is not None and low.value == high.value
    return _amount(interval) if exact or low is None else f"more than {low.value:,}"


def _amount(interval: Interval) -> str:
    low, high = interval
    if low is None:
        return "no bound known" if high is None else f"at most {high.value:,}"
    if high is None:
        return f"{_from(low)} {low.value:,}"
    return f"{low.value:,}" if low.value == high.value else f"{low.value:,} to {high.value:,}"


def _lower(other: Contender, night: str) -> str:
    """Somebody by the lower end."""
    low, high = other.range
    exact = low is not None and high is not None and low.value == high.value
    return _named(other, _amount(other.range if exact else Interval(low)), low, night)


def _upper(other: Contender, night: str) -> str:
    """Somebody by the upper end, or by the lack of it."""
    low, high = other.range
    if high is None:
        return _named(other, _amount(other.range) + (", no upper bound known" if low else ""), low, night)
    exact = low is not None and low.value == high.value
    return _named(other, _amount(other.range if exact else Interval(None, high)), high, night)


def _named(other: Contender, amount: str, end: End | None, night: str) -> str:
    return f"{_line(other.name)} with {amount} ({'; '.join(_notes(other, end, night))})"


def _notes(other: Contender, end: End | None, night: str) -> list[str]:
    """Where it happened and who says so: a figure holds for the provider it was stated for."""
    if other.kind != KNOWN:
        return [f"campaign of {night}"]
    notes = [f"on {_line(other.provider)}" if other.provider else "provider not stated"]
    if end is not None:
        notes += [f"stated as about {end.stated:,}"] if end.bound == "about" else []
        notes.append(f"{_line(end.source)}, {'ungraded:' if end.grade == UNGRADED else 'graded'} {end.grade}")
    return notes


def _from(low: End) -> str:
    return "more than" if low.bound == "floor" else "at least"


def _more(word: str, contenders: tuple[Contender, ...]) -> str:
    rest = len(contenders) - 1
    return f" {word} {_count(rest, 'other')}" if rest else ""


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _line(text: str) -> str:
    return " ".join(text.split())

"""What the published figures about one incident say together: an interval whose ends remember their source.

A floor says nothing about how large an incident may have been, a ceiling nothing about how small: an end that no figure
gives is None, never zero and never a guess. See docs/decisions/0008-who-is-the-largest-known.md.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple

UNGRADED = "F6"  # Admiralty: neither the source nor what it says can be judged
ABOUT_PERCENT = 10  # "about 24,000" of a press report is a rounded number; a tenth to either side covers the rounding
LARGEST = 2**63 - 1  # of a long


class Figure(NamedTuple):
    """One statement: `bound` is floor, ceiling, about or exact; `grade` the Admiralty grade of the source."""

    bound: str
    value: int
    as_of: date
    source: str
    grade: str


class End(NamedTuple):
    """One end of an interval, and the figure that it comes from."""

    value: int
    bound: str
    stated: int
    source: str
    grade: str


class Interval(NamedTuple):
    """Both ends included; None is unknown."""

    low: End | None = None
    high: End | None = None


def combined(figures: Iterable[Figure]) -> Interval:
    """The interval that figures about one quantity leave, in whatever order they come.

    Of each kind of bound the newest statement is in force. Statements are taken newest first, and one that contradicts
    the newer ones is superseded. Where statements of one day contradict each other, any of them may be true.
    """
    found = Interval()
    for together in _by_day(figures):
        read = [_read(figure) for figure in together]
        of_day = _intersection(read)
        if _is_empty(of_day):
            of_day = _hull(read)
        narrower = _intersection([found, of_day])
        found = found if _is_empty(narrower) else narrower
    return found


def is_doubtful(grade: str) -> bool:
    """Judged, and judged badly: not usually reliable or worse, or doubtful or worse. F and 6 are not judged."""
    return grade[0] in "DE" or grade[1] in "45"


def _by_day(figures: Iterable[Figure]) -> list[list[Figure]]:
    """The figures in force, newest day first."""
    of_bound: dict[str, list[Figure]] = defaultdict(list)
    for figure in figures:
        of_bound[figure.bound].append(figure)
    of_day: dict[date, list[Figure]] = defaultdict(list)
    for stated in of_bound.values():
        newest = max(figure.as_of for figure in stated)
        of_day[newest] += [figure for figure in stated if figure.as_of == newest]
    return [of_day[day] for day in sorted(of_day, reverse=True)]


def _read(figure: Figure) -> Interval:
    """A doubtful source may be right that an incident was large, so its floor counts, but its word ends nothing."""
    low = high = figure.value
    if figure.bound == "about":
        low, high = low * (100 - ABOUT_PERCENT) // 100, -(-high * (100 + ABOUT_PERCENT) // 100)
    is_open = figure.bound == "floor" or is_doubtful(figure.grade) or high > LARGEST
    return Interval(None if figure.bound == "ceiling" else _end(low, figure), None if is_open else _end(high, figure))


def _end(value: int, figure: Figure) -> End:
    return End(value, figure.bound, figure.value, figure.source, figure.grade)


def _intersection(intervals: Sequence[Interval]) -> Interval:
    return Interval(
        _largest([each.low for each in intervals if each.low]),
        _smallest([each.high for each in intervals if each.high]),
    )


def _hull(intervals: Sequence[Interval]) -> Interval:
    lows, highs = [each.low for each in intervals], [each.high for each in intervals]
    return Interval(
        None if None in lows else _smallest([low for low in lows if low]),
        None if None in highs else _largest([high for high in highs if high]),
    )


def _is_empty(interval: Interval) -> bool:
    return interval.low is not None and interval.high is not None and interval.low.value > interval.high.value


def _smallest(ends: Sequence[End]) -> End | None:
    return min(ends, key=lambda end: (end.value, end.grade, end), default=None)


def _largest(ends: Sequence[End]) -> End | None:
    """The largest value; where ends are equal, the best grade."""
    return min(ends, key=lambda end: (-end.value, end.grade, end), default=None)

"""What operators have in common: the skills they are after and the pace they work at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .. import works
from ..account import Account, Work
from ..group import Group
from ..rhythm import HOUR, Burst, Clockwork, Human, Rhythm, Steady

SKILLS = (
    works.CODING,
    works.AGENT,
    works.PUZZLING,
    works.GRADING,
    works.SEEING,
    works.EXAMINING,
    works.WRITING,
    works.TRANSLATING,
)


def skill(g: Group, *wanted: Work) -> Work:
    """Return the work to copy; how much it looks like asking for reasoning differs by a factor of twenty."""
    return replace(g.dials.pick(wanted or SKILLS), elicits=g.scale(0.03, 0.6), spread=g.between(0.4, 0.9))


def pace(g: Group) -> Callable[[Account], Rhythm]:
    """Return when the accounts work: around the clock, in shifts at a desk, like people at home, by the clock or in runs."""
    kind = g.dials.pick(("loop", "desk", "home", "clock", "runs"), (4, 2, 3, 1, 2))
    swing, offset, hour = g.between(0, 0.9), g.dials.pick((8.0, 8.0, 5.5, 3.0, -5.0)), g.between(0, 24)
    minutes = tuple(sorted(g.between(0, 59) for _ in range(g.dials.count(1, 6))))
    sitting, length = g.scale(8, 60), g.scale(2, 10) * HOUR

    def rhythm(member: Account) -> Rhythm:
        if kind == "loop":
            return Steady(swing, hour)
        if kind == "desk":
            return Human(offset, (10.0, 14.5, 19.0), 1.8, 0.95, 0.5, sitting, 25.0)
        if kind == "home":
            return replace(g.human(member, 11.0, 16.0, 21.0), weekday_chance=0.9, weekend_chance=0.8, sitting=sitting)
        if kind == "clock":
            return Clockwork(minutes, jitter=30.0)
        return Burst(hour, length, 2.0, 0.85)

    return rhythm

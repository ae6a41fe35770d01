"""When people and machines ask.  A rhythm turns a mean number of requests into moments (seconds) of one day, UTC."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

HOUR = 3600.0
DAY = 86400.0


class Rhythm(Protocol):
    """Anything that can say when the requests of one day fall."""

    def moments(self, rng: np.random.Generator, day: int, weekday: int, mean: float) -> np.ndarray:
        """Return seconds since midnight UTC of `day` (Monday is weekday 0)."""


@dataclass(frozen=True)
class Human:
    """Sittings around the hours of a person's day; `peaks` are local hours, `offset` is the zone's distance to UTC."""

    offset: float
    peaks: tuple[float, ...] = (10.0, 15.0, 21.0)
    width: float = 1.8
    weekday_chance: float = 0.6
    weekend_chance: float = 0.5
    sitting: float = 8.0
    pause: float = 70.0

    def moments(self, rng: np.random.Generator, day: int, weekday: int, mean: float) -> np.ndarray:
        """Draw sittings, then the requests of each with pauses to read and think."""
        if rng.random() > (self.weekend_chance if weekday >= 5 else self.weekday_chance):
            return np.empty(0)
        total = max(1, rng.poisson(mean))
        sittings = max(1, rng.poisson(total / self.sitting))
        start = (
            (rng.choice(self.peaks, sittings) + self.width * rng.standard_normal(sittings) - self.offset) % 24 * HOUR
        )
        which = np.sort(rng.integers(sittings, size=total))
        steps = self.pause * np.exp(0.9 * rng.standard_normal(total))
        elapsed = np.cumsum(steps)
        first = np.searchsorted(which, which)
        return start[which] + elapsed - elapsed[first]


@dataclass(frozen=True)
class Clockwork:
    """A scheduled job: at the given minutes of the given hours, a burst of requests."""

    minutes: tuple[float, ...] = (0.0,)
    hours: tuple[int, ...] = tuple(range(24))
    jitter: float = 3.0
    spacing: float = 1.5

    def moments(self, rng: np.random.Generator, day: int, weekday: int, mean: float) -> np.ndarray:
        """Spread the day's requests over the ticks."""
        ticks = np.array([hour * HOUR + minute * 60.0 for hour in self.hours for minute in self.minutes])
        each = rng.poisson(mean / len(ticks), len(ticks))
        which = np.repeat(np.arange(len(ticks)), each)
        rank = np.arange(len(which)) - np.searchsorted(which, which)
        return ticks[which] + rank * self.spacing + np.abs(self.jitter * rng.standard_normal(len(which)))


@dataclass(frozen=True)
class Steady:
    """A service or a loop that never sleeps; `swing` makes it follow its own customers' day, which peaks at `noon` UTC."""

    swing: float = 0.0
    noon: float = 14.0

    def moments(self, rng: np.random.Generator, day: int, weekday: int, mean: float) -> np.ndarray:
        """Draw a Poisson stream, thinned to the swing."""
        level = 1.0 - (0.4 * self.swing if weekday >= 5 else 0.0)
        moments = rng.random(rng.poisson(mean * level * (1.0 + self.swing))) * DAY
        keep = (1.0 + self.swing * np.cos((moments / HOUR - self.noon) / 24.0 * 2.0 * np.pi)) / (1.0 + self.swing)
        return np.sort(moments[rng.random(len(moments)) < keep])


@dataclass(frozen=True)
class Burst:
    """One run a day: everything within `duration` seconds from an hour (UTC) that varies by `slack` hours, on some days."""

    hour: float
    duration: float = 1800.0
    slack: float = 0.5
    chance: float = 1.0

    def moments(self, rng: np.random.Generator, day: int, weekday: int, mean: float) -> np.ndarray:
        """Draw the run's start, then its requests."""
        if rng.random() > self.chance:
            return np.empty(0)
        start = (self.hour + self.slack * rng.standard_normal()) * HOUR
        return np.sort(start + rng.random(rng.poisson(mean)) * self.duration)


@dataclass(frozen=True)
class Summoned:
    """Reactions to shared events, such as push notifications or a queue's work items; `calls` are seconds since the world began."""

    calls: np.ndarray
    lag: float
    answer: float = 0.5

    def moments(self, rng: np.random.Generator, day: int, weekday: int, mean: float) -> np.ndarray:
        """Answer some of the day's calls, each after an exponential lag, with as many requests as give the mean."""
        today = self.calls[(self.calls >= day * DAY) & (self.calls < (day + 1) * DAY)] - day * DAY
        heard = today[rng.random(len(today)) < self.answer]
        if not len(heard):
            return np.empty(0)
        each = 1 + rng.poisson(max(0.0, mean / max(1.0, len(today) * self.answer) - 1.0), len(heard))
        start = np.repeat(heard, each)
        return start + rng.exponential(self.lag, len(start))

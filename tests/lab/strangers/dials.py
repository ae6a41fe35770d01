"""Random draws with readable names.  Every choice in a world goes through a `Dials`."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import TypeVar

import numpy as np

T = TypeVar("T")


class Dials:
    """A seeded source of choices; `fork` gives an independent source whose draws depend on its name only."""

    def __init__(self, *entropy: int) -> None:
        """Start from any number of non-negative integers."""
        self._entropy = entropy
        self.rng = np.random.default_rng(np.random.SeedSequence(entropy))

    def fork(self, name: str) -> Dials:
        """Return the source called `name`: the same for the same seed, whatever was drawn before."""
        return Dials(*self._entropy, zlib.crc32(name.encode()))

    def between(self, low: float, high: float) -> float:
        """Draw uniformly."""
        return float(self.rng.uniform(low, high))

    def scale(self, low: float, high: float) -> float:
        """Draw log-uniformly: every order of magnitude is as likely as the next."""
        return float(np.exp(self.rng.uniform(np.log(low), np.log(high))))

    def about(self, median: float, spread: float = 0.5) -> float:
        """Draw log-normally around a median."""
        return float(median * np.exp(spread * self.rng.standard_normal()))

    def count(self, low: int, high: int) -> int:
        """Draw a whole number, both ends included."""
        return int(self.rng.integers(low, high + 1))

    def coin(self, chance: float = 0.5) -> bool:
        """Return True with the given chance."""
        return bool(self.rng.random() < chance)

    def pick(self, options: Sequence[T], weights: Sequence[float] | None = None) -> T:
        """Choose one option."""
        if weights is None:
            return options[int(self.rng.integers(len(options)))]
        edges = np.cumsum(np.asarray(weights, dtype=float))
        return options[int(np.searchsorted(edges, self.rng.random() * edges[-1], side="right"))]

    def some(self, options: Sequence[T], count: int) -> list[T]:
        """Choose `count` different options (all of them if there are fewer)."""
        order = self.rng.permutation(len(options))[:count]
        return [options[int(index)] for index in order]

    def token(self, digits: int) -> str:
        """Return a random hexadecimal string."""
        return self.rng.bytes((digits + 1) // 2).hex()[:digits]

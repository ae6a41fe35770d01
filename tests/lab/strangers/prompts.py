"""Prompt sketches without prompts.

The MinHash of a set of n random shingles is, in each permutation, the smallest of n uniform numbers, and the sketch of a union is
the element-wise minimum of the sketches.  So a prompt is drawn as the union of a *stem* (a template's fixed words), a *subject*
(an item that several people may ask about) and *fresh* words, and two prompts agree exactly as often as real ones would.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

PERMUTATIONS = 16
TOP = 2**31 - 1


def smallest_of(rng: np.random.Generator, words: np.ndarray) -> np.ndarray:
    """Return one sketch a row: the minimum of `words[row]` uniform hashes, for each permutation (TOP where there is no word)."""
    uniform = rng.random((len(words), PERMUTATIONS))
    with np.errstate(divide="ignore"):
        share = -np.expm1(np.log(uniform) / np.maximum(words, 1)[:, None])
    return np.where(words[:, None] > 0, (share * TOP).astype(np.int64), TOP).astype(np.int32)


def sketches(rng: np.random.Generator, count: int, words: int) -> np.ndarray:
    """Return the sketches of `count` unrelated texts of `words` shingles."""
    return smallest_of(rng, np.full(count, words))


@dataclass(frozen=True)
class Prompt:
    """A way of asking: which stems, which subjects, how many words of one's own."""

    fresh: float = 40.0
    spread: float = 0.8
    stems: np.ndarray | None = None
    stem_words: int = 0
    subjects: np.ndarray | None = None
    subject_words: int = 0
    in_order: bool = False
    verbatim: float = 0.0

    def draw(self, rng: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the sketches of `count` prompts and their lengths in words."""
        fresh = np.maximum(1, np.round(self.fresh * np.exp(self.spread * rng.standard_normal(count)))).astype(np.int64)
        if self.verbatim:
            fresh[rng.random(count) < self.verbatim] = 0
        if self.stems is None and self.subjects is None:
            fresh = np.maximum(fresh, 1)
        result = smallest_of(rng, fresh)
        if self.stems is not None:
            result = np.minimum(result, self.stems[rng.integers(len(self.stems), size=count)])
        if self.subjects is not None:
            start = rng.integers(len(self.subjects), size=1 if self.in_order else count)
            which = (start + np.arange(count)) % len(self.subjects) if self.in_order else start
            result = np.minimum(result, self.subjects[which])
        return result, fresh + self.stem_words + self.subject_words


def template(rng: np.random.Generator, words: int, fresh: float, variants: int = 1, spread: float = 0.5) -> Prompt:
    """Return a prompt made of a fixed template (in some variants) and `fresh` words that change."""
    return Prompt(fresh=fresh, spread=spread, stems=sketches(rng, variants, words), stem_words=words)


def worksheet(
    rng: np.random.Generator,
    items: int,
    item_words: int,
    stem_words: int = 0,
    fresh: float = 5.0,
    verbatim: float = 0.0,
    in_order: bool = False,
) -> Prompt:
    """Return a prompt about one of a fixed list of items, such as a benchmark's questions or an assignment's exercises."""
    stems = sketches(rng, 1, stem_words) if stem_words else None
    return Prompt(
        fresh=fresh,
        stems=stems,
        stem_words=stem_words,
        verbatim=verbatim,
        in_order=in_order,
        subjects=sketches(rng, items, item_words),
        subject_words=item_words,
    )

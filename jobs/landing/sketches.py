"""MinHash sketches of prompts: 16 numbers whose share of equal positions estimates how much two texts overlap.

A text is the set of its runs of three words (w-shingling; Broder, "On the resemblance and containment of documents",
1997). Each word is hashed with BLAKE2b to 64 bits; a shingle is a mix of its three words; each of 16 permutations is a
SplitMix64 finaliser (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014) under its own
constant, derived from SHA-256 of a published label; the sketch keeps the upper 32 bits of each minimum.
Sketches are comparable only among themselves: a producer with another hash function makes other numbers.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

SIZE = 16  # numbers in a sketch: the raw contract's length
WORDS = 3  # words in a shingle
_WORD = re.compile(r"\w+")
_LABELS = [f"iolaus prompt sketch {position}".encode() for position in range(SIZE)]
_PERMUTATIONS = np.array([int.from_bytes(hashlib.sha256(each).digest()[:8], "big") for each in _LABELS], np.uint64)
_GAMMA = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio, SplitMix64's increment
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)

Hashes = npt.NDArray[np.uint64]


def words(text: str) -> list[str]:
    """The words of a text: case, spacing and punctuation do not count."""
    return _WORD.findall(text.casefold())


def sketches(texts: Sequence[str | None]) -> list[list[int] | None]:
    """One sketch of 16 signed 32-bit numbers per text; None where there is no word.

    A text of fewer than three words is one shingle of what there is.
    """
    found: list[list[int] | None] = []
    for text in texts:
        shingles = _shingles(words(text)) if text else np.empty(0, np.uint64)
        if not len(shingles):
            found.append(None)
            continue
        lowest = _mix(shingles[None, :] ^ _PERMUTATIONS[:, None]).min(axis=1)
        found.append((lowest >> np.uint64(32)).astype(np.uint32).view(np.int32).tolist())
    return found


def _shingles(spoken: list[str]) -> Hashes:
    if not spoken:
        return np.empty(0, np.uint64)
    hashes = np.array([_word_hash(word) for word in spoken], np.uint64)
    width = min(WORDS, len(hashes))
    mixed = np.zeros(len(hashes) - width + 1, np.uint64)
    for place in range(width):
        mixed = _mix(mixed + _GAMMA + hashes[place : place + len(mixed)])
    return mixed


@functools.lru_cache(maxsize=100_000)
def _word_hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode(), digest_size=8).digest(), "big")


def _mix(value: Hashes) -> Hashes:
    value = (value ^ (value >> np.uint64(30))) * _FIRST
    value = (value ^ (value >> np.uint64(27))) * _SECOND
    return value ^ (value >> np.uint64(31))


def as_text(values: pa.Array) -> pa.Array:
    """Sketches (list<int32>) as 128 hexadecimal digits, eight per number, so that a band is a substring.

    Null where there is no list of exactly 16 numbers. Engines disagree on how a nested column is named in Parquet;
    text they all write alike.
    """
    whole = pc.equal(pc.list_value_length(values), SIZE).fill_null(False)
    kept = values.filter(whole)
    text = kept.flatten().to_numpy(zero_copy_only=False).astype(">i4").tobytes().hex().encode()
    offsets = np.arange(len(kept) + 1, dtype=np.int32) * 8 * SIZE
    made = pa.StringArray.from_buffers(len(kept), pa.py_buffer(offsets), pa.py_buffer(text))
    places = np.cumsum(whole.to_numpy(zero_copy_only=False)) - 1
    return made.take(pa.array(places, mask=pc.invert(whole).to_numpy(zero_copy_only=False)))

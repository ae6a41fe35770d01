"""A sketch estimates the overlap of two texts, and is the same on every machine."""

from __future__ import annotations

import random

import pyarrow as pa

from jobs.landing.sketches import SIZE, as_text, sketches, words


def _shingles(text: str) -> set[tuple[str, ...]]:
    spoken = words(text)
    return {tuple(spoken[place : place + 3]) for place in range(len(spoken) - 2)}


def _equal_share(one: str, other: str) -> float:
    a, b = sketches([one, other])
    assert a is not None
    assert b is not None
    return sum(x == y for x, y in zip(a, b, strict=True)) / SIZE


def test_equal_positions_estimate_the_jaccard_index() -> None:
    """Over 200 pairs the mean error is within 4 standard errors of zero: sqrt(J(1-J)/16/200) is at most 0.009."""
    chance = random.Random(7)
    for changed in (0, 5, 20, 60):
        errors = []
        for pair in range(200):
            text = [f"w{pair}x{chance.randrange(10**6)}" for _ in range(100)]
            other = list(text)
            for place in chance.sample(range(100), changed):
                other[place] = f"v{chance.randrange(10**6)}"
            one, two = " ".join(text), " ".join(other)
            a, b = _shingles(one), _shingles(two)
            errors.append(_equal_share(one, two) - len(a & b) / len(a | b))
        assert abs(sum(errors) / 200) < 0.036, changed


def test_case_spacing_and_punctuation_do_not_count() -> None:
    one, two = sketches(["Explain  step by step, please!", "explain step BY step please"])
    assert one == two


def test_order_of_words_counts() -> None:
    one, two = sketches(["alpha beta gamma", "gamma beta alpha"])
    assert one != two


def test_short_texts_are_one_shingle_and_empty_ones_none() -> None:
    found = sketches(["hello", "hello world", "", " ?! ", None])
    assert found[0] is not None
    assert found[1] is not None
    assert found[0] != found[1]
    assert found[2:] == [None, None, None]


def test_the_numbers_are_fixed() -> None:
    """Sketches of different nights are compared, so the hash may never change; computed once, on 2026-11-23."""
    found = sketches(["the quick brown fox"])[0]
    assert found is not None
    assert len(found) == SIZE
    assert found[:4] == [1333593764, 1498555716, 1496368462, 1204345517]


def test_text_of_a_sketch_and_of_what_is_none() -> None:
    given = pa.array([[-1, *range(15)], None, [1, 2], list(range(16))], pa.list_(pa.int32()))
    texts = as_text(given).to_pylist()
    assert texts[0][:24] == "ffffffff0000000000000001"
    assert texts[1] is None
    assert texts[2] is None
    assert [int(texts[3][8 * i : 8 * i + 8], 16) for i in range(16)] == list(range(16))

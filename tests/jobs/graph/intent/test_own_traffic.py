"""Mixtures with a known share of other people's requests, and campaigns that mix nothing in."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from jobs.graph.intent.own_traffic import own_shares


def attributed(exchanges: list[float], templated: list[float]) -> float:
    volumes = np.array(exchanges, dtype=float)
    return float((volumes * own_shares(volumes, np.array(templated, dtype=float))).sum())


def test_one_off_prompts_about_the_same_tasks_are_the_campaigns() -> None:
    assert attributed([800, 150, 50], [640, 120, 40]) == 1_000


def test_tasks_that_the_templates_never_ask_for_are_somebody_elses() -> None:
    own, others = [800.0, 200.0, 0.0, 0.0], [0.0, 0.0, 150.0, 100.0]
    assert attributed([a + b for a, b in zip(own, others, strict=True)], [600, 150, 0, 0]) == 1_000


def test_other_people_who_also_ask_for_the_campaigns_task_hide_a_part() -> None:
    found = attributed([800 + 60, 200 + 40, 100, 100], [600, 150, 0, 0])
    assert 1_000 <= found <= 1_100 < 1_300


def test_without_templates_everything_is_attributed() -> None:
    assert attributed([500, 500], [0, 0]) == 1_000
    assert attributed([500, 500], [20, 0]) == 1_000


@given(
    st.lists(st.tuples(st.integers(0, 5_000), st.floats(0, 1)), min_size=1, max_size=8),
    st.integers(0, 2**32 - 1),
)
def test_never_less_than_what_carries_the_templates_nor_more_than_there_is(
    tasks: list[tuple[int, float]], seed: int
) -> None:
    exchanges = np.array([count for count, _ in tasks], dtype=float)
    templated = np.floor(exchanges * np.array([share for _, share in tasks]))
    own = own_shares(exchanges, templated)
    assert ((own >= 0) & (own <= 1)).all()
    assert (own * exchanges >= templated - 1e-6).all()
    order = np.random.default_rng(seed).permutation(len(tasks))
    assert np.allclose(own_shares(exchanges[order], templated[order]), own[order])

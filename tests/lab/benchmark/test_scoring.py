"""Answers are worth what a reader who knows the truth would say."""

from __future__ import annotations

import pytest

from tests.lab.benchmark.scoring import Answer, Known, Score, score


def accounts(kind: str, group: str, count: int) -> dict[str, tuple[str, str, str]]:
    return {f"{group}-{n}": (kind, f"cause of {group}", group) for n in range(count)}


WORLD: Known = accounts("operator", "slow", 20) | accounts("operator", "fast", 10) | accounts("innocent", "guild", 12)


def told(group: str, verdict: str, likelihood: float | None, *members: tuple[str, int]) -> list[Answer]:
    return [(f"{name}-{n}", group, verdict, likelihood) for name, count in members for n in range(count)]


def test_a_perfect_detector_loses_nothing() -> None:
    found = score([*told("a", "deliberate", 1.0, ("slow", 20)), *told("b", "deliberate", 1.0, ("fast", 10))], WORLD)
    assert (found.accused_operated, found.accused, found.operated) == (30, 30, 30)
    assert (found.innocent_groups_accused, found.operators_told_as_one, found.calibration_gap) == (0, 0, 0.0)
    assert found.pairs_right == found.pairs_true == found.pairs_said == 190 + 45


def test_an_innocent_group_accused_is_counted_whole_and_by_its_accounts() -> None:
    found = score(told("a", "deliberate", 0.9, ("guild", 12)), WORLD)
    assert (found.innocent_groups_accused, found.accused, found.accused_operated) == (1, 12, 0)
    assert found.calibration_gap == pytest.approx(0.9)


def test_suspicion_is_no_accusation() -> None:
    found = score([*told("a", "suspicious", None, ("guild", 12)), *told("b", "suspicious", None, ("slow", 20))], WORLD)
    assert (found.innocent_groups_accused, found.innocent_groups_suspected, found.accused) == (0, 1, 0)
    assert (found.suspected_operated, found.groups_judged) == (20, 0)


def test_two_operators_in_one_group_are_told_as_one_but_a_stray_is_not() -> None:
    assert score(told("a", "deliberate", None, ("slow", 20), ("fast", 10)), WORLD).operators_told_as_one == 1
    assert score(told("a", "deliberate", None, ("slow", 20), ("fast", 1)), WORLD).operators_told_as_one == 0


def test_worlds_add_up() -> None:
    one = score(told("a", "deliberate", 0.8, ("slow", 20)), WORLD)
    assert (one + Score()) == one
    assert (one + one).accused_operated == 40


def test_answers_that_the_world_cannot_hold_are_refused() -> None:
    with pytest.raises(ValueError, match="no account stranger"):
        score([("stranger", "a", "deliberate", None)], WORLD)
    with pytest.raises(ValueError, match="slow-0 is in two groups"):
        score([("slow-0", "a", "deliberate", None), ("slow-0", "b", "deliberate", None)], WORLD)

"""Groups are drawn from the grammars as asked, and no innocent one is all that an operator is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jobs.errors import UsageError
from jobs.simulate import guises, habits, innocents, ways
from jobs.simulate.causes import FITS, INNOCENT, can_be, traits
from jobs.simulate.dials import turned
from jobs.simulate.drawing import drawn
from jobs.simulate.specs import PRESETS, Group
from jobs.simulate.worlds import generator

WORLD = 8_000


def groups(seed: int, *, count: int = WORLD, preset: str = "causes", without: str = "", only: str = "") -> list[Group]:
    asked = (without.split(), only.split())
    return list(drawn(PRESETS[preset], generator(seed, 4), count, *asked).groups)


def of_many(seeds: int, **options: str) -> Iterator[Group]:
    for seed in range(seeds):
        yield from groups(seed, **options)  # type: ignore[arg-type]


def values(parts: Iterator[Group]) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """What innocents and what operators show."""
    shown: tuple[set[tuple[str, str]], set[tuple[str, str]]] = (set(), set())
    for group in parts:
        shown[group.spec is not None].update(group.cause.items())
    return shown


def test_every_value_of_every_component_is_drawn_and_known_to_who_makes_it() -> None:
    innocent, operated = values(of_many(40))
    assert innocent == {(name, value) for name, row in INNOCENT.items() for value in row}
    assert operated == {(name, value) for name, row in guises.OPERATED.items() for value in row}
    makers = innocents.PEOPLE | habits.HABITS
    assert not {(name, value) for name, value in innocent if value not in makers[name]}
    assert set(guises.OPERATED["way"]) == set(ways.WAYS)
    assert {(name, value) for name, value in FITS if value in INNOCENT[name]} == set(FITS)


def test_an_innocent_group_is_never_of_one_hand_and_hiding_and_making_a_training_set() -> None:
    shown = [traits(group.cause) for group in of_many(60) if group.spec is None]
    assert max(len(one) for one in shown) == 2
    for pair in ({"series", "hidden"}, {"series", "training"}, {"hidden", "training"}):
        assert pair in shown


def test_what_has_its_needs_met_can_be() -> None:
    assert can_be({"origin": "gateway", "network": "hosted"})
    assert not can_be({"origin": "gateway", "network": "campus"})


def test_groups_are_as_many_and_as_large_as_asked_and_lie_apart() -> None:
    for seed in range(20):
        parts = groups(seed)
        kinds = [group.spec is None for group in parts if not group.group_id.startswith("innocent-around")]
        assert (sum(kinds), len(kinds)) == (12, 17)
        whole = sorted((g for g in parts if g.inside is None), key=lambda group: group.first)
        ends = [group.first + group.accounts + group.victims for group in whole]
        assert [group.first for group in whole] == [0, *ends[:-1]]
        assert min(group.accounts for group in parts) >= 8
        assert max(group.accounts for group in parts if not group.group_id.startswith("innocent-around")) <= 300
    assert len(groups(1, count=32_000)) >= 68
    assert {group.spec is None for group in groups(1, count=400)} == {True, False}


def test_a_quiet_world_has_no_operator() -> None:
    parts = groups(3, preset="quiet_causes")
    assert len(parts) == 12
    assert not [group for group in parts if group.spec is not None]


def test_the_seed_decides() -> None:
    assert groups(5) == groups(5)
    assert groups(5) != groups(6)


def test_what_is_left_out_is_never_drawn() -> None:
    asked = "schedule=full_hour origin=reseller content=rewritten"
    left_out = {tuple(value.split("=")) for value in asked.split()}
    innocent, operated = values(of_many(25, without=asked))
    assert not (innocent | operated) & left_out
    assert ("way", "inside_reseller") not in operated  # it has no reseller to be in


@pytest.mark.parametrize("component", dict.fromkeys([*INNOCENT, *guises.OPERATED]))
def test_any_one_value_can_be_left_out_or_forced(component: str) -> None:
    for value in dict.fromkeys([*INNOCENT.get(component, ()), *guises.OPERATED.get(component, ())]):
        is_innocent = value in INNOCENT.get(component, ())
        forced = groups(2, count=2_000, only=f"{component}={value}")
        asked = [group for group in forced if (group.spec is None) == is_innocent]
        assert asked
        assert {group.cause.get(component, value) for group in asked} == {value}
        left = groups(2, count=2_000, without=f"{component}={value}")
        assert value not in {group.cause.get(component) for group in left}


def test_what_is_forced_holds_for_every_innocent_group() -> None:
    for group in of_many(10, only="software=bot_template schedule=push"):
        if group.spec is None:
            assert (group.cause["software"], group.cause["schedule"]) == ("bot_template", "push")
    innocent, operated = values(of_many(10, only="origin=class_quiet"))
    assert {value for name, value in innocent if name == "origin"} == {"class_quiet"}
    assert {value for name, value in operated if name == "origin"} >= {"series", "bought"}


def test_what_only_operators_know_is_forced_on_them() -> None:
    innocent, operated = values(of_many(10, only="way=two_days schedule=beat"))
    assert {value for name, value in operated if name in ("way", "schedule")} == {"two_days", "beat"}
    assert len({value for name, value in innocent if name == "schedule"}) > 3


def test_dials_are_turned_on_drawn_operators_too() -> None:
    plan = turned(drawn(PRESETS["causes"], generator(1, 4), WORLD, (), ()), ["template_jaccard=0.1"])
    assert {group.spec.template_jaccard for group in plan.groups if group.spec is not None} == {0.1}


@pytest.mark.parametrize(
    ("preset", "without", "only", "said"),
    [
        ("small", "software=app", "", "need a preset that draws its groups"),
        ("causes", "colour=red", "", "--without 'colour=red' names no component"),
        ("causes", "", "software=game", "--only software takes one of none, client"),
        ("causes", "volume=even volume=heavy_tailed", "", "leave no value of volume"),
        ("causes", "", "network=campus origin=gateway", "no origin that goes with origin=gateway;network=campus"),
        ("causes", "", "origin=account_seller purpose=output_heavy", "nothing that can be drawn"),
    ],
)
def test_what_cannot_be_drawn_is_said(preset: str, without: str, only: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        groups(1, preset=preset, without=without, only=only)

"""What is ordinary tonight says little; what campaigns do does not become ordinary by that."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.graph.intent.base_rates import bits_tonight, shown
from jobs.graph.intent.features import BITS, FEATURES
from jobs.graph.intent.hypotheses import weigh
from jobs.vocabulary import Line

FEATURE = {feature.name: feature for feature in FEATURES}
SERIES = FEATURE["machine_made_identities"]
COUNTS = st.integers(0, 10_000).flatmap(lambda looked: st.tuples(st.just(looked), st.integers(0, looked)))


@given(st.sampled_from(FEATURES), COUNTS)
def test_a_night_never_makes_a_feature_say_more_than_its_row(feature: object, counts: tuple[int, int]) -> None:
    name = feature.name  # type: ignore[attr-defined]
    assert bits_tonight(FEATURE[name], {name: counts}) <= BITS[name]


@given(st.integers(1, 1000), st.data())
def test_the_more_groups_show_it_the_less_it_says(looked: int, data: st.DataObject) -> None:
    found = data.draw(st.integers(1, looked))
    more, less = ({SERIES.name: (looked, count)} for count in (found, found - 1))
    assert bits_tonight(SERIES, more) <= bits_tonight(SERIES, less)


def test_what_nobody_else_shows_keeps_its_bits_however_small_the_night() -> None:
    assert bits_tonight(SERIES, {}) == bits_tonight(SERIES, {SERIES.name: (3, 0)}) == SERIES.bits


def test_one_group_in_five_is_no_custom_but_half_of_forty_is() -> None:
    assert bits_tonight(SERIES, {SERIES.name: (5, 1)}) == pytest.approx(2.7, abs=0.01)  # -log2((1 + 8 / 8) / 13)
    assert bits_tonight(SERIES, {SERIES.name: (40, 20)}) == pytest.approx(1.19, abs=0.01)  # -log2((20 + 8 / 8) / 48)


def test_a_pattern_that_dozens_of_groups_show_is_no_concealment() -> None:
    group = {"machine_made_identities": 1.0, "one_template": 1.0, "elicitation": 1.0}
    pieces = {piece.name: piece for piece in weigh(group, {SERIES.name: (40, 20)}).pieces}
    assert pieces[SERIES.name].bits < 2
    assert pieces[SERIES.name].reason.endswith(
        "; 20 of 40 other groups that nothing else speaks against show it tonight"
    )


def test_a_campaign_does_not_make_its_own_habits_ordinary() -> None:
    campaign = dict.fromkeys(("machine_made_identities", "scattered", "elicitation", "output_heavy", "synchrony"), 1.0)
    assert shown(campaign) == {}


def test_a_group_counts_for_a_line_unless_another_speaks_against_it() -> None:
    sellers = {"machine_made_identities": 1.0, "scattered": 0.4, "elicitation": 0.2}
    counted = shown(sellers)
    assert counted == {"machine_made_identities": True, "scattered": False}
    assert {FEATURE[name].line for name in counted} == {Line.CONCEALMENT}


def test_what_speaks_for_innocents_has_no_base_rate() -> None:
    assert shown({"one_address": 1.0, "verified": 1.0}) == {}
    assert bits_tonight(FEATURE["one_address"], {"one_address": (40, 40)}) == BITS["one_address"]

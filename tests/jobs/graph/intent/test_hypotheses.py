"""The intent judgement: pieces sum, features push the way they should, look-alikes are not accused."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.graph.intent.features import BITS, FEATURES
from jobs.graph.intent.hypotheses import weigh
from jobs.graph.intent.judging import judge
from jobs.graph.intent.lines import LINE_BITS, MOST_BITS, MOST_OF_TWO_LINES_BITS, SPEAKING_BITS, by_line, ceiling
from jobs.vocabulary import LINES, Explanation, Line

NAMES = [feature.name for feature in FEATURES]
STRENGTHS = st.dictionaries(st.sampled_from(NAMES), st.floats(0, 1))
CAMPAIGN = dict.fromkeys(NAMES, 0.0) | dict.fromkeys(
    ("elicitation", "output_heavy", "narrow_tasks", "one_template", "even_load", "synchrony",
     "machine_made_identities", "hopping"), 1.0
)  # fmt: skip
TOGETHER = ("one_template", "even_load", "synchrony")
LOOKALIKES = {
    "enterprise": {"common_owner": 1, "one_address": 1, "verified": 1},
    "class": {"common_owner": 1, "education_network": 1, "one_template": 1, "one_address": 1, "short_event": 1},
    "agency": {"one_payer": 1, "handful": 1},
    "white label": {"one_payer": 1, "one_address": 1, "one_template": 1, "narrow_tasks": 1},
    "hackathon": {"short_event": 1, "one_address": 1, "one_template": 1},
    "framework default": {"one_template": 1, "software_only": 1},
    "evaluation vendor": {"common_owner": 1, "narrow_tasks": 1, "one_template": 1, "even_load": 1},
    "a popular bot on rented machines": {"one_template": 1, "even_load": 1, "proxied": 1, "narrow_tasks": 0.3},
    "users of an app, when its notification comes": {
        "one_template": 1,
        "synchrony": 1,
        "even_load": 1,
        "narrow_tasks": 1,
    },
    "buyers of accounts from one seller": {"machine_made_identities": 1, "proxied": 1},
    "paid annotators": {"one_template": 1, "even_load": 1, "elicitation": 1, "narrow_tasks": 1, "output_heavy": 0.2},
    "helpers with donated cards": {"one_template": 1, "even_load": 1, "machine_made_identities": 1, "narrow_tasks": 1},
    "nothing known": {},
}
THE_SAME_TEMPLATE = {"one_template": 1, "elicitation": 1, "output_heavy": 1, "hopping": 1, "proxied": 1}


HABITS = {
    "writers of fiction behind VPNs": ("proxied", "output_heavy", "elicitation", "narrow_tasks"),
    "students of one course who live in many countries": ("proxied", "scattered", "elicitation", "narrow_tasks"),
}


def bits(strengths: dict[str, float]) -> float:
    return weigh(strengths).log_odds_bits


@given(STRENGTHS)
def test_pieces_sum_to_the_log_odds(strengths: dict[str, float]) -> None:
    weighing = weigh(strengths)
    assert math.fsum(piece.bits for piece in weighing.pieces) == pytest.approx(weighing.log_odds_bits, abs=1e-9)


@given(STRENGTHS, st.sampled_from(NAMES))
def test_what_is_absent_speaks_for_no_accusation(strengths: dict[str, float], name: str) -> None:
    """A feature that is looked for and not found never says more for extraction than one that cannot be told."""
    unknown = {feature: strength for feature, strength in strengths.items() if feature != name}
    lines = [sum(p.bits for p in weigh(given).pieces if p.line in LINES) for given in ({**unknown, name: 0.0}, unknown)]
    assert lines[0] == pytest.approx(lines[1], abs=1e-9)


@pytest.mark.parametrize("line", LINES)
def test_two_lines_without_the_third_are_not_almost_certain_by_what_one_cause_explains(line: Line) -> None:
    """One program alone, however many traces it leaves, is one piece of coordination."""
    traces = dict.fromkeys(("one_template", "synchrony", "even_load"), 1.0)
    one = max(feature.bits for feature in FEATURES if feature.name in traces)
    counted = sum(piece.bits for piece in weigh(traces).pieces if piece.line == line)
    assert counted == (one if line is Line.COORDINATION else 0.0)


def test_a_template_alone_is_no_coordination() -> None:
    """A company's own, called from everywhere, for long answers: everybody has a template."""
    found = by_line(dict.fromkeys(NAMES, 0.0) | THE_SAME_TEMPLATE, BITS)
    assert [line for line in LINES if found[line] < LINE_BITS[line]] == [Line.COORDINATION]


@pytest.mark.parametrize("habit", [("proxied", "rotating"), ("proxied", "scattered", "rotating")])
def test_a_network_habit_is_no_concealment_however_many_traces_it_leaves(habit: tuple[str, ...]) -> None:
    """A VPN is one button: abroad, in many networks, and for people of one place in many countries."""
    assert by_line(dict.fromkeys(habit, 1.0), BITS)[Line.CONCEALMENT] < LINE_BITS[Line.CONCEALMENT]


@pytest.mark.parametrize("kind", HABITS)
def test_a_program_a_network_and_long_answers_in_common_are_two_lines_short_of_an_accusation(kind: str) -> None:
    found = by_line(dict.fromkeys(("one_template", "even_load", *HABITS[kind]), 1.0), BITS)
    assert [line for line in LINES if found[line] >= LINE_BITS[line]] == [Line.PURPOSE]


def test_load_that_is_even_is_no_coordination_by_itself() -> None:
    assert by_line({"even_load": 1.0, "one_template": 1.0}, BITS)[Line.COORDINATION] < LINE_BITS[Line.COORDINATION]


def test_ruling_out_every_listed_innocent_explanation_accuses_nobody() -> None:
    assert weigh(dict.fromkeys(NAMES, 0.0)).log_odds_bits < -6
    assert weigh(dict.fromkeys(NAMES, 0.0)).best is not Explanation.EXTRACTION


@pytest.mark.parametrize("feature", ["elicitation", "machine_made_identities", "hopping", "synchrony", "sanctioned"])
def test_what_campaigns_do_speaks_for_extraction(feature: str) -> None:
    assert bits({**CAMPAIGN, feature: 1.0}) > bits({**CAMPAIGN, feature: 0.0})


@pytest.mark.parametrize("feature", ["common_owner", "education_network", "one_address", "verified"])
def test_what_innocents_declare_speaks_against_it(feature: str) -> None:
    assert bits({**CAMPAIGN, feature: 1.0}) < bits({**CAMPAIGN, feature: 0.0})


def test_a_campaign_is_almost_certain_and_does_not_need_elicitation() -> None:
    assert bits(CAMPAIGN) > 10
    assert bits({**CAMPAIGN, "elicitation": 0.0}) > 4.3  # .95


@pytest.mark.parametrize("kind", LOOKALIKES)
def test_a_lookalike_is_not_accused(kind: str) -> None:
    strengths = dict.fromkeys(NAMES, 0.0) | LOOKALIKES[kind]
    assert weigh(strengths).log_odds_bits < 0


def test_a_name_that_is_no_feature_is_an_error() -> None:
    with pytest.raises(ValueError, match="no feature of the judgement is called elicitatoin"):
        weigh({**CAMPAIGN, "elicitatoin": 1.0})


def decided(decision: str | None, strengths: dict[str, float] = CAMPAIGN) -> pa.Table:
    rows = [(name, strength, strength, None, None, None) for name, strength in strengths.items()]
    rows += [("decision", None, None, decision, "d-1", None)] if decision else []
    names = ("feature", "strength", "figure", "decision", "decision_id", "held")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    unknown = pa.nulls(len(rows), pa.int64())
    return pa.table({"campaign_id": ["c1"] * len(rows), "looked": unknown, "shown": unknown, **columns})


def test_an_analysts_rejection_outweighs_the_evidence_and_is_named() -> None:
    rows = judge(decided("rejected")).to_pylist()
    assert rows[0]["posterior_microbits"] <= -10_000_000
    assert [row["piece"] for row in rows if "d-1" in row["explanation"]] == ["decision:rejected"]
    assert sum(row["microbits"] for row in rows) == rows[0]["posterior_microbits"]


def test_no_judgement_is_surer_than_left_out_causes_support_but_an_analysts() -> None:
    rows = judge(decided(None)).to_pylist()
    assert rows[0]["posterior_microbits"] == sum(row["microbits"] for row in rows) == MOST_BITS * 1e6
    assert rows[-1]["piece"] == "support"
    assert judge(decided("confirmed")).to_pylist()[0]["posterior_microbits"] > MOST_BITS * 1e6


@pytest.mark.parametrize(
    ("missing", "line"), [(("hopping", "machine_made_identities"), Line.CONCEALMENT), (TOGETHER, Line.COORDINATION)]
)
def test_two_lines_are_never_almost_certain_however_much_they_say(missing: tuple[str, ...], line: Line) -> None:
    rows = judge(
        decided(None, CAMPAIGN | dict.fromkeys(missing, 0.0) | {"release_pivot": 1.0, "sanctioned": 0.0})
    ).to_pylist()
    assert rows[0]["posterior_microbits"] == sum(row["microbits"] for row in rows) == MOST_OF_TWO_LINES_BITS * 1e6
    assert rows[-1]["explanation"].startswith(f"too little on {line}")


@pytest.mark.parametrize(
    ("coordination", "concealment", "purpose", "log_odds", "verdict"),
    [
        (0.75, 3.6, 2.6, 4.3, "deliberate"),  # all three stand
        (0.65, 2.6, 1.5, 6.0, "deliberate"),  # all three speak, and it is a bit more than any innocent group came to
        (0.65, 2.6, 1.5, 5.9, "suspicious"),
        (9.0, 2.5, 9.0, 9.0, "suspicious"),  # two, however much they say
        (0.0, 9.0, 9.0, 9.0, "suspicious"),
        (9.0, 9.0, 1.4, 9.0, "suspicious"),
        (0.0, 0.0, 9.0, 9.0, "neither"),
        (9.0, -3.0, 1.0, 9.0, "neither"),
    ],
)
def test_the_rule_of_accusation(
    coordination: float, concealment: float, purpose: float, log_odds: float, verdict: str
) -> None:
    bits, _ = ceiling(dict(zip(LINES, (coordination, concealment, purpose), strict=True)), log_odds)
    likelihood = 1 / (1 + 2 ** -min(bits, log_odds))
    assert verdict == ("deliberate" if likelihood >= 0.95 else "suspicious" if likelihood >= 0.66 else "neither")


@given(st.tuples(*[st.floats(-10, 10)] * 3), st.floats(-20, 20))
def test_whoever_lacks_a_line_is_never_accused(said: tuple[float, float, float], log_odds: float) -> None:
    lines = dict(zip(LINES, said, strict=True))
    if any(lines[line] < SPEAKING_BITS[line] for line in LINES):
        assert ceiling(lines, log_odds)[0] <= MOST_OF_TWO_LINES_BITS

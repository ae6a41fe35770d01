"""The intent judgement: pieces sum, features push the way they should, look-alikes are not accused."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.graph.intent.features import FEATURES
from jobs.graph.intent.hypotheses import weigh
from jobs.graph.intent.judging import judge

NAMES = [feature.name for feature in FEATURES]
STRENGTHS = st.dictionaries(st.sampled_from(NAMES), st.floats(0, 1))
CAMPAIGN = dict.fromkeys(NAMES, 0.0) | dict.fromkeys(
    ("elicitation", "one_template", "narrow_tasks", "machine_made_identities", "proxied", "even_load", "synchrony"), 1.0
)
LOOKALIKES = {
    "enterprise": {"common_owner": 1, "one_address": 1, "verified": 1},
    "class": {"common_owner": 1, "education_network": 1, "one_template": 1, "one_address": 1, "short_event": 1},
    "agency": {"one_payer": 1, "handful": 1},
    "white label": {"one_payer": 1, "one_address": 1, "one_template": 1, "narrow_tasks": 1},
    "hackathon": {"short_event": 1, "one_address": 1, "one_template": 1},
    "framework default": {"one_template": 1, "software_only": 1},
    "evaluation vendor": {"common_owner": 1, "narrow_tasks": 1, "one_template": 1, "even_load": 1},
    "nothing known": {},
}


@given(STRENGTHS)
def test_pieces_sum_to_the_log_odds(strengths: dict[str, float]) -> None:
    weighing = weigh(strengths)
    assert math.fsum(bits for _, bits, _ in weighing.pieces) == pytest.approx(weighing.log_odds_bits, abs=1e-9)


@pytest.mark.parametrize("feature", ["elicitation", "machine_made_identities", "proxied", "synchrony", "sanctioned"])
def test_what_campaigns_do_speaks_for_extraction(feature: str) -> None:
    assert weigh({**CAMPAIGN, feature: 1.0}).log_odds_bits > weigh({**CAMPAIGN, feature: 0.0}).log_odds_bits


@pytest.mark.parametrize("feature", ["common_owner", "education_network", "one_address", "short_event", "verified"])
def test_what_innocents_declare_speaks_against_it(feature: str) -> None:
    assert weigh({**CAMPAIGN, feature: 1.0}).log_odds_bits < weigh({**CAMPAIGN, feature: 0.0}).log_odds_bits


def test_a_campaign_is_almost_certain_and_does_not_need_elicitation() -> None:
    assert weigh(CAMPAIGN).log_odds_bits > 10
    assert weigh({**CAMPAIGN, "elicitation": 0.0}).log_odds_bits > 4.3  # .95


@pytest.mark.parametrize("kind", LOOKALIKES)
def test_a_lookalike_is_not_accused(kind: str) -> None:
    strengths = dict.fromkeys(NAMES, 0.0) | LOOKALIKES[kind]
    assert weigh(strengths).log_odds_bits < 0


def test_a_name_that_is_no_feature_is_an_error() -> None:
    with pytest.raises(ValueError, match="no feature of the judgement is called elicitatoin"):
        weigh({**CAMPAIGN, "elicitatoin": 1.0})


def decided(decision: str) -> pa.Table:
    rows = [(name, strength, strength, None, None, None) for name, strength in CAMPAIGN.items()]
    rows.append(("decision", None, None, decision, "d-1", None))
    names = ("feature", "strength", "figure", "decision", "decision_id", "held")
    columns = {name: [row[place] for row in rows] for place, name in enumerate(names)}
    return pa.table({"campaign_id": ["c1"] * len(rows), **columns})


def test_an_analysts_rejection_outweighs_the_evidence_and_is_named() -> None:
    rows = judge(decided("rejected")).to_pylist()
    assert rows[0]["posterior_microbits"] <= -10_000_000
    assert [row["piece"] for row in rows if "d-1" in row["explanation"]] == ["decision:rejected"]
    assert sum(row["microbits"] for row in rows) == rows[0]["posterior_microbits"]

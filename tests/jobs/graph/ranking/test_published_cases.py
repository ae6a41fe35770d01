"""The published cases ship with the package: every figure is one that a source stated, and what was not stated is not there."""

from __future__ import annotations

import re
from collections import Counter
from datetime import date

from jobs.graph.ranking.published_cases import CASES, as_delivered
from jobs.staged.known_campaigns import RAW

FEBRUARY, JUNE = date(2026, 2, 23), date(2026, 6, 24)


def test_every_figure_is_as_it_was_published() -> None:
    stated = {
        ("deepseek-2026", "exchanges", "floor", 150_000, "campaign", FEBRUARY),
        ("moonshot-2026", "exchanges", "floor", 3_400_000, "campaign", FEBRUARY),
        ("minimax-2026", "exchanges", "floor", 13_000_000, "campaign", FEBRUARY),
        ("three-labs-2026", "exchanges", "floor", 16_000_000, "aggregate", FEBRUARY),
        ("three-labs-2026", "accounts", "about", 24_000, "aggregate", FEBRUARY),
        ("qwen-affiliated-2026", "exchanges", "floor", 28_800_000, "campaign", JUNE),
        ("qwen-affiliated-2026", "accounts", "about", 25_000, "campaign", JUNE),
        ("google-2026", "exchanges", "floor", 100_000, "campaign", date(2026, 2, 12)),
    }
    found = [(case.incident_id, case.metric, case.bound, case.value, case.scope, case.as_of) for case in CASES]
    assert set(found) == stated
    assert len(found) == len(stated)


def test_days_are_given_only_where_they_were_stated() -> None:
    days = {(case.incident_id, case.first_day, case.last_day) for case in CASES if case.first_day or case.last_day}
    assert days == {("qwen-affiliated-2026", date(2026, 4, 22), date(2026, 6, 5))}


def test_attribution_is_to_affiliated_operators_and_the_size_was_claimed_on_one_provider() -> None:
    (largest,) = [case for case in CASES if case.value == 28_800_000]
    assert (largest.actor, largest.provider) == ("Alibaba-affiliated operators", "Anthropic")
    assert {case.actor for case in CASES if case.incident_id == "google-2026"} == {None}


def test_every_case_has_a_source_a_grade_and_one_line_that_says_why() -> None:
    for case in CASES:
        assert case.source.name
        assert re.fullmatch("[A-F][1-6]", case.source.grade)
        assert case.source.reason
        assert "\n" not in case.source.reason


def test_no_two_rows_have_the_key_of_the_staged_table() -> None:
    keys = Counter(tuple(getattr(case, name) for name in RAW.key) for case in CASES)
    assert max(keys.values()) == 1


def test_the_rows_fit_the_input_contract() -> None:
    rows = as_delivered()
    assert rows.column_names == [field.name for field in RAW.fields]
    assert rows.num_rows == len(CASES)
    for field in RAW.fields:
        values = rows[field.name].to_pylist()
        assert not field.required or None not in values
        assert not field.one_of or set(values) <= set(field.one_of)

"""The bound on false accusations: conformal, and shown where the night is read."""

from __future__ import annotations

import pytest

from jobs.graph.intent.error_rate import INNOCENT_GROUPS, expected_false_accusations


def test_no_more_is_promised_than_as_many_innocent_groups_without_a_false_accusation_allow() -> None:
    assert expected_false_accusations(0) == 0
    assert expected_false_accusations(INNOCENT_GROUPS + 1) == 1.0
    assert expected_false_accusations(60) == pytest.approx(2 * expected_false_accusations(30))

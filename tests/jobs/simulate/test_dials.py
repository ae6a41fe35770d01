"""Dials are turned for every campaign, and what a dial does not take is said."""

from __future__ import annotations

import pytest

from jobs.errors import UsageError
from jobs.simulate.dials import turned
from jobs.simulate.specs import PRESETS


def test_numbers_and_words_are_set_on_every_campaign() -> None:
    dials = ["template_jaccard=0.1", "templates=4", "client=custom", "proxy_network=none"]
    for spec in turned(PRESETS["small"], dials).campaigns:
        assert (spec.template_jaccard, spec.templates, spec.client, spec.proxy_network) == (0.1, 4, "custom", None)


def test_a_preset_without_dials_stays_as_it_is() -> None:
    assert turned(PRESETS["small"], []) == PRESETS["small"]


@pytest.mark.parametrize(
    ("dial", "said"),
    [
        ("colour=1", "--dial colour is unknown"),
        ("tier=2", "--dial tier is unknown"),
        ("templates=many", "takes a number, not 'many'"),
        ("client=curl", "takes one of common, custom, not 'curl'"),
    ],
)
def test_what_a_dial_does_not_take_is_said(dial: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        turned(PRESETS["small"], [dial])

"""What a careful owner is told of a night's delivery, and what refuses it: one broken export after the other."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.quality.figures import Figures, compare

USUAL: dict[tuple[str, str], tuple[float, float]] = {
    ("api_requests", "share client_address"): (980, 1000),
    ("api_requests", "share tls_ja4"): (700, 1000),
    ("api_requests", "share on the night"): (950, 1000),
    ("api_requests", "mean input_tokens"): (900_000, 1000),
    ("api_requests", "mean elicitation_score"): (80, 1000),
    ("api_requests", "count accounts"): (400, 1),
    ("api_requests", "most account_id"): (50, 1000),
    ("api_requests", "most client_address"): (20, 1000),
    ("api_requests", "name request_model flagship"): (600, 1000),
    ("api_requests", "name request_model light"): (400, 1000),
    ("accounts", "share email"): (500, 500),
    ("accounts", "share phone"): (400, 500),
    ("charges", "mean billed_cost"): (300, 300),
    ("charges", "mean consumed_quantity"): (3_000_000, 300),
    ("charges", "share negative billed_cost"): (3, 300),
    ("charges", "days old"): (300, 300),
    **{("api_requests", f"hour {hour:02d}"): (60 if 8 <= hour < 20 else 23.3, 1000) for hour in range(24)},
}
WEEK = [USUAL] * 7


def changed(**figures: tuple[float, float] | None) -> dict[tuple[str, str], tuple[float, float]]:
    """The usual night but for these, named `table__figure`; None leaves one out."""
    named = {tuple(name.replace("_of_", " ").split("__")): value for name, value in figures.items()}
    assert set(named) <= set(USUAL) | {("api_requests", "name request_model unknown")}, named
    return {key: value for key, value in {**USUAL, **named}.items() if value is not None}  # type: ignore[dict-item]


def hours(shares: dict[int, float]) -> dict[str, Any]:
    return {f"api_requests__hour_of_{hour:02d}": (share, 1000) for hour, share in shares.items()}


BROKEN: dict[str, tuple[Figures, str]] = {
    "all addresses null": (changed(api_requests__share_of_client_address=(0, 1000)), "critical"),
    "all clients null": (changed(api_requests__share_of_tls_ja4=(0, 1000)), "warning"),
    "every address is the load balancer's": (changed(api_requests__most_of_client_address=(990, 1000)), "critical"),
    "all requests on one account": (changed(api_requests__most_of_account_id=(1000, 1000)), "critical"),
    "accounts at a tenth": (changed(api_requests__count_of_accounts=(40, 1)), "critical"),
    "half the accounts": (changed(api_requests__count_of_accounts=(200, 1)), "warning"),
    "tokens times a thousand": (changed(**{"api_requests__mean_of_input_tokens": (9e8, 1000)}), "critical"),
    "tokens times five": (changed(**{"api_requests__mean_of_input_tokens": (4.5e6, 1000)}), "warning"),
    "elicitation all one": (changed(api_requests__mean_of_elicitation_score=(1000, 1000)), "critical"),
    "cost times a thousand": (changed(charges__mean_of_billed_cost=(300_000, 300)), "critical"),
    "quantity times a hundred": (changed(charges__mean_of_consumed_quantity=(3e8, 300)), "critical"),
    "negative costs": (changed(**{"charges__share_of_negative billed_cost": (300, 300)}), "critical"),
    "charges of a year back": (changed(**{"charges__days_of_old": (110_000, 300)}), "critical"),
    "charges of the quarter before": (changed(**{"charges__days_of_old": (30_000, 300)}), "warning"),
    "no tokens at all": (changed(api_requests__mean_of_input_tokens=(0, 1000)), "critical"),
    "times of the day before": (changed(**{"api_requests__share_of_on the night": (10, 1000)}), "critical"),
    "no mail addresses": (changed(accounts__share_of_email=(0, 500)), "critical"),
    "no phones": (changed(accounts__share_of_phone=(0, 500)), "warning"),
    "nothing after noon": (changed(**hours(dict.fromkeys(range(12, 24), 0))), "critical"),
    "two hours of the morning missing": (changed(**hours({8: 0, 9: 0})), "warning"),
    "clocks eight hours off": (
        changed(**hours({hour: 90 if (hour + 8) % 24 in range(8, 20) else 3 for hour in range(24)})), "critical",
    ),
    "unknown models": (
        changed(**{"api_requests__name_of_request_model flagship": None, "api_requests__name_of_request_model light": None,
                   "api_requests__name_of_request_model unknown": (1000, 1000)}), "warning",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_delivery_is_told_as_gravely_as_it_is(kind: str) -> None:
    now, severity = BROKEN[kind]
    failed = [each for each in compare(now, WEEK) if not each.success]
    assert failed, kind
    assert ("critical" if any(each.severity == "critical" for each in failed) else "warning") == severity, failed


def test_a_usual_night_and_a_sunday_are_fine() -> None:
    half = {key: (value / 2, base / 2) for key, (value, base) in USUAL.items()} | {
        ("api_requests", "count accounts"): (290, 1)
    }
    for now in (USUAL, half):
        assert [each for each in compare(now, WEEK) if not each.success] == []


def test_a_classifier_that_answers_one_to_everything_is_broken_also_where_much_is_elicited() -> None:
    key = ("api_requests", "mean elicitation_score")
    much = [night | {key: (500, 1000)} for night in WEEK]
    assert [each.severity for each in compare(USUAL | {key: (1000, 1000)}, much) if not each.success] == ["critical"]


def test_one_bad_night_in_the_week_changes_nothing() -> None:
    bad = {key: (value * 1000, base) for key, (value, base) in USUAL.items()}
    assert [each for each in compare(USUAL, [bad, *WEEK[1:]]) if not each.success] == []


def test_without_a_usual_nothing_is_compared() -> None:
    assert compare(BROKEN["all addresses null"][0], WEEK[:2]) == []


def test_a_handful_of_rows_has_no_shares() -> None:
    few = {key: (0.0, 10.0) for key in USUAL if key[0] == "charges"}
    assert [each for each in compare(USUAL | few, WEEK) if not each.success] == []


def test_outcomes_name_no_model_and_no_value() -> None:
    said = " ".join(f"{each.expectation} {each.observed}" for each in compare(BROKEN["unknown models"][0], WEEK))
    assert "flagship" not in said
    assert "unknown" not in said

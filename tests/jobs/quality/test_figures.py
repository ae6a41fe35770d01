"""What is usual, and what is told of a night that is not: figures by hand. A world's nights: `test_broken_deliveries`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.quality.figures import Figures, Usual, compare
from jobs.quality.outcomes import Outcome

NIGHT = date(2026, 3, 31)
REQUESTS, ACCOUNTS, CHARGES = "api_requests", "accounts", "charges"
USUAL: dict[tuple[str, str], tuple[float, float]] = {
    (REQUESTS, "count rows"): (1000, 1),
    (REQUESTS, "count accounts"): (400, 1),
    (REQUESTS, "share client_address"): (980, 1000),
    (REQUESTS, "share tls_ja4"): (700, 1000),
    (REQUESTS, "share system_prompt_hash"): (350, 1000),
    (REQUESTS, "on the night"): (990, 1000),
    (REQUESTS, "mean input_tokens"): (900_000, 1000),
    (REQUESTS, "bits input_tokens"): (9_000, 1000),
    (REQUESTS, "bits output_tokens"): (7_000, 1000),
    (REQUESTS, "mean elicitation_score"): (80, 1000),
    (REQUESTS, "most account_id"): (50, 1000),
    (REQUESTS, "most user_agent"): (400, 1000),
    (REQUESTS, "kind request_model flagship"): (600, 1000),
    (REQUESTS, "kind request_model light"): (350, 1000),
    (REQUESTS, "kind request_model embed"): (50, 1000),
    (REQUESTS, "known account_id"): (1000, 1000),
    (ACCOUNTS, "count rows"): (500, 1),
    (ACCOUNTS, "share email"): (500, 500),
    (ACCOUNTS, "newest created_at"): (0, 1),
    (ACCOUNTS, "days undelivered"): (0, 1),
    (CHARGES, "count rows"): (300, 1),
    (CHARGES, "mean billed_cost"): (300, 300),
    (CHARGES, "ratio billed to used tokens"): (1_000_000, 1_000_000),
    (CHARGES, "negative billed_cost"): (3, 300),
    (CHARGES, "days old"): (300, 300),
    ("indicators", "count rows"): (100, 1),
    ("indicators", "valid"): (90, 100),
    **{(REQUESTS, f"hour {hour:02d}"): (60 if 8 <= hour < 20 else 23.3, 1000) for hour in range(24)},
    **{
        (REQUESTS, f"zone US {hour:02d}"): (4.0 * (min(abs(hour - 6), 24 - abs(hour - 6)) + 0.25), 600)
        for hour in range(24)
    },
}


def nights(count: int = 28, usual: Figures = USUAL) -> dict[date, Figures]:
    """The nights before: each with a snapshot and facts of its own."""
    return {
        NIGHT - timedelta(days=back): {
            **usual,
            (ACCOUNTS, "checksum"): (float(back), 1),
            **{(REQUESTS, f"sample {back:02d}{n:02d}"): (1, 1) for n in range(64)},
        }
        for back in range(1, count + 1)
    }


def changed(**figures: tuple[float, float] | None) -> dict[tuple[str, str], tuple[float, float]]:
    """The usual night but for these, named `table__figure` with `_of_` for a space; None leaves one out."""
    named = {(table, figure.replace("_of_", " ")): value for (table, _, figure), value in
             ((name.partition("__"), value) for name, value in figures.items())}  # fmt: skip
    return {key: value for key, value in {**USUAL, **named}.items() if value is not None}


def failed(now: Figures, earlier: Mapping[date, Figures] | None = None) -> list[tuple[str, str]]:
    """Severity and expectation of what failed."""
    found = compare(NIGHT, now, nights() if earlier is None else earlier)
    return [(each.severity, each.expectation) for each in found if not each.success]


def turned(hours: int) -> dict[tuple[str, str], tuple[float, float]]:
    return {
        (table, f"{kind} {(int(hour) + hours) % 24:02d}"): value
        for (table, figure), value in USUAL.items()
        if figure.startswith(("hour", "zone"))
        for kind, _, hour in [figure.rpartition(" ")]
    }


TOLD: dict[str, tuple[Figures, tuple[str, str] | None]] = {
    "a usual night": (USUAL, None),
    "half of a day's rows are as many as on no such day": (
        changed(api_requests__count_of_rows=(650, 1)), ("warning", "rows as many as usual"),
    ),
    "a lost table": (changed(charges__count_of_rows=(0, 1)), ("critical", "rows as many as usual")),
    "a column that lost half": (
        changed(api_requests__share_of_client_address=(480, 1000)), ("critical", "client_address has values as usual"),
    ),
    "a column that lost a fifth": (changed(api_requests__share_of_tls_ja4=(500, 1000)), ("warning", "tls_ja4 has values as usual")),
    "a column that has twice as many": (
        changed(api_requests__share_of_system_prompt_hash=(900, 1000)), ("warning", "system_prompt_hash has values as usual"),
    ),
    "an hour's rows on other days": (changed(api_requests__on_of_the_of_night=(940, 1000)), ("warning", "rows are of the night")),
    "mails all gone": (changed(accounts__share_of_email=(0, 500)), ("critical", "email has values as usual")),
    "a mean of five times": (
        changed(api_requests__mean_of_input_tokens=(4_500_000, 1000)), ("warning", "mean input_tokens as usual"),
    ),
    "no tokens at all": (changed(api_requests__mean_of_input_tokens=(0, 1000)), ("critical", "mean input_tokens as usual")),
    "a typical value of a thousandth": (
        changed(api_requests__bits_of_input_tokens=(0, 1000)), ("critical", "typical input_tokens as usual"),
    ),
    "one value has all": (
        changed(api_requests__most_of_account_id=(1000, 1000)), ("critical", "rows spread over values of account_id"),
    ),
    "one value leaves nothing to others": (
        changed(api_requests__most_of_user_agent=(1000, 1000)), ("warning", "rows spread over values of user_agent"),
    ),
    "billed is twice the used": (
        changed(**{"charges__ratio_of_billed to used tokens": (2_000_000, 1_000_000)}),
        ("warning", "billed to used tokens as usual"),
    ),
    "billed is nothing": (
        changed(**{"charges__ratio_of_billed to used tokens": (0, 1_000_000)}), ("critical", "billed to used tokens as usual"),
    ),
    "charges of the month before": (changed(charges__days_of_old=(9_000, 300)), ("warning", "rows are as new as usual")),
    "nobody new for four days": (changed(accounts__newest_of_created_at=(4, 1)), ("warning", "somebody is new as usual")),
    "no snapshot tonight": (changed(accounts__days_of_undelivered=(1, 1)), ("warning", "delivered as lately as usual")),
    "no snapshot for a week": (changed(accounts__days_of_undelivered=(7, 1)), ("critical", "delivered as lately as usual")),
    "indicators that all have expired": (changed(indicators__valid=(0, 100)), ("warning", "rows are valid on the night as usual")),
    "a rare kind is gone": (
        changed(**{"api_requests__kind_of_request_model embed": None}), ("warning", "no usual kind of request_model is gone"),
    ),
    "a figure that nothing can be said of": (
        changed(**{"charges__mean_of_billed_cost": None}), ("warning", "mean billed_cost can be told as usual"),
    ),
    "facts of three nights ago": (
        USUAL | {(REQUESTS, f"sample 03{n:02d}"): (1, 1) for n in range(64)}, ("critical", "no earlier night's facts"),
    ),
    "some facts of three nights ago": (
        USUAL | {(REQUESTS, f"sample {'03' if n < 16 else '99'}{n:02d}"): (1, 1) for n in range(64)},
        ("warning", "no earlier night's facts"),
    ),
    "the snapshot of last night": (USUAL | {(ACCOUNTS, "checksum"): (1, 1)}, ("warning", "no earlier night's snapshot")),
    "clocks an hour off": (USUAL | turned(1), ("warning", "clocks as usual")),
    "local times taken for UTC": (USUAL | turned(8), ("critical", "clocks as usual")),
    "two columns swapped": (
        changed(api_requests__bits_of_input_tokens=(7_000, 1000), api_requests__bits_of_output_tokens=(9_000, 1000)),
        ("critical", "input_tokens and output_tokens are not swapped"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", TOLD)
def test_a_night_is_told_as_gravely_as_it_is(kind: str) -> None:
    now, expected = TOLD[kind]
    assert (expected in failed(now)) if expected else failed(now) == [], failed(now)


@pytest.mark.parametrize("kind", [kind for kind, (_, expected) in TOLD.items() if expected])
def test_a_bad_night_among_four_weeks_changes_nothing(kind: str) -> None:
    bad, expected = TOLD[kind]
    earlier = nights()
    earlier[NIGHT - timedelta(days=9)] = bad
    assert failed(USUAL, earlier) == []
    repeats = expected is not None and "earlier night's" in expected[1]
    assert repeats or expected in failed(bad, earlier)


def test_a_weekend_is_compared_with_weekends() -> None:
    halves = {key: (value / 2, base / 2) for key, (value, base) in USUAL.items() if not key[1].startswith("count")}
    sunday = (
        USUAL
        | halves
        | {
            (REQUESTS, "count rows"): (500, 1),
            (REQUESTS, "count accounts"): (230, 1),
            (CHARGES, "count rows"): (160, 1),
        }
    )
    earlier = nights()
    for weeks in range(1, 4):
        earlier[NIGHT - timedelta(weeks=weeks)] = sunday
    assert failed(sunday, earlier) == []
    assert failed(sunday, nights(6)) == [], "the first weekend is not known yet"
    assert ("warning", "rows as many as usual") in failed(sunday)


def test_what_varies_by_itself_is_not_told() -> None:
    key = REQUESTS, "share system_prompt_hash"
    earlier = {day: {**each, key: (350 + 200 * (day.day % 3 - 1), 1000)} for day, each in nights().items()}
    assert failed(USUAL | {key: (50, 1000)}, earlier) == []
    assert failed(USUAL | {key: (50, 1000)}) == [("warning", "system_prompt_hash has values as usual")]


def test_a_snapshot_that_seldom_changes_is_not_told_but_an_older_one_is() -> None:
    key = ACCOUNTS, "checksum"
    earlier = {
        day: {**each, key: (1.0 if day < NIGHT - timedelta(days=9) else 2.0, 1)} for day, each in nights().items()
    }
    assert failed(USUAL | {key: (2.0, 1)}, earlier) == []
    assert failed(USUAL | {key: (1.0, 1)}, earlier) == [("warning", "no earlier night's snapshot")]


def test_facts_that_are_alike_every_night_are_not_told() -> None:
    alike = {(REQUESTS, f"sample {n}"): (1.0, 1.0) for n in range(64)}
    assert failed(USUAL | alike, {day: {**USUAL, **alike} for day in nights()}) == []


def test_a_classifier_that_answers_one_to_everything_is_broken_also_where_much_is_elicited() -> None:
    much = USUAL | {(REQUESTS, "mean elicitation_score"): (500.0, 1000.0)}
    assert failed(much | {(REQUESTS, "mean elicitation_score"): (1000, 1000)}, nights(usual=much)) == [
        ("critical", "mean elicitation_score as usual")
    ]


def test_without_a_usual_only_strangers_are_told() -> None:
    now = changed(api_requests__share_of_client_address=(0, 1000), api_requests__known_of_account_id=(500, 1000))
    assert failed(now, nights(2)) == [("critical", "account_id is known as usual")]


def test_strangers_never_become_usual() -> None:
    now = changed(api_requests__known_of_account_id=(500, 1000))
    assert failed(now, nights(usual=now)) == [("critical", "account_id is known as usual")]


def test_a_handful_of_rows_has_no_shares() -> None:
    few = {key: (0.0, 10.0) for key in USUAL if key[0] == "accounts" and key[1].startswith("share")}
    assert failed(USUAL | few) == []


def test_outcomes_name_no_kind_and_each_check_once() -> None:
    found = compare(NIGHT, changed(**{"api_requests__kind_of_request_model unknown": (1000, 1000)}), nights())
    said = " ".join(f"{each.expectation} {each.observed}" for each in found)
    assert "flagship" not in said
    assert "unknown" not in said
    assert len({(each.table_name, each.expectation) for each in found}) == len(found)


@given(st.permutations(sorted(USUAL)), st.permutations(sorted(nights())))
def test_no_order_of_rows_or_nights_changes_what_is_said(keys: list[tuple[str, str]], days: list[date]) -> None:
    def said(names: list[tuple[str, str]], order: list[date]) -> list[Outcome]:
        earlier = nights()
        return compare(NIGHT, {key: USUAL[key] for key in names}, {day: earlier[day] for day in order})

    assert said(keys, days) == said(sorted(USUAL), sorted(nights()))


@given(st.lists(st.floats(0, 1e9), min_size=3, max_size=28))
def test_no_usual_value_is_missed_by_more_than_half_of_the_nights(values: list[float]) -> None:
    usual = Usual.of(values)
    assert 2 * sum(usual.missed(value, 0.0) for value in values) <= len(values)

"""Which figures of an incident are in force on a night: the delivered ones or the shipped ones, and none from the future."""

from __future__ import annotations

from datetime import date
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from jobs.graph.ranking.incidents import FIGURES, in_force
from jobs.graph.ranking.published_cases import CASES

NIGHT = date(2026, 7, 1)


def shipped(**changed: Any) -> list[dict[str, Any]]:
    """The shipped figures of the largest published case."""
    cases = [case for case in CASES if case.incident_id == "qwen-affiliated-2026"]
    return [
        {**case._asdict(), "source": case.source.name, "grade": case.source.grade, "is_delivered": False} | changed
        for case in cases
    ]


def delivered(metric: str = "exchanges", bound: str = "ceiling", value: int = 40_000_000, **row: Any) -> dict[str, Any]:
    usual = {"incident_id": "qwen-affiliated-2026", "name": "Qwen", "metric": metric, "bound": bound, "value": value,
             "as_of": date(2026, 6, 30), "scope": "campaign", "source": "our own count", "is_delivered": True}  # fmt: skip
    return usual | row


def known(rows: list[dict[str, Any]], night: date = NIGHT) -> dict[tuple[str, str], dict[str, Any]]:
    found = in_force(pa.Table.from_pylist(rows, FIGURES), night).to_pylist()
    assert len({(row["metric"], row["scope"]) for row in found}) == len(found)
    return {(row["metric"], row["scope"]): row for row in found}


def test_a_shipped_case_is_known_with_actor_provider_source_and_grade() -> None:
    found = known(shipped())
    exchanges = found["exchanges", "campaign"]
    assert (exchanges["value_low"], exchanges["value_high"]) == (28_800_000, None)
    assert (exchanges["actor"], exchanges["provider"]) == ("Alibaba-affiliated operators", "Anthropic")
    assert (exchanges["low_source_grade"], exchanges["high_source_grade"]) == ("B2", None)
    assert (exchanges["first_day"], exchanges["last_day"]) == (date(2026, 4, 22), date(2026, 6, 5))
    accounts = found["accounts", "campaign"]
    assert (accounts["value_low"], accounts["value_high"], accounts["high_stated"]) == (22_500, 27_500, 25_000)


def test_nothing_is_known_before_it_was_stated() -> None:
    assert known(shipped(), date(2026, 6, 23)) == {}
    assert set(known(shipped(), date(2026, 6, 24))) == {("exchanges", "campaign"), ("accounts", "campaign")}


def test_a_delivered_incident_replaces_the_shipped_one_in_whole() -> None:
    found = known([*shipped(), delivered()])
    assert set(found) == {("exchanges", "campaign")}
    only = found["exchanges", "campaign"]
    assert (only["value_low"], only["value_high"], only["name"], only["is_delivered"]) == (
        None,
        40_000_000,
        "Qwen",
        True,
    )


def test_a_delivery_that_is_not_known_yet_replaces_nothing() -> None:
    found = known([*shipped(), delivered(as_of=date(2026, 7, 2))])
    assert found == known(shipped())


def test_a_delivered_figure_is_ungraded_unless_it_repeats_a_shipped_one() -> None:
    repeated = [row | {"is_delivered": True, "grade": None} for row in shipped()]
    found = known([*shipped(), *repeated, delivered()])["exchanges", "campaign"]
    assert (found["low_source_grade"], found["high_source_grade"]) == ("B2", "F6")
    graded = [row | {"grade": "A1"} for row in repeated]
    assert known([*shipped(), *graded])["exchanges", "campaign"]["low_source_grade"] == "A1"
    revised = [row | {"value": row["value"] + 1} for row in repeated]
    assert known([*shipped(), *revised])["exchanges", "campaign"]["low_source_grade"] == "F6"


def test_a_figure_of_one_campaign_and_one_of_several_are_not_mixed() -> None:
    found = known([delivered(bound="floor", value=10), delivered(bound="floor", value=50, scope="aggregate")])
    assert {key: row["value_low"] for key, row in found.items()} == {
        ("exchanges", "campaign"): 10,
        ("exchanges", "aggregate"): 50,
    }


def test_names_and_days_are_those_of_the_newest_figure() -> None:
    old = delivered(bound="floor", value=7, name="old name", as_of=date(2026, 6, 1), provider="elsewhere")
    (found,) = known([delivered(provider="here"), old]).values()
    assert (found["name"], found["provider"], found["as_of"]) == ("Qwen", "here", date(2026, 6, 30))
    assert (found["low_source"], found["low_bound"], found["high_bound"]) == ("our own count", "floor", "ceiling")


@given(st.permutations([*shipped(), delivered(), delivered(bound="floor", value=3), delivered("accounts", "exact", 9)]))
def test_the_order_of_rows_means_nothing(rows: list[dict[str, Any]]) -> None:
    found = in_force(pa.Table.from_pylist(rows, FIGURES), NIGHT)
    assert found.equals(in_force(pa.Table.from_pylist(rows[::-1], FIGURES), NIGHT))

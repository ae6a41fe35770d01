"""Ids, events and replacements over nights, on cases small enough to count by hand."""

from __future__ import annotations

from datetime import date, timedelta

import pyarrow as pa
import pytest

from jobs.evaluation.chronicles import Event, events_told, members_kept, replacements_found, told_events, true_events
from jobs.evaluation.sides import Published, Truth
from jobs.simulate.truth import EVENTS, SUCCESSIONS

FIRST = date(2026, 3, 1)
LINEAGE = pa.schema(
    [("as_of_date", pa.date32()), ("campaign_id", pa.string()), ("event", pa.string()), ("other_campaign_id", pa.string())]
)  # fmt: skip


def nth(day: int) -> date:
    return FIRST + timedelta(days=day)


def table(schema: pa.Schema, *rows: tuple[object, ...]) -> pa.Table:
    return pa.Table.from_pylist([dict(zip(schema.names, row, strict=True)) for row in rows], schema)


def night(day: int, truth: dict[str, str], said: dict[str, str]) -> tuple[date, Truth, Published]:
    """`truth` and `said`: campaign to its accounts, letters."""
    operated = {account: campaign for campaign, accounts in truth.items() for account in accounts}
    members = [(campaign, account, "operated", 1.0) for campaign, accounts in said.items() for account in accounts]
    verdict = dict.fromkeys(said, "deliberate")
    return nth(day), Truth(operated, frozenset(), {}, frozenset(operated), {}), Published(verdict, members)


def event(kind: str, day: int, *campaigns: str) -> Event:
    return Event(kind, frozenset(campaigns), nth(day))


def test_an_account_whose_campaign_changes_its_id_is_lost_once_a_night_and_for_good_over_all_nights() -> None:
    history = [
        night(0, {"A": "abcd"}, {"x": "abcd"}),
        night(1, {"A": "abcd"}, {"x": "ab", "y": "cd"}),
        night(2, {"A": "abcd"}, {"x": "ab", "y": "cd"}),
    ]
    found = members_kept(history, table(EVENTS))
    assert found["member_id_persistence"] == pytest.approx(6 / 8)
    assert found["members_under_first_id"] == pytest.approx(8 / 12)


def test_ids_that_a_merger_changes_are_held_against_nobody() -> None:
    history = [
        night(0, {"A": "abc", "B": "de"}, {"x": "abc", "y": "de"}),
        night(1, {"A": "abcde"}, {"x": "abcde"}),
    ]
    merged = table(EVENTS, ("B", "merged_into", "A", nth(1)))
    found = members_kept(history, merged)
    assert found["member_id_persistence"] is None
    assert found["member_id_persistence_with_mergers_and_splits"] == pytest.approx(3 / 5)


def test_events_are_told_in_terms_of_true_campaigns_and_innocent_groups_count_only_when_suspected() -> None:
    history = [night(0, {"A": "abc"}, {"x": "abc", "z": "kl"})]
    lineage = table(LINEAGE, (nth(0), "x", "born", "x"), (nth(0), "z", "born", "z"), (nth(0), "x", "continued", "x"))
    assert set(told_events(history, lineage)) == {event("born", 0, "A"), event("born", 0, "z")}
    harmless = [(nth(0), history[0][1], Published({"x": "deliberate", "z": "benign"}, history[0][2].members))]
    assert told_events(harmless, lineage) == [event("born", 0, "A")]


def test_a_merger_may_be_told_from_either_side() -> None:
    history = [night(0, {"A": "abc", "B": "de"}, {"x": "abc", "y": "de"}), night(1, {"A": "abcde"}, {"y": "abcde"})]
    for one, other in ("xy", "yx"):
        lineage = table(LINEAGE, (nth(1), one, "merged_into", other))
        assert told_events(history, lineage) == [event("merged_into", 1, "A", "B")]


def test_an_event_counts_once_and_within_the_window_only() -> None:
    true = [event("born", 0, "A"), event("dormant", 20, "A")]
    told = [event("born", 1, "A"), event("born", 2, "A"), event("dormant", 49, "A"), event("dormant", 19, "A")]
    found = events_told(told, true)
    assert (found["events_true"], found["events_told"]) == (2, 4)
    assert found["events_precision"] == pytest.approx(1 / 4)
    assert found["events_recall"] == pytest.approx(1 / 2)
    assert found["events_f1"] == pytest.approx(2 / 6)
    assert found["median_days_to_tell_an_event"] == 1.0


def test_true_events_read_both_sides() -> None:
    rows = table(EVENTS, ("B", "split_from", "A", nth(4)))
    assert true_events(rows) == [event("split_from", 4, "A", "B")]


def test_a_replacement_is_found_when_its_campaign_holds_it_the_next_night() -> None:
    history = [night(3, {"A": "abcde"}, {"x": "abcd", "y": "e"})]
    rows = table(SUCCESSIONS, ("d", "q", nth(3)), ("e", "r", nth(3)), ("f", "s", nth(9)))
    assert replacements_found(history, rows) == {"replacements": 2, "replacements_found_next_night": 0.5}

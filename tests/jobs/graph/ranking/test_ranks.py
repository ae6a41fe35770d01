"""Ranks of intervals and the sentence about them: nothing is the largest unless no other interval can reach it."""

from __future__ import annotations

import itertools
import re
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.graph.ranking.ranks import FIGURES, rank

NIGHT = "2026-07-01"
POST = {"provider": "Anthropic", "source": "a post", "grade": "B2"}
Entry = dict[str, Any]


def mine(name: str, low: int, high: int | None, kind: str = "deliberate", metric: str = "exchanges") -> Entry:
    return {"id": name, "name": f"{name}-heron", "kind": kind, "metric": metric, "value_low": low, "value_high": high}


def known(name: str, low: int | None, high: int | None, kind: str = "known", **row: Any) -> Entry:
    """An incident; both ends were stated in one source unless told."""
    told = {"metric": "exchanges", **POST} | row
    source, grade = told.pop("source"), told.pop("grade")
    usual = {"id": name, "name": name, "kind": kind, "value_low": low, "value_high": high}
    bounds = ("exact", "exact") if low == high else ("floor", "ceiling")
    for end, value, bound in (("low", low, bounds[0]), ("high", high, bounds[1])):
        if value is not None:
            usual |= {
                f"{end}_bound": bound,
                f"{end}_stated": value,
                f"{end}_source": source,
                f"{end}_source_grade": grade,
            }
    return usual | told


def ranked(*entries: Entry, metric: str = "exchanges") -> dict[str, Entry]:
    found = rank(pa.Table.from_pylist(list(entries), FIGURES), NIGHT).to_pylist()
    return {row["campaign_id"]: row for row in found if row["metric"] == metric}


def test_a_campaign_above_every_ceiling_is_the_largest_known() -> None:
    found = ranked(mine("mine", 500, 600), known("old", 0, 400))["mine"]
    assert (found["rank_low"], found["rank_high"], found["is_largest_known"]) == (1, 1, True)


def test_a_known_floor_is_never_beaten() -> None:
    found = ranked(mine("mine", 500, 600), known("old", 100, None))["mine"]
    assert (found["rank_low"], found["rank_high"], found["is_largest_known"]) == (1, 2, False)


def test_overlapping_intervals_give_a_range_of_ranks() -> None:
    found = ranked(mine("mine", 300, 600), known("a", 500, 700), known("b", 900, 950))["mine"]
    assert (found["rank_low"], found["rank_high"]) == (2, 3)


def test_an_equal_figure_shares_the_place() -> None:
    found = ranked(mine("mine", 500, 500), known("old", 500, 500))["mine"]
    assert (found["rank_low"], found["rank_high"], found["is_largest_known"]) == (1, 2, False)


def test_a_campaign_whose_upper_bound_is_unknown_can_be_above_everybody() -> None:
    found = ranked(mine("mine", 5, None), known("a", 900, 950))["mine"]
    assert (found["rank_low"], found["rank_high"], found["value_high"]) == (1, 2, None)


def test_a_sum_over_several_campaigns_outranks_nobody_and_says_so() -> None:
    found = ranked(mine("mine", 500, 600), known("old", 0, 400), known("three", 900, None, "aggregate"))["mine"]
    assert (found["rank_high"], found["is_largest_known"]) == (1, True)
    assert found["compared_with"] == (
        "1 known incident and 0 campaigns of 2026-07-01, not with 1 figure over several campaigns"
    )


def test_an_incident_without_a_figure_is_no_zero_and_is_counted_apart() -> None:
    rows = [mine("mine", 50, 60, metric="accounts"), known("old", 0, 400), known("new", 1, 2, metric="accounts")]
    found = ranked(*rows, metric="accounts")["mine"]
    assert (found["rank_low"], found["rank_high"]) == (1, 1)
    assert found["compared_with"] == (
        "1 known incident and 0 campaigns of 2026-07-01, not with 1 known incident that states no accounts"
    )


def test_suspicious_campaigns_stand_behind_the_deliberate_ones_and_are_never_called_the_largest() -> None:
    found = ranked(mine("guess", 900, 900, "suspicious"), mine("mine", 500, 600), known("old", 0, 400))
    assert (found["guess"]["rank_high"], found["guess"]["is_largest_known"]) == (1, False)
    assert (found["mine"]["rank_high"], found["mine"]["is_largest_known"]) == (1, True)


def test_the_rival_of_the_statement_has_its_columns() -> None:
    found = ranked(mine("mine", 500, 600), known("old", 0, 400), known("older", 0, 300))["mine"]
    assert [found[f"rival_{each}"] for each in ("id", "name", "provider", "source", "source_grade")] == [
        "old", "old", "Anthropic", "a post", "B2",
    ]  # fmt: skip
    higher = known("high", 700, 900, low_source="our count", low_source_grade="F6")
    above = ranked(mine("mine", 500, 600), higher, known("old", 0, 550))["mine"]
    assert (above["rival_id"], above["rival_source"], above["rival_source_grade"]) == ("high", "our count", "F6")
    alone = ranked(mine("mine", 1, 1))["mine"]
    assert {value for name, value in alone.items() if name.startswith("rival_")} == {None}


QWEN = known("Operators affiliated with Qwen", 28_800_000, None, source="a letter")
STATEMENTS = {
    "the largest known": (
        [mine("mine", 30_000_000, 31_000_000), known("old", None, 25_000_000)],
        "largest known to this registry by exchanges as of 2026-07-01, more than 30,000,000; "
        "next: old with at most 25,000,000 (on Anthropic; a post, graded B2)",
    ),
    "the largest known, counted exactly, next to a figure that is ungraded": (
        [mine("mine", 50, 50), known("old", 40, 40, source="our count", grade="F6", provider=None)],
        "largest known to this registry by exchanges as of 2026-07-01, 50; "
        "next: old with 40 (provider not stated; our count, ungraded: F6)",
    ),
    "the largest known, next to another campaign of the night": (
        [mine("mine", 50, 50), mine("yours", 20, 40), known("old", 0, 30)],
        "largest known to this registry by exchanges as of 2026-07-01, 50; "
        "next: yours-heron with at most 40 (campaign of 2026-07-01)",
    ),
    "the largest known, next to a rounded figure": (
        [mine("mine", 50, 50), known("old", 36, 44, low_bound="about", high_bound="about", low_stated=40, high_stated=40)],
        "largest known to this registry by exchanges as of 2026-07-01, 50; "
        "next: old with at most 44 (on Anthropic; stated as about 40; a post, graded B2)",
    ),
    "more than a floor, which may hide anything": (
        [mine("mine", 30_000_000, 31_000_000), QWEN],
        "rank 1 to 2 of 2 by exchanges as of 2026-07-01, 30,000,000 to 31,000,000; "
        "cannot be ranked above Operators affiliated with Qwen with more than 28,800,000, no upper bound known "
        "(on Anthropic; a letter, graded B2)",
    ),
    "a campaign of unknown upper bound among several": (
        [mine("mine", 30, None), known("a", 10, 50), known("b", 20, 40), known("c", 5, 30)],
        "rank 1 to 4 of 4 by exchanges as of 2026-07-01, at least 30; "
        "cannot be ranked above b with at most 40 (on Anthropic; a post, graded B2) or 2 others",
    ),
    "surely below": (
        [mine("mine", 500, 500), QWEN, known("old", 600, 900)],
        "rank 3 of 3 by exchanges as of 2026-07-01, 500; "
        "below Operators affiliated with Qwen with more than 28,800,000 (on Anthropic; a letter, graded B2) and 1 other",
    ),
    "surely below one and perhaps below another": (
        [mine("mine", 500, 600), QWEN, known("old", None, 550)],
        "rank 2 to 3 of 3 by exchanges as of 2026-07-01, 500 to 600; "
        "below Operators affiliated with Qwen with more than 28,800,000 (on Anthropic; a letter, graded B2); "
        "cannot be ranked above old with at most 550 (on Anthropic; a post, graded B2)",
    ),
    "below a rounded figure": (
        [mine("mine", 5, 5), known("old", 36, 44, low_bound="about", high_bound="about", low_stated=40, high_stated=40)],
        "rank 2 of 2 by exchanges as of 2026-07-01, 5; "
        "below old with at least 36 (on Anthropic; stated as about 40; a post, graded B2)",
    ),
    "figures that contradict each other": (
        [mine("mine", 5, 5), known("old", None, None)],
        "rank 1 to 2 of 2 by exchanges as of 2026-07-01, 5; "
        "cannot be ranked above old with no bound known (on Anthropic)",
    ),
    "first, but only suspicious": (
        [mine("mine", 50, 50, "suspicious"), known("old", 0, 40)],
        "rank 1 of 2 by exchanges as of 2026-07-01, 50; next: old with at most 40 (on Anthropic; a post, graded B2); "
        "not called the largest known because it is only suspicious",
    ),
    "first, but no published figure to compare with": (
        [mine("mine", 50, 50), mine("yours", 20, 40), known("old", 0, 40, metric="accounts")],
        "rank 1 of 2 by exchanges as of 2026-07-01, 50; next: yours-heron with at most 40 (campaign of 2026-07-01); "
        "not called the largest known because no known incident states exchanges",
    ),
    "alone": ([mine("mine", 50, 50)], "rank 1 of 1 by exchanges as of 2026-07-01, 50; no other figure to compare with"),
    "names that would break the line": (
        [mine("mine", 50, 50), known("old\n  case", 0, 40, source="a\tpost ")],
        "largest known to this registry by exchanges as of 2026-07-01, 50; "
        "next: old case with at most 40 (on Anthropic; a post, graded B2)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", STATEMENTS)
def test_statement(case: str) -> None:
    entries, statement = STATEMENTS[case]
    assert ranked(*entries)["mine"]["statement"] == statement


ENDS = st.tuples(st.integers(0, 12), st.none() | st.integers(0, 6))  # narrow, so that intervals meet
WORLDS = st.lists(st.tuples(st.sampled_from(("deliberate", "suspicious", "known", "aggregate")), ENDS), max_size=6)


def entries_of(world: list[tuple[str, tuple[int, int | None]]]) -> list[Entry]:
    made = []
    for number, (kind, (low, width)) in enumerate(world):
        high = None if width is None else low + width
        is_own = kind in ("deliberate", "suspicious")
        made.append(mine(f"e{number}", low, high, kind) if is_own else known(f"e{number}", low or None, high, kind))
    return made


def rivals(row: Entry, entries: list[Entry]) -> list[Entry]:
    """Whom a campaign is compared with."""
    kinds = ("known", "deliberate", next(each["kind"] for each in entries if each["id"] == row["campaign_id"]))
    return [each for each in entries if each["id"] != row["campaign_id"] and each["kind"] in kinds]


def places(entry: Entry, beyond: int = 25) -> set[int]:
    """Numbers that stand for all that an interval allows; `beyond` stands for whatever is larger than all ends."""
    low, high = entry["value_low"] or 0, entry["value_high"]
    return {low, beyond} if high is None else set(range(low, high + 1))


@given(WORLDS)
def test_ranks_are_the_best_and_the_worst_that_any_true_figures_could_give(world: list[Any]) -> None:
    entries = entries_of(world)
    for row in ranked(*entries).values():
        own = next(each for each in entries if each["id"] == row["campaign_id"])
        others = rivals(row, entries)
        # others are independent of each other, so their largest and smallest possible figures bound every world
        worlds = itertools.product(places(own), *({min(places(o)), max(places(o))} for o in others))
        ranks = [(1 + sum(o > v for o in them), 1 + sum(o >= v for o in them)) for v, *them in worlds]
        assert row["rank_low"] == min(best for best, _ in ranks)
        assert row["rank_high"] == max(worst for _, worst in ranks)
        assert row["rank_low"] <= row["rank_high"] <= len(others) + 1


@given(WORLDS)
def test_the_largest_is_one_and_lies_above_every_other_upper_bound(world: list[Any]) -> None:
    entries = entries_of(world)
    found = ranked(*entries)
    largest = [row for row in found.values() if row["is_largest_known"]]
    assert len(largest) <= 1
    for row in largest:
        others = rivals(row, entries)
        assert others
        assert all(each["value_high"] is not None and row["value_low"] > each["value_high"] for each in others)
        assert row["rank_high"] == 1
    for row in found.values():
        claims = row["statement"].startswith("largest known to this registry by exchanges as of 2026-07-01, ")
        assert claims == row["is_largest_known"]


@given(WORLDS.flatmap(lambda world: st.tuples(st.just(world), st.permutations(range(len(world))))))
def test_the_order_of_rows_means_nothing(drawn: tuple[list[Any], list[int]]) -> None:
    entries = entries_of(drawn[0])
    assert ranked(*entries) == ranked(*(entries[place] for place in drawn[1]))


@given(WORLDS, ENDS)
def test_another_incident_never_improves_a_rank_or_gives_a_claim_over_it(world: list[Any], ends: Any) -> None:
    entries = entries_of(world)
    before = ranked(*entries)
    after = ranked(*entries, known("one more", ends[0], None if ends[1] is None else sum(ends)))
    for name, row in after.items():
        assert row["rank_low"] >= before[name]["rank_low"]
        assert row["rank_high"] >= before[name]["rank_high"]
        reached = ends[1] is None or sum(ends) >= row["value_low"]
        assert not (reached and row["is_largest_known"])


@given(WORLDS, st.data())
def test_raising_or_losing_another_ceiling_takes_the_claim_away(world: list[Any], data: st.DataObject) -> None:
    entries = [*entries_of(world), mine("mine", 30, 31), known("ceiling", None, 5)]
    assert ranked(*entries)["mine"]["is_largest_known"] == all(
        each["value_high"] is not None and each["value_high"] < 30 for each in entries if each["kind"] in ("known", "deliberate")
        and each["id"] != "mine"
    )  # fmt: skip
    raised = data.draw(st.none() | st.integers(30, 40))
    spoilt = [each | {"value_high": raised} if each["id"] == "ceiling" else each for each in entries]
    assert ranked(*spoilt)["mine"]["is_largest_known"] is False


@given(WORLDS)
def test_an_unknown_end_never_becomes_a_number(world: list[Any]) -> None:
    entries = entries_of(world)
    for row in ranked(*entries).values():
        own = next(each for each in entries if each["id"] == row["campaign_id"])
        assert (row["value_low"], row["value_high"]) == (own["value_low"], own["value_high"])
        stated = {f"{each[end]:,}" for each in entries for end in ("value_low", "value_high") if each[end] is not None}
        told = re.sub(
            r"rank \d+( to \d+)? of \d+|\b(or|and) \d+ others?|\be\d+\b|\be\d+-heron|2026-07-01|B2",
            "",
            row["statement"],
        )
        assert set(re.findall(r"\d+", told)) <= stated

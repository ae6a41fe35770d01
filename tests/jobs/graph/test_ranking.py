"""Ranks of intervals: nothing is the largest unless no other interval can reach it."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from jobs.graph.ranking import rank_metric

Entry = tuple[str, str, int, int | None]


def ranked(*entries: Entry) -> dict[str, dict[str, object]]:
    rows = pa.table(
        {
            "id": [entry[0] for entry in entries],
            "name": [entry[0] for entry in entries],
            "kind": [entry[1] for entry in entries],
            "metric": ["exchanges"] * len(entries),
            "low": pa.array([entry[2] for entry in entries], pa.int64()),
            "high": pa.array([entry[3] for entry in entries], pa.int64()),
        }
    )
    return {row["campaign_id"]: row for row in rank_metric(rows, "2026-03-11").to_pylist()}


def test_a_campaign_above_every_ceiling_is_the_largest_known() -> None:
    found = ranked(("mine", "deliberate", 500, 600), ("old", "known", 0, 400))["mine"]
    assert (found["rank_low"], found["rank_high"], found["is_largest_known"]) == (1, 1, True)
    assert found["statement"] == "largest known to this registry by exchanges as of 2026-03-11: 500 to 600"


def test_a_known_floor_is_never_beaten() -> None:
    found = ranked(("mine", "deliberate", 500, 600), ("old", "known", 100, None))["mine"]
    assert (found["rank_low"], found["rank_high"], found["is_largest_known"]) == (1, 2, False)


def test_overlapping_intervals_give_a_range_of_ranks() -> None:
    found = ranked(("mine", "deliberate", 300, 600), ("a", "known", 500, 700), ("b", "known", 900, 950))["mine"]
    assert (found["rank_low"], found["rank_high"]) == (2, 3)


def test_a_campaign_without_company_is_not_called_the_largest() -> None:
    assert ranked(("mine", "deliberate", 1, 1))["mine"]["is_largest_known"] is False


INTERVALS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=6)


@given(INTERVALS)
def test_ranks_are_ranges_and_at_most_one_is_the_largest(bounds: list[tuple[int, int]]) -> None:
    entries = [(f"c{n}", "deliberate", low, low + width) for n, (low, width) in enumerate(bounds)]
    found = ranked(*entries)
    assert all(1 <= row["rank_low"] <= row["rank_high"] <= len(bounds) for row in found.values())
    largest = [name for name, row in found.items() if row["is_largest_known"]]
    assert len(largest) <= 1
    for name in largest:
        assert all(found[name]["value_low"] > row["value_high"] for other, row in found.items() if other != name)

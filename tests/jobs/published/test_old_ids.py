"""The README's query leads from an id of the past to the campaign that carries it on."""

from __future__ import annotations

import re
from datetime import date, timedelta
from pathlib import Path

import duckdb

README = Path(__file__).parents[3] / "README.md"
FIRST = date(2026, 3, 1)


def resolved(*events: tuple[int, str, str, str]) -> dict[str, str]:
    """`events`: night, campaign, event, other campaign. Gives old id to the campaign it went into."""
    query = next(each for each in re.findall(r"```sql\n(.*?)```", README.read_text(), re.DOTALL) if "RECURSIVE" in each)
    with duckdb.connect() as connection:
        connection.execute("CREATE SCHEMA attribution")
        connection.execute(
            "CREATE TABLE attribution.campaign_lineage (as_of_date DATE, campaign_id TEXT, event TEXT, other_campaign_id TEXT)"
        )
        rows = [(FIRST + timedelta(days=night), *event) for night, *event in events]
        connection.executemany("INSERT INTO attribution.campaign_lineage VALUES (?, ?, ?, ?)", rows)
        return dict(connection.execute(query).fetchall())


BORN = [(0, name, "born", name) for name in "abc"]


def test_an_id_leads_through_every_merger_to_the_campaign_of_today() -> None:
    mergers = [(2, "a", "merged_into", "b"), (3, "b", "continued", "b"), (9, "b", "merged_into", "c")]
    assert resolved(*BORN, *mergers, (9, "c", "continued", "c")) == {"a": "c", "b": "c"}


def test_what_parted_again_stands_for_itself() -> None:
    parted = [(5, "a", "continued", "a"), (5, "a", "split_from", "b")]
    assert resolved(*BORN, (2, "a", "merged_into", "b"), *parted) == {}
    assert resolved(*BORN, (2, "a", "merged_into", "b"), *parted, (7, "a", "merged_into", "c")) == {"a": "c"}


def test_campaigns_that_never_merged_are_not_named() -> None:
    assert resolved(*BORN) == {}

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.campaigns.incidents import transform
from tests.tables import NIGHT, frame, rows_of

FEBRUARY = ("deepseek-2026", "google-2026", "minimax-2026", "moonshot-2026", "three-labs-2026")
LETTER = ("Letter of 2026-06-10, reported by CNBC, Reuters and Bloomberg, 2026-06-24", "B2")


def delivered(name: str, bound: str, value: int, **row: Any) -> dict[str, Any]:
    usual = {"incident_id": name, "name": name, "metric": "exchanges", "bound": bound, "stated": value, "as_of": NIGHT,
             "scope": "campaign", "source": "a letter"}  # fmt: skip
    return usual | row


def known(spark: SparkSession, *rows: dict[str, Any], night: date = NIGHT) -> dict[tuple[str, str], dict[str, Any]]:
    found = rows_of("campaigns.incidents", transform(night, frame(spark, "staged.known_campaigns", *rows)))
    return {(row["incident_id"], row["metric"]): row for row in found}


def test_the_published_cases_are_known_without_any_delivery_but_not_before_they_were_published(
    spark: SparkSession,
) -> None:
    found = known(spark)
    assert {incident for incident, _ in found} == set(FEBRUARY)
    assert {row["value_high"] for (_, metric), row in found.items() if metric == "exchanges"} == {None}
    assert {row["value_low"] for row in found.values()} == {150_000, 100_000, 13_000_000, 3_400_000, 16_000_000, 21_600}
    summer = known(spark, night=date(2026, 6, 24))
    assert set(summer) - set(found) == {("qwen-affiliated-2026", "exchanges"), ("qwen-affiliated-2026", "accounts")}
    row = summer["qwen-affiliated-2026", "exchanges"]
    assert (row["low_source"], row["low_source_grade"], row["provider"]) == (*LETTER, "Anthropic")


def test_delivered_figures_replace_a_shipped_incident_and_stand_beside_the_others(spark: SparkSession) -> None:
    mine = [delivered("minimax-2026", "floor", 14_000_000), delivered("minimax-2026", "ceiling", 15_000_000)]
    found = known(spark, *mine, delivered("new", "exact", 7))
    assert {incident for incident, _ in found} == {*FEBRUARY, "new"}
    replaced, new = found["minimax-2026", "exchanges"], found["new", "exchanges"]
    assert (replaced["value_low"], replaced["value_high"]) == (14_000_000, 15_000_000)
    assert (replaced["low_source_grade"], replaced["is_delivered"]) == ("F6", True)
    assert (new["value_low"], new["value_high"]) == (7, 7)
    assert found["deepseek-2026", "exchanges"]["is_delivered"] is False


@pytest.mark.parametrize("bound", ["floor", "ceiling"])
def test_an_end_that_nobody_stated_is_null(spark: SparkSession, bound: str) -> None:
    row = known(spark, delivered("new", bound, 7))["new", "exchanges"]
    ends = {"floor": (7, None), "ceiling": (None, 7)}[bound]
    assert (row["value_low"], row["value_high"]) == ends

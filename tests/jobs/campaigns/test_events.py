from __future__ import annotations

import pytest
from pyspark.sql import SparkSession

from jobs.campaigns.events import transform
from tests.tables import NIGHT, frame, rows_of


def events(spark: SparkSession, before: str | None, status: str, merged_into: str | None = None) -> list[str]:
    lineage = [{"campaign_id": "c9", "event": "continued", "other_campaign_id": "c9", "overlap": 1.0}]
    known = [{"campaign_id": "c1", "status_before": before, "status": status, "merged_into": merged_into}]
    found = rows_of(
        "campaigns.events",
        transform(NIGHT, frame(spark, "campaigns.lineage", *lineage), frame(spark, "campaigns.registry", *known)),
    )
    assert [row["event"] for row in found if row["campaign_id"] == "c9"] == ["continued"]
    assert all(row["other_campaign_id"] == "c1" for row in found if row["campaign_id"] == "c1")
    return [row["event"] for row in found if row["campaign_id"] == "c1"]


@pytest.mark.parametrize(
    ("before", "status", "event"),
    [
        ("active", "dormant", "dormant"),
        ("dormant", "retired", "retired"),
        ("active", "retired", "retired"),
        ("dormant", "active", "revived"),
        ("retired", "active", "revived"),
        ("dormant", "disrupted", "revived"),
    ],
)
def test_a_change_of_status_is_an_event(spark: SparkSession, before: str, status: str, event: str) -> None:
    assert events(spark, before, status) == [event]


@pytest.mark.parametrize(
    ("before", "status"),
    [(None, "active"), ("active", "active"), ("dormant", "dormant"), ("retired", "retired"), ("active", "disrupted")],
)
def test_no_change_or_one_that_is_told_elsewhere_is_none(spark: SparkSession, before: str | None, status: str) -> None:
    assert events(spark, before, status) == []


def test_a_merger_is_not_told_as_a_retirement(spark: SparkSession) -> None:
    assert events(spark, "active", "retired", merged_into="c2") == []

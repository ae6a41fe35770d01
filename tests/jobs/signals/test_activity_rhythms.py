from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.activity_rhythms import transform
from tests.jobs.signals.rows import NIGHT, Observed, given, observed, rows_of


def rhythm(spark: SparkSession, *times: str) -> list[Observed]:
    requests = given(spark, "api_requests", "account_id requested_at", *[("ann", time) for time in times])
    return observed("activity_rhythms", transform(NIGHT, requests))


def test_scattered_minutes_leave_the_hours(spark: SparkSession) -> None:
    times = [f"{hour:02d}:{(hour * 7) % 60:02d}" for hour in range(7, 17)]
    assert rhythm(spark, *times) == [("2026-03-05", "ann", "activity_rhythm", "h07-16:n08", 10)]


def test_seven_hours_are_too_few_and_eight_are_enough(spark: SparkSession) -> None:
    assert rhythm(spark, *[f"{hour:02d}:00" for hour in range(7)]) == []
    assert rhythm(spark, *[f"{hour:02d}:00" for hour in range(8)])[0][3] == "h00-07:n08:m00"


def test_gaps_do_not_count_as_active_hours(spark: SparkSession) -> None:
    times = [f"{hour:02d}:{(hour * 7) % 60:02d}" for hour in (0, *range(12, 22), 23)]
    assert rhythm(spark, *times)[0][3] == "h00-23:n12"


def test_one_slot_with_three_fifths_of_the_requests_names_the_minute(spark: SparkSession) -> None:
    on_the_half = [f"{hour:02d}:{30 + hour % 5}" for hour in range(8, 17)]
    elsewhere = ["08:01", "09:11", "10:21", "11:46", "12:51", "13:56"]
    assert rhythm(spark, *on_the_half, *elsewhere)[0][3] == "h08-16:n08:m30"  # 9 of 15
    assert rhythm(spark, *on_the_half, *elsewhere, "14:06")[0][3] == "h08-16:n08:m00,m30"  # 9 of 16, 10 with the next


def test_two_slots_together_name_both_in_order(spark: SparkSession) -> None:
    times = [f"{hour:02d}:{minute}" for hour in range(8) for minute in ("47", "02")]
    assert rhythm(spark, *times)[0][3] == "h00-07:n08:m00,m45"


def test_days_are_judged_apart_and_times_are_the_days_ends(spark: SparkSession) -> None:
    moments = [f"2026-03-04 {hour:02d}:00" for hour in range(4)] + [f"{hour:02d}:00" for hour in range(9)]
    requests = given(spark, "api_requests", "account_id requested_at", *[("ann", moment) for moment in moments])
    rows = rows_of("activity_rhythms", transform(NIGHT, requests))
    assert [(str(row["first_seen_at"]), str(row["last_seen_at"])) for row in rows] == [
        ("2026-03-05 00:00:00", "2026-03-05 08:00:00")
    ]

from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.release_pivots import transform
from tests.jobs.signals.rows import NIGHT, Observed, given, observed, rows_of

RELEASED = "2026-03-04 17:00"


def requests_of(
    account: str, new: int, old: int, hour: int = 12, day: str = "2026-03-05"
) -> list[tuple[str, str, str]]:
    models = ["new"] * new + ["old"] * old
    return [(account, f"{day} {hour:02d}:{minute:02d}", model) for minute, model in enumerate(models)]


def pivots(spark: SparkSession, *requests: tuple[str, str, str], released: str = RELEASED) -> list[Observed]:
    rows = given(spark, "api_requests", "account_id requested_at request_model", *requests)
    releases = given(spark, "model_releases", "model released_at", ("new", released), ("old", "2025-06-01 17:00"))
    return observed("release_pivots", transform(NIGHT, rows, releases))


CROWD = [request for number in range(5) for request in requests_of(f"crowd-{number}", 1, 19)]


def test_an_account_that_moves_far_more_than_everybody_is_told(spark: SparkSession) -> None:
    assert pivots(spark, *CROWD, *requests_of("ann", 6, 6)) == [
        ("2026-03-05", "ann", "release_pivot", "new|2026-03-04", 6)
    ]


def test_when_everybody_moves_nobody_stands_out(spark: SparkSession) -> None:
    everybody = [request for number in range(5) for request in requests_of(f"crowd-{number}", 8, 8)]
    assert pivots(spark, *everybody, *requests_of("ann", 6, 6)) == []


def test_less_than_two_fifths_is_curiosity(spark: SparkSession) -> None:
    assert pivots(spark, *CROWD, *requests_of("ann", 4, 6))[0][4] == 4
    assert pivots(spark, *CROWD, *requests_of("ann", 4, 7)) == []


def test_nine_requests_are_too_few(spark: SparkSession) -> None:
    assert pivots(spark, *CROWD, *requests_of("ann", 9, 0)) == []
    assert len(pivots(spark, *CROWD, *requests_of("ann", 10, 0))) == 1


def test_only_the_two_days_after_the_release_count(spark: SparkSession) -> None:
    moved = requests_of("ann", 12, 0)
    assert len(pivots(spark, *CROWD, *moved, released="2026-03-03 12:30")) == 1
    assert pivots(spark, *CROWD, *moved, released="2026-03-03 12:00") == []
    assert pivots(spark, *CROWD, *moved, released="2026-03-05 12:12") == []


def test_late_requests_are_compared_with_their_own_day(spark: SparkSession) -> None:
    late = requests_of("ann", 10, 0, hour=18, day="2026-03-04")
    others = [r for n in range(5) for r in requests_of(f"crowd-{n}", 1, 19, hour=19, day="2026-03-04")]
    rows = given(spark, "api_requests", "account_id requested_at request_model", *late, *others, *CROWD)
    releases = given(spark, "model_releases", "model released_at", ("new", RELEASED))
    found = rows_of("release_pivots", transform(NIGHT, rows, releases))
    assert [(str(row["activity_date"]), str(row["last_seen_at"])) for row in found] == [
        ("2026-03-04", "2026-03-04 18:09:00")
    ]

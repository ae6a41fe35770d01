from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.shared_bursts import transform
from tests.jobs.signals.rows import NIGHT, Observed, given, observed, rows_of
from tests.tables import stored


def bursts(spark: SparkSession, *requests: tuple[str, str]) -> list[Observed]:
    rows = given(spark, "api_requests", "account_id requested_at", *requests)
    return observed("shared_bursts", transform(NIGHT, rows, stored))


def whole(found: list[Observed], account: str = "ann") -> list[tuple[str, int]]:
    """Time and events of the account's slots that begin on a multiple of five minutes."""
    return [(e[11:], n) for _, name, _, e, n in found if name == account and int(e[-2:]) % 5 == 0]


def shifted(found: list[Observed], account: str = "ann") -> list[str]:
    return [e[11:] for _, name, _, e, _ in found if name == account and int(e[-2:]) % 5]


def test_a_burst_is_told_in_its_slot_and_in_the_half_shifted_one(spark: SparkSession) -> None:
    assert bursts(spark, ("ann", "10:03"), ("ann", "10:04:59")) == [
        ("2026-03-05", "ann", "shared_burst", "2026-03-05T10:00", 2),
        ("2026-03-05", "ann", "shared_burst", "2026-03-05T10:02", 2),
    ]


def test_jitter_over_a_boundary_still_shares_a_slot(spark: SparkSession) -> None:
    found = bursts(spark, ("ann", "10:04:59"), ("bob", "10:05:01"), ("cid", "10:07:29"), ("dan", "10:07:31"))
    assert whole(found, "ann") != whole(found, "bob")
    assert shifted(found, "ann") == shifted(found, "bob") == ["10:02"]
    assert whole(found, "cid") == whole(found, "dan") == [("10:05", 1)]


def test_only_what_follows_fifteen_quiet_minutes_begins(spark: SparkSession) -> None:
    times = ("10:00", "10:06", "10:12", "10:26:59", "10:42", "10:57")
    assert whole(bursts(spark, *[("ann", time) for time in times])) == [("10:00", 1), ("10:40", 1), ("10:55", 1)]


def test_the_quiet_runs_across_midnight(spark: SparkSession) -> None:
    found = bursts(spark, ("ann", "2026-03-04 23:56"), ("ann", "00:06"), ("bob", "00:06"))
    assert whole(found, "ann") == [("23:55", 1)]
    assert whole(found, "bob") == [("00:05", 1)]


def test_single_requests_of_an_account_that_is_always_on_say_nothing(spark: SparkSession) -> None:
    every_quarter = [("busy", f"{hour:02d}:{minute}") for hour in range(24) for minute in ("01", "16", "31", "46")]
    calm = [("calm", f"{hour:02d}:{minute}") for hour in range(18) for minute in ("01", "16", "31", "46")]
    found = bursts(spark, *every_quarter, ("busy", "12:01:30"), *calm)
    assert whole(found, "busy") == [("12:00", 2)]
    assert len(whole(found, "calm")) == 72


def test_slots_in_which_everybody_fires_by_the_clock_are_dropped(spark: SparkSession) -> None:
    jobs = [(f"job-{number}", f"{hour:02d}:00:20") for number in range(6) for hour in range(0, 24, 2)]
    people = [(f"person-{number}", f"{n:02d}:{(n * 5) % 60:02d}:40") for number in range(2) for n in range(24)]
    campaign = [(f"op-{number}", time) for number in range(6) for time in ("03:25:10", "09:40:10", "17:05:10")]
    found = bursts(spark, *jobs, *people, *campaign)
    assert whole(found, "job-1") == []
    assert shifted(found, "job-1") == []
    assert whole(found, "op-1") == [("03:25", 1), ("09:40", 1), ("17:05", 1)]
    assert [time for time, _ in whole(found, "person-1") if time.endswith(":00")] == []


def test_a_beat_at_changing_minutes_is_no_clock_however_many_keep_it(spark: SparkSession) -> None:
    beats = [f"{hour:02d}:{(hour * 25) % 60:02d}:10" for hour in range(24)]
    found = bursts(spark, *[(f"op-{number}", time) for number in range(20) for time in beats])
    assert [time for time, _ in whole(found, "op-7")] == [time[:5] for time in beats]


def test_times_are_those_of_the_slots_requests(spark: SparkSession) -> None:
    requests = given(spark, "api_requests", "account_id requested_at", ("ann", "10:01"), ("ann", "10:04"))
    rows = rows_of("shared_bursts", transform(NIGHT, requests, stored))
    first = next(row for row in rows if row["entity"].endswith("10:00"))
    assert (first["first_seen_at"].minute, first["last_seen_at"].minute) == (1, 4)


def test_the_clock_stands_out_by_half_against_the_usual_slot(spark: SparkSession) -> None:
    def jobs_kept(people: int) -> int:
        """Slots left of three jobs on the hour among `people` who are always on, in four hours."""
        hours = range(8, 12)
        usual = [(f"p-{n}", f"{h:02d}:{m:02d}:40") for n in range(people) for h in hours for m in range(0, 60, 5)]
        jobs = [(f"job-{n}", f"{h:02d}:00:20") for n in range(3) for h in hours]
        return len(whole(bursts(spark, *usual, *jobs), "job-1"))

    assert jobs_kept(people=6) == 0  # nine accounts on the hour, six else
    assert jobs_kept(people=8) == 4  # eleven against eight


def test_a_crowd_at_one_minute_of_a_few_hours_is_no_clock(spark: SparkSession) -> None:
    people = [("person", f"{hour:02d}:{(hour * 5) % 60:02d}:40") for hour in range(24)]
    campaign = [(f"op-{n}", f"{hour:02d}:30:10") for n in range(6) for hour in (3, 7, 11, 15, 19)]
    assert len(whole(bursts(spark, *people, *campaign), "op-1")) == 5

from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.successions import transform
from tests.jobs.signals.rows import NIGHT, Observed, given, observed

Account = tuple[str, str, str | None, str, str | None]


def successions(spark: SparkSession, *accounts: Account) -> list[Observed]:
    rows = given(spark, "accounts", "account_id created_at country status status_changed_at", *accounts)
    return observed("successions", transform(NIGHT, rows))


def lost(number: int, country: str | None = "DE", status: str = "banned") -> Account:
    return (f"lost-{number}", "2025-06-01 10:00", country, status, f"2026-03-01 {number:02d}:00")


WAVE = [lost(1), lost(2, status="suspended"), lost(3)]
BAN_DAY = "ban-day:2026-03-01:DE"


def test_accounts_opened_within_three_days_of_a_wave_join_it(spark: SparkSession) -> None:
    found = successions(
        spark,
        *WAVE,
        ("before", "2026-02-28 23:59", "DE", "active", None),
        ("same-day", "2026-03-01 00:00", "DE", "active", None),
        ("third-day", "2026-03-03 23:59", "DE", "active", None),
        ("fourth-day", "2026-03-04 00:00", "DE", "active", None),
        ("elsewhere", "2026-03-02 10:00", "FR", "active", None),
    )
    assert found == [
        ("2026-03-01", "lost-1", "succession", BAN_DAY, 1),
        ("2026-03-01", "lost-2", "succession", BAN_DAY, 1),
        ("2026-03-01", "lost-3", "succession", BAN_DAY, 1),
        ("2026-03-01", "same-day", "succession", BAN_DAY, 1),
        ("2026-03-03", "third-day", "succession", BAN_DAY, 1),
    ]


def test_what_is_banned_every_day_is_no_wave_and_what_stands_out_of_it_is(spark: SparkSession) -> None:
    """Among many accounts three bans a day are everyday moderation; as waves they would tie everybody who signs up."""
    daily = [
        (f"d{day:02d}-{number}", "2025-06-01 10:00", "DE", "banned", f"2026-02-{day:02d} 0{number}:00")
        for day in range(1, 21)
        for number in range(4)
    ]
    new = ("new", "2026-02-10 12:00", "DE", "active", None)
    assert successions(spark, *daily, new) == []
    wave = [(f"w{number:02d}", "2025-06-01 10:00", "DE", "banned", "2026-02-10 20:00") for number in range(16)]
    found = successions(spark, *daily, *wave, new)
    assert {entity for _, _, _, entity, _ in found} == {"ban-day:2026-02-10:DE"}
    assert len(found) == 4 + 16 + 1


def test_two_bans_in_one_country_are_no_wave(spark: SparkSession) -> None:
    new = ("new", "2026-03-02 10:00", "DE", "active", None)
    assert successions(spark, lost(1), lost(2), lost(3, country="FR"), new) == []


def test_a_customer_who_left_was_not_banned(spark: SparkSession) -> None:
    assert successions(spark, *[lost(number, status="closed") for number in range(1, 5)]) == []


def test_without_a_country_the_day_alone_names_the_wave(spark: SparkSession) -> None:
    found = successions(spark, *[lost(number, country=None) for number in range(1, 4)])
    assert {entity for _, _, _, entity, _ in found} == {"ban-day:2026-03-01"}


def test_an_account_opened_and_banned_within_a_wave_is_counted_for_both(spark: SparkSession) -> None:
    burnt = ("burnt", "2026-03-01 05:00", "DE", "banned", "2026-03-01 20:00")
    assert ("2026-03-01", "burnt", "succession", BAN_DAY, 2) in successions(spark, *WAVE, burnt)

from __future__ import annotations

from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import given as given_that
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from jobs.signals.signup_bursts import transform
from tests.jobs.signals.rows import NIGHT, given, observed


def shared(spark: SparkSession, one: str, other: str) -> set[str]:
    accounts = given(spark, "accounts", "account_id created_at", ("ann", one), ("bob", other))
    found = observed("signup_bursts", transform(NIGHT, accounts))
    assert len(found) == 4
    of = {name: {entity for _, account, _, entity, _ in found if account == name} for name in ("ann", "bob")}
    return of["ann"] & of["bob"]


def test_both_halves_are_told(spark: SparkSession) -> None:
    accounts = given(spark, "accounts", "account_id created_at", ("ann", "2026-03-01 10:05"))
    assert observed("signup_bursts", transform(NIGHT, accounts)) == [
        ("2026-03-01", "ann", "signup_burst", "a:2026-03-01T10:00", 1),
        ("2026-03-01", "ann", "signup_burst", "b:2026-03-01T09:45", 1),
    ]


def test_a_burst_over_any_boundary_still_shares_one_half_hour(spark: SparkSession) -> None:
    assert shared(spark, "2026-03-01 10:29:59", "2026-03-01 10:30:01") == {"b:2026-03-01T10:15"}
    assert shared(spark, "2026-03-01 10:14:59", "2026-03-01 10:15:01") == {"a:2026-03-01T10:00"}
    assert shared(spark, "2026-03-01 23:59:59", "2026-03-02 00:00:01") == {"b:2026-03-01T23:45"}


def test_half_an_hour_apart_shares_nothing(spark: SparkSession) -> None:
    assert shared(spark, "2026-03-01 10:00", "2026-03-01 10:30") == set()


@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given_that(st.integers(0, 86_399), st.integers(0, 900))
def test_a_quarter_of_an_hour_apart_always_shares_one(spark: SparkSession, second: int, later: int) -> None:
    opened = datetime(2026, 3, 1) + timedelta(seconds=second)  # noqa: DTZ001
    assert shared(spark, str(opened), str(opened + timedelta(seconds=later)))

from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.login_addresses import transform
from tests.jobs.signals.rows import NIGHT, given, observed, rows_of


def test_sign_ins_are_counted_by_day_and_address(spark: SparkSession) -> None:
    logins = given(
        spark, "logins", "account_id logged_in_at client_address",
        ("ann", "2026-03-04 23:59:59", "home"),
        ("ann", "00:00", "home"),
        ("ann", "09:00", "home"),
        ("bob", "09:00", "home"),
        ("bob", "10:00", None),
    )  # fmt: skip
    found = transform(NIGHT, logins)
    assert observed("login_addresses", found) == [
        ("2026-03-04", "ann", "login_address", "home", 1),
        ("2026-03-05", "ann", "login_address", "home", 2),
        ("2026-03-05", "bob", "login_address", "home", 1),
    ]
    assert [row["last_seen_at"].hour for row in rows_of("login_addresses", found)] == [23, 9, 9]

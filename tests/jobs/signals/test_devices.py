from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.devices import transform
from tests.jobs.signals.rows import NIGHT, given, observed

ACCOUNTS = "account_id created_at signup_device_id"
LOGINS = "account_id logged_in_at device_id"


def test_sign_up_and_sign_in_from_one_device_are_one_entity(spark: SparkSession) -> None:
    accounts = given(
        spark, "accounts", ACCOUNTS,
        ("ann", "2026-02-01 08:00", "laptop"),
        ("bob", "07:00", "phone"),
        ("cid", "07:00", None),
    )  # fmt: skip
    logins = given(
        spark, "logins", LOGINS, ("bob", "09:00", "laptop"), ("bob", "10:00", "laptop"), ("bob", "11:00", "phone")
    )
    assert observed("devices", transform(NIGHT, accounts, logins)) == [
        ("2026-02-01", "ann", "device", "laptop", 1),
        ("2026-03-05", "bob", "device", "laptop", 2),
        ("2026-03-05", "bob", "device", "phone", 2),
    ]


def test_without_sign_ins_the_sign_ups_stand(spark: SparkSession) -> None:
    accounts = given(spark, "accounts", ACCOUNTS, ("ann", "2026-02-01 08:00", "laptop"))
    logins = given(spark, "logins", LOGINS)
    assert observed("devices", transform(NIGHT, accounts, logins)) == [("2026-02-01", "ann", "device", "laptop", 1)]

from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.signals.email_patterns import transform
from tests.jobs.signals.rows import NIGHT, given, observed, rows_of

MAIL = "account_id created_at email_pattern email_domain is_freemail"


def test_the_domain_is_told_only_where_it_is_surely_not_consumer_mail(spark: SparkSession) -> None:
    accounts = given(
        spark, "accounts", MAIL,
        ("ann", "2026-03-01 08:00", "a9@mail", "mail", True),
        ("bob", "2026-03-01 08:00", "a9@corp", "corp", False),
        ("cid", "2026-03-01 08:00", None, "odd", None),
        ("dan", "2026-03-01 08:00", None, None, None),
    )  # fmt: skip
    found = transform(NIGHT, accounts)
    assert observed("email_patterns", found) == [
        ("2026-03-01", "ann", "email_pattern", "a9@mail", 1),
        ("2026-03-01", "bob", "email_domain", "corp", 1),
        ("2026-03-01", "bob", "email_pattern", "a9@corp", 1),
    ]
    assert {row["first_seen_at"].hour for row in rows_of("email_patterns", found)} == {8}

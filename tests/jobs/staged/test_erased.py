"""Erased accounts in a delivery: none of their rows is staged or rejected, all are counted, and nobody else's text names them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark.sql import SparkSession

from jobs import contracts, landing
from jobs.landing.erasing import owner
from jobs.privacy import erasures
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.staged import declared
from tests.conftest import TEST_KEY
from tests.jobs.staged.rawrows import GOOD, NIGHT, deliver, good, repeated, split

GONE = "acct-gone"
MADE = Pseudonyms(TEST_KEY.encode())
ERASED = frozenset({MADE.token(erasures.KIND, GONE)})
OWNED = [table for table in GOOD if owner(declared(table))]


def about(table: str, account: str, **changes: Any) -> dict[str, Any]:
    """A good row of the table that is about an account."""
    column = owner(declared(table))
    assert column is not None
    return good(table, **{column.name: account}, **dict([column.names_if] if column.names_if else []), **changes)


def test_every_table_whose_rows_are_about_an_account_says_so() -> None:
    assert set(GOOD) - set(OWNED) == {"ip_networks", "model_releases", "known_campaigns"}


@pytest.mark.parametrize("table", OWNED)
@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_rows_of_an_erased_account_are_counted_and_go_no_further(
    table: str, format: str, spark: SparkSession, tmp_path: Path
) -> None:
    broken = declared(table).required[-1]
    delivered = [
        about(table, GONE),
        about(table, f" {GONE} "),
        about(table, GONE, **{broken: None}),
        about(table, "a2"),
    ]
    if owner(declared(table)).name == broken:  # type: ignore[union-attr]
        delivered[2] = about(table, GONE)
    deliver(tmp_path, table, delivered, f"part-0.{format}")
    parsed = landing.parse(spark, landing.find(tmp_path, declared(table), NIGHT), NIGHT, erased=ERASED)
    accepted, rejected = split(parsed, table)
    assert landing.count_erased(parsed) == dict.fromkeys(ERASED, 3)
    assert (accepted.count(), rejected.count(), repeated(parsed, table)[0]) == (1, 0, 0)
    left = [row.asDict() for row in parsed.collect() if row.rejection_reason == "erased"]
    kept = {"rejection_reason", "account_token", "file", "row", "delivered_on"}
    assert all(value is None for row in left for name, value in row.items() if name not in kept)


@settings(max_examples=10)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["r1", "r2", "r3", None]), st.sampled_from([GONE, "a1", "a2"]), st.sampled_from([1, -1])
        ),
        min_size=1,
        max_size=12,
    )
)
def test_what_landed_is_accounted_for(
    spark: SparkSession, tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str | None, str, int]]
) -> None:
    folder = tmp_path_factory.mktemp("landed")
    made = [good("api_requests", request_id=r, account_id=a, input_tokens=n) for r, a, n in rows]
    deliver(folder, "api_requests", made)
    parsed = landing.parse(spark, landing.find(folder, declared("api_requests"), NIGHT), NIGHT, erased=ERASED)
    accepted, rejected = (frame.collect() for frame in split(parsed, "api_requests"))
    duplicates, erased = (
        repeated(parsed, "api_requests")[0],
        sum(landing.count_erased(parsed).values()),
    )
    assert len(rows) == len(accepted) + len(rejected) + duplicates + erased
    assert erased == sum(account == GONE for _, account, _ in rows)
    assert GONE not in {row.account_id for row in accepted}
    assert not ERASED & {row.account_token for row in rejected}


def test_a_rejected_row_keeps_the_token_of_its_account_and_not_its_id(spark: SparkSession, tmp_path: Path) -> None:
    rows = [good("logins", account_id="a7", logged_in_at="yesterday"), good("logins", account_id=None)]
    deliver(tmp_path, "logins", rows)
    parsed = landing.parse(spark, landing.find(tmp_path, declared("logins"), NIGHT), NIGHT)
    _, rejected = split(parsed, "logins")
    assert {row.account_token for row in rejected.collect()} == {MADE.token(erasures.KIND, "a7"), None}
    assert list(rejected.columns) == list(contracts.load("staged.rejected").column_names)


def test_an_indicator_or_decision_of_another_kind_with_the_same_text_stays(spark: SparkSession, tmp_path: Path) -> None:
    deliver(tmp_path, "indicators", [good("indicators", kind="ja4", value=GONE)])
    deliver(tmp_path, "case_decisions", [good("case_decisions", subject_kind="campaign", subject_id=GONE)])
    for table in ("indicators", "case_decisions"):
        parsed = landing.parse(spark, landing.find(tmp_path, declared(table), NIGHT), NIGHT, erased=ERASED)
        assert split(parsed, table)[0].count() == 1


def test_texts_about_others_do_not_name_an_erased_account(spark: SparkSession, tmp_path: Path) -> None:
    deliver(tmp_path, "case_decisions", [good("case_decisions", subject_id="a2", note=f"same person as {GONE}.")])
    changed = {"referral_code": GONE, "status_reason": f"see {GONE}"}
    deliver(tmp_path, "accounts", [good("accounts", account_id="a2", **changed)])
    named, silent = (
        {
            table: split(
                landing.parse(spark, landing.find(tmp_path, declared(table), NIGHT), NIGHT, erased=erased), table
            )[0].collect()[0]
            for table in ("case_decisions", "accounts")
        }
        for erased in (frozenset[str](), ERASED)
    )
    assert named["case_decisions"].note == f"same person as {GONE}."
    assert silent["case_decisions"].note == "same person as [erased]."
    assert silent["case_decisions"].decision_id == named["case_decisions"].decision_id
    assert (silent["accounts"].referral_code, silent["accounts"].status_reason) == (None, "see [erased]")

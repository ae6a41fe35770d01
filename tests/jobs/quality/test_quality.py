"""Expectations from contracts: every kind of check has a row that breaks it, and severity decides."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession

from jobs import contracts
from jobs.quality import Outcome, Unknown, judge, refusal, unknown
from jobs.quality.crosschecks import known_accounts, reconciliation, rejection, volume

NIGHT = date(2026, 3, 2)
RANKING = {
    "as_of_date": NIGHT, "campaign_id": "c1", "metric": "exchanges", "value_low": 5, "value_high": 9, "rank_low": 1,
    "rank_high": 2, "is_largest_known": False, "compared_with": "2 known incidents", "statement": "rank 1 to 2",
}  # fmt: skip


def rankings(*rows: dict[str, object]) -> pa.Table:
    schema = contracts.arrow_schema(contracts.load("published.campaign_rankings"))
    return pa.Table.from_pylist([{**RANKING, **row} for row in rows], schema=schema)


def failures(tmp_path: Path, table: pa.Table) -> set[tuple[str, str]]:
    outcomes = judge({"published.campaign_rankings": table}, {}, {}, None, NIGHT, tmp_path)
    assert len(outcomes) > 10
    return {(outcome.expectation, outcome.severity) for outcome in outcomes if not outcome.success}


def test_good_rows_pass_and_data_docs_are_written(tmp_path: Path) -> None:
    assert failures(tmp_path, rankings({}, {"metric": "accounts"})) == set()
    assert (tmp_path / NIGHT.isoformat() / "index.html").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [NIGHT.isoformat()]


@pytest.mark.parametrize(
    ("rows", "expectation"),
    [
        (({}, {}), "expect_compound_columns_to_be_unique(as_of_date, campaign_id, metric)"),
        (({"statement": None},), "expect_column_values_to_not_be_null(statement)"),
        (({"metric": "fame"},), "expect_column_values_to_be_in_set(metric)"),
        (({"value_low": -1},), "expect_column_values_to_be_between(value_low)"),
        (
            ({"rank_low": 3},),
            "expect_column_pair_values_a_to_be_greater_than_b(rank_high, rank_low)",
        ),
    ],
    ids=["key", "required", "valid values", "range", "pair"],
)
def test_every_kind_of_check_fails_on_a_bad_row(
    tmp_path: Path, rows: tuple[dict[str, object], ...], expectation: str
) -> None:
    assert failures(tmp_path, rankings(*rows)) == {(expectation, "critical")}


def test_only_a_critical_failure_refuses() -> None:
    warning = Outcome("staged.logins", "delivered", "warning", False)
    critical = Outcome("staged.accounts", "key", "critical", False)
    passed = Outcome("staged.charges", "key", "critical", True)
    assert refusal([warning, passed], NIGHT) is None
    said = str(refusal([warning, critical, passed], NIGHT))
    assert f"Night {NIGHT} is not published: critical checks failed on staged.accounts key;" in said


def test_cross_checks_tell_what_does_not_add_up() -> None:
    row = {"table_name": "logins", "landed": 10, "staged": 6, "duplicates": 1, "rejected": 2}
    assert reconciliation(row).success is False
    assert reconciliation({**row, "rejected": 3}).success is True
    erased = reconciliation({**row, "erased": 1})
    assert (erased.success, erased.observed) == (True, "landed 10 = 6 + 1 + 2 + 1")
    assert erased.expectation == "landed = staged + duplicates + rejected + erased"
    assert reconciliation({**row, "rejected": 3, "erased": 0}).expectation == "landed = staged + duplicates + rejected"
    assert [check.success for check in rejection(row)] == [False, True]
    assert [check.success for check in rejection({**row, "rejected": 6})] == [False, False]


def test_requests_of_accounts_that_identity_does_not_know_are_told_and_many_refuse(spark: SparkSession) -> None:
    known = spark.createDataFrame([("a",), ("c",)], "account_id string")
    requests = spark.createDataFrame([(each,) for each in "aaaaaaaaabb"], "account_id string")
    found = unknown(requests, known)
    assert found == Unknown(11, 2, 1)
    strangers, too_many = known_accounts(found)
    assert (strangers.success, strangers.severity, strangers.unexpected_count) == (False, "warning", 2)
    assert "1 accounts" in str(strangers.observed)
    assert too_many.success is True
    _, too_many = known_accounts(unknown(requests.where("account_id = 'b'"), known))
    assert (too_many.success, too_many.severity) == (False, "critical")
    assert unknown(requests.limit(0), known) == Unknown(0, 0, 0)


@pytest.mark.parametrize("table", ["staged.accounts", "staged.api_requests", "published.campaign_rankings"])
def test_the_engine_finds_what_is_found_in_memory(table: str, spark: SparkSession, tmp_path: Path) -> None:
    contract = contracts.load(table)
    texts = {c.name: [f"{c.name}{n}" for n in (1, 1, 2)] for c in contract.columns if c.type == "string"}
    numbers = {c.name: [-1, None, 10**6] for c in contract.columns if c.type in ("int", "long", "double")}
    rows = pa.table(
        {
            name: pa.array(values, contracts.arrow_schema(contract).field(name).type)
            for name, values in (texts | numbers).items()
        }
    )
    for field in contracts.arrow_schema(contract):
        if field.name not in rows.column_names:
            rows = rows.append_column(field, pa.nulls(3, field.type))
    in_memory, in_engine = (
        judge({table: each}, {}, {}, None, NIGHT, tmp_path) for each in (rows, spark.createDataFrame(rows))
    )
    assert in_memory == in_engine
    assert sum(not each.success for each in in_memory) > 5


def failed(name: str, rows: int, *earlier: int) -> list[str]:
    return [outcome.severity for outcome in volume(name, rows, earlier) if not outcome.success]


def test_a_sunday_is_compared_with_the_sunday_before() -> None:
    week = (50, 100, 100, 100, 100, 100, 60)
    assert failed("staged.charges", 40, *week) == []
    assert failed("staged.charges", 25, *week) == ["warning"]


def test_facts_are_compared_with_the_median_of_the_last_week() -> None:
    for rows, severities in ((54, ["warning"]), (56, []), (300, []), (301, ["warning"])):
        assert failed("staged.charges", rows, 100, 1, 100, 100) == severities
    assert failed("staged.api_requests", 9, 100) == ["warning", "critical"]
    assert failed("staged.api_requests", 0) == ["warning"]
    assert failed("staged.logins", 3, 12, 12, 12) == [], "so few vary by chance"


def test_a_snapshot_that_shrinks_is_doubted_and_that_of_accounts_refused() -> None:
    for name in ("staged.accounts", "staged.payment_instruments"):
        assert failed(name, 380, 389) == []
        assert failed(name, 340, 389) == ["warning"]
        assert failed(name, 38, 389) == ["warning", "critical"]
        assert failed(name, 389, 100, 200, 300, 389) == [], "growth is usual"
        assert failed(name, 38, 389, 389, 389, 38) == ["warning", "critical"], "once more the same lost snapshot"
        assert failed(name, 389, 38) == [], "it is whole again"
    assert failed("staged.indicators", 40, 100) == ["warning"]
    assert failed("staged.case_decisions", 0, 100) == []


def test_a_campaign_whose_charge_backs_exceed_its_usage_refuses_nobody() -> None:
    contract = contracts.load("published.campaigns")
    (check,) = [each for each in contract.checks if each.column == "billed_cost"]
    assert check.severity == "warning"

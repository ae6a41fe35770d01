"""Counts of a night's delivery, by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs.signals.delivery_figures import INPUTS, transform
from tests.tables import NIGHT, NOON, YESTERDAY, frame, rows_of, stored

Said = dict[tuple[str, str], tuple[float, float]]
REQUEST = {
    "activity_date": NIGHT, "requested_at": NOON, "request_model": "m1", "client_country": "US",
    "input_tokens": 10, "output_tokens": 0,
}  # fmt: skip
CHARGE = {
    "billing_account_id": "ann", "invoice_id": "i", "activity_date": NIGHT, "charge_period_start": NOON,
    "charge_period_end": NOON + timedelta(days=1), "billing_currency": "USD",
}  # fmt: skip
USAGE = {"charge_category": "Usage", "consumed_unit": "tokens"}
ACCOUNT = {"country": "US", "created_at": NOON - timedelta(days=2)}


def counted(spark: SparkSession, **rows: list[dict[str, Any]]) -> Said:
    tables = {name.split(".")[1]: name for name in INPUTS}
    frames: dict[str, DataFrame] = {table: frame(spark, name, *rows.get(table, [])) for table, name in tables.items()}
    found = transform(NIGHT, **frames, scratch=stored)
    return {
        (row["table_name"], row["measure"]): (row["amount"], row["base"])
        for row in rows_of("signals.delivery_figures", found)
    }


@pytest.fixture(scope="module")
def said(spark: SparkSession) -> Said:
    requests = [
        {**REQUEST, "request_id": f"r{n}", "account_id": "ann" if n else "bob", "client_address": f"a{n % 2}"}
        for n in range(4)
    ]
    requests[0] |= {
        "client_address": None, "elicitation_score": 0.5, "requested_at": NOON - timedelta(hours=15), "activity_date": YESTERDAY,
        "client_country": "FR",
    }  # fmt: skip
    return counted(
        spark,
        api_requests=requests,
        accounts=[{**ACCOUNT, "account_id": "ann", "email": "e"}, {**ACCOUNT, "account_id": "cat"}],
        charges=[
            {**CHARGE, **USAGE, "charge_id": "c1", "billed_cost": Decimal(3), "consumed_quantity": Decimal(30)},
            {**CHARGE, **USAGE, "charge_id": "c2", "billed_cost": Decimal(-1), "consumed_quantity": Decimal(70),
             "charge_period_start": NOON - timedelta(days=3), "billing_account_id": "cat"},
            {**CHARGE, "charge_id": "c3", "billed_cost": Decimal(900), "charge_category": "Tax",
             "x_instrument_fingerprint": "card"},
        ],
        payment_instruments=[
            {"account_id": account, "instrument_fingerprint": "card", "added_at": NOON, "kind": "card"}
            for account in ("ann", "dan")
        ],
        deliveries=[
            {"table_name": "accounts", "delivered_on": YESTERDAY, "landed": 4, "duplicates": 1},
            {"table_name": "logins", "landed": 0, "duplicates": 0},
        ],
        indicators=[
            {"indicator_id": f"i{n}", "kind": "asn", "valid_until": NOON - timedelta(days=n) if n else None} for n in range(3)
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("table", "measure", "expected"),
    [
        ("api_requests", "count rows", (4, 1)),
        ("api_requests", "count accounts", (2, 1)),
        ("api_requests", "share client_address", (3, 4)),
        ("api_requests", "mean input_tokens", (40, 4)),
        ("api_requests", "bits input_tokens", (13.838, 4)),
        ("api_requests", "spread input_tokens", (0, 4)),
        ("api_requests", "mean elicitation_score", (0.5, 1)),
        ("api_requests", "most account_id", (3, 4)),
        ("api_requests", "most client_address", (2, 3)),
        ("api_requests", "kind request_model m1", (4, 4)),
        ("api_requests", "hour 12", (3, 4)),
        ("api_requests", "hour 21", (1, 4)),
        ("api_requests", "zone US 12", (3, 3)),
        ("api_requests", "zone FR 21", (1, 1)),
        ("api_requests", "on the night", (3, 4)),
        ("api_requests", "known account_id", (3, 4)),
        ("api_requests", "known client_country", (3, 3)),
        ("api_requests", "ratio output_tokens to input_tokens", (0, 40)),
        ("accounts", "share email", (1, 2)),
        ("accounts", "most created_at", (2, 2)),
        ("accounts", "newest created_at", (2, 1)),
        ("accounts", "days undelivered", (1, 1)),
        ("accounts", "repeated", (1, 4)),
        ("charges", "count rows", (2, 1)),
        ("charges", "count lines", (3, 1)),
        ("charges", "mean billed_cost", (2, 2)),
        ("charges", "negative billed_cost", (1, 2)),
        ("charges", "days old", (3, 2)),
        ("charges", "ratio billed to used tokens", (100, 40)),
        ("charges", "known usage", (1, 3)),
        ("charges", "known billing_account_id", (3, 3)),
        ("charges", "known x_instrument_fingerprint", (1, 1)),
        ("payment_instruments", "known account_id", (1, 2)),
        ("payment_instruments", "most instrument_fingerprint", (2, 2)),
        ("indicators", "valid", (1, 3)),
    ],
)  # fmt: skip
def test_shares_means_and_the_most_of_one_are_counted(
    said: Said, table: str, measure: str, expected: tuple[float, float]
) -> None:
    assert said[table, measure] == expected


def test_a_table_without_rows_has_a_number_of_rows_and_no_shares(said: Said) -> None:
    assert said["logins", "count rows"] == (0, 1)
    assert not [
        measure
        for table, measure in said
        if table == "logins" and measure.startswith(("share", "known", "hour", "most"))
    ]
    assert ("logins", "days undelivered") not in said, "it was never delivered"


def test_a_rare_kind_and_who_has_it_are_not_named(spark: SparkSession) -> None:
    requests = [
        {**REQUEST, "request_id": f"r{n}", "account_id": "ann", "task_label": "rare" if n else "coding"} for n in (0, 1)
    ]
    many = [{**requests[0], "request_id": f"s{n}"} for n in range(600)]
    found = counted(spark, api_requests=[*requests, *many])
    assert ("api_requests", "kind task_label coding") in found
    assert not [measure for _, measure in found if "rare" in measure or "ann" in measure]


def facts(day: int, prefix: str, moved: int = 0) -> list[dict[str, Any]]:
    return [
        {**REQUEST, "request_id": f"{prefix}{n}", "account_id": f"{prefix}{n}", "input_tokens": 10 + n + 1000 * day,
         "requested_at": NOON + timedelta(seconds=n % 60, hours=moved)}
        for n in range(100)
    ]  # fmt: skip


def test_facts_are_met_again_under_other_ids_accounts_and_hours_and_only_then(spark: SparkSession) -> None:
    def sampled(rows: list[dict[str, Any]]) -> set[str]:
        return {measure for _, measure in counted(spark, api_requests=rows) if measure.startswith("sample ")}

    first, again, other = sampled(facts(1, "a")), sampled(facts(1, "b", moved=-3)), sampled(facts(2, "c"))
    assert len(first) == 64
    assert again == first
    assert not other & first


def test_a_snapshot_has_the_same_checksum_in_any_order_and_another_one_after_any_change(spark: SparkSession) -> None:
    rows = [{**ACCOUNT, "account_id": f"a{n}", "email": f"e{n}"} for n in range(5)]
    key = "accounts", "checksum"
    checksum = counted(spark, accounts=rows)[key]
    assert counted(spark, accounts=rows[::-1])[key] == checksum
    for changed in (rows[1:], [{**rows[0], "email": None}, *rows[1:]], [{**rows[0], "created_at": NOON}, *rows[1:]]):
        assert counted(spark, accounts=changed)[key] != checksum

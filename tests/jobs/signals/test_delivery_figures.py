"""Counts of a night's delivery, by hand."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from pyspark.sql import SparkSession

from jobs.signals.delivery_figures import transform
from tests.tables import NIGHT, NOON, frame, rows_of


def test_shares_means_and_the_most_of_one_are_counted(spark: SparkSession) -> None:
    usual = {"activity_date": NIGHT, "requested_at": NOON, "input_tokens": 10, "output_tokens": 0}
    requests = [
        {
            **usual,
            "request_id": f"r{n}",
            "account_id": "ann" if n else "bob",
            "request_model": "m1",
            "client_address": f"a{n % 2}",
        }
        for n in range(4)
    ]
    requests[0] |= {"client_address": None, "elicitation_score": 0.5, "requested_at": NOON - timedelta(hours=3)}
    charges = [
        {"billing_account_id": "ann", "invoice_id": f"i{n}", "billed_cost": Decimal(cost)}
        | {"charge_period_start": NOON - timedelta(days=n)}
        for n, cost in ((1, 3), (3, -1))
    ]
    found = transform(
        NIGHT,
        frame(spark, "staged.accounts", {"account_id": "ann", "email": "e"}, {"account_id": "bob"}),
        frame(spark, "staged.api_requests", *requests),
        frame(spark, "staged.charges", *charges),
        frame(spark, "staged.payment_instruments"),
    )
    said = {
        (row["table_name"], row["measure"]): (row["amount"], row["base"])
        for row in rows_of("signals.delivery_figures", found)
    }
    assert said["api_requests", "share client_address"] == (3, 4)
    assert said["api_requests", "mean input_tokens"] == (40, 4)
    assert said["api_requests", "mean elicitation_score"] == (0.5, 1)
    assert said["api_requests", "count accounts"] == (2, 1)
    assert said["api_requests", "most account_id"] == (3, 4)
    assert said["api_requests", "most client_address"] == (2, 3)
    assert said["api_requests", "name request_model m1"] == (4, 4)
    assert (said["api_requests", "hour 12"], said["api_requests", "hour 09"]) == ((3, 4), (1, 4))
    assert said["accounts", "share email"] == (1, 2)
    assert said["charges", "mean billed_cost"] == (2, 2)
    assert said["charges", "share negative billed_cost"] == (1, 2)
    assert said["charges", "days old"] == (4, 2)
    assert not [table for table, _ in said if table == "payment_instruments"]

"""One row per table and figure of what was delivered for a night: what the nights before are compared with.

A figure is an amount over a base: a share of the rows, a mean, the most that one account or one address has. Counts alone, no
value of anybody's; of what is named, only models and tasks, which are nobody's.
"""

from __future__ import annotations

import functools
from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT

INPUTS = {
    "staged.accounts": NIGHT,
    "staged.api_requests": NIGHT,
    "staged.charges": NIGHT,
    "staged.payment_instruments": NIGHT,
}

REQUESTS, ACCOUNTS, CHARGES, INSTRUMENTS = (name.partition(".")[2] for name in (
    "staged.api_requests", "staged.accounts", "staged.charges", "staged.payment_instruments"))  # fmt: skip
OF_REQUESTS = ("client_address", "user_agent", "tls_ja4", "system_prompt_hash", "prompt_sketch", "task_label", "elicitation_score",
               "api_key_id", "finish_reason")  # fmt: skip
OF_ACCOUNTS = (
    "email",
    "phone",
    "full_name",
    "country",
    "signup_address",
    "signup_device_id",
    "kyc_status",
    "organization_id",
)
OF_INSTRUMENTS = ("bin", "issuer_country", "funding")
NAMED = ("request_model", "task_label")


def transform(
    night: date, accounts: DataFrame, api_requests: DataFrame, charges: DataFrame, payment_instruments: DataFrame
) -> DataFrame:
    """Columns table_name, measure, amount, base."""
    one = F.lit(1.0)
    requests = {
        **_present(OF_REQUESTS),
        **{f"hour {hour:02d}": _share(F.hour("requested_at") == hour) for hour in range(24)},
        "share on the night": _share(F.col("activity_date") == F.lit(night)),
        "mean input_tokens": _mean("input_tokens"),
        "mean output_tokens": _mean("output_tokens"),
        "mean elicitation_score": _mean("elicitation_score"),
        "count accounts": (F.count_distinct("account_id").cast("double"), one),
    }
    of_charges = {
        "mean billed_cost": _mean("billed_cost"),
        "mean consumed_quantity": _mean("consumed_quantity"),
        "share negative billed_cost": _share(F.col("billed_cost") < 0),
        "days old": (F.sum(F.datediff(F.lit(night), F.to_date("charge_period_start"))).cast("double"), _rows()),
    }
    frames = [
        _figures(api_requests, REQUESTS, requests),
        *[_most(api_requests, column) for column in ("account_id", "client_address")],
        *[_names(api_requests, column) for column in NAMED],
        _figures(accounts, ACCOUNTS, _present(OF_ACCOUNTS)),
        _figures(payment_instruments, INSTRUMENTS, _present(OF_INSTRUMENTS)),
        _figures(charges, CHARGES, of_charges),
    ]
    return functools.reduce(DataFrame.unionByName, frames).where(F.col("base") > 0)


def _rows() -> Column:
    return F.count(F.lit(1)).cast("double")


def _share(condition: Column) -> tuple[Column, Column]:
    return F.count_if(condition).cast("double"), _rows()


def _mean(column: str) -> tuple[Column, Column]:
    total = F.round(F.sum(F.col(column).cast("double")), 3)  # engines add in other orders
    return F.coalesce(total, F.lit(0.0)), F.count(column).cast("double")


def _present(columns: tuple[str, ...]) -> dict[str, tuple[Column, Column]]:
    return {f"share {column}": (F.count(column).cast("double"), _rows()) for column in columns}


def _figures(rows: DataFrame, table: str, figures: dict[str, tuple[Column, Column]]) -> DataFrame:
    """One pass over the table, then one row per figure."""
    sums = {
        f"{part}{place}": each
        for place, pair in enumerate(figures.values())
        for part, each in zip("ab", pair, strict=True)
    }
    counted = rows.agg(*[each.alias(name) for name, each in sums.items()])
    pairs = [
        F.struct(F.lit(name).alias("measure"), F.col(f"a{place}").alias("amount"), F.col(f"b{place}").alias("base"))
        for place, name in enumerate(figures)
    ]
    each = counted.select(F.explode(F.array(*pairs)).alias("each"))
    return each.select(F.lit(table).alias("table_name"), "each.measure", "each.amount", "each.base")


def _most(requests: DataFrame, column: str) -> DataFrame:
    """The most requests that one value of the column has."""
    counts = requests.where(F.col(column).isNotNull()).groupBy(column).agg(F.count("*").alias("requests"))
    most = counts.agg(F.max("requests").cast("double").alias("amount"), F.sum("requests").cast("double").alias("base"))
    return most.where(F.col("base").isNotNull()).select(
        F.lit(REQUESTS).alias("table_name"), F.lit(f"most {column}").alias("measure"), "amount", "base"
    )


def _names(requests: DataFrame, column: str) -> DataFrame:
    """Requests by model or task."""
    counts = requests.where(F.col(column).isNotNull()).groupBy(column).agg(F.count("*").cast("double").alias("amount"))
    whole = requests.agg(_rows().alias("base"))
    named = F.concat(F.lit(f"name {column} "), F.col(column))
    return counts.crossJoin(whole).select(F.lit(REQUESTS).alias("table_name"), named.alias("measure"), "amount", "base")

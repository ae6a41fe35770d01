"""A careful owner's list of fears: one night of a small world, broken in one way after the other, each told as gravely as it is.

The rows are staged ones of a simulated world, broken as a producer would break them; its figures are counted by the engine, and
compared with those of the four nights before. A change is written as SQL over the night's tables.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import DataFrame, SparkSession

from jobs import contracts
from jobs.lake.lake import Lake
from jobs.nights import steps
from jobs.nights.run import runner
from jobs.quality.figures import Figures, compare, of_rows
from jobs.quality.outcomes import Outcome
from jobs.settings import settings
from jobs.signals import delivery_figures
from tests.worlds import FIRST, golden_world

NIGHTS = [FIRST + timedelta(days=n) for n in range(5)]
NIGHT = NIGHTS[-1]
# The first night stands for the same weekday of the week before, so that a number of rows has its usual.
DATED = {NIGHT - timedelta(days=7): NIGHTS[0]} | {night: night for night in NIGHTS[1:-1]}
TABLES = tuple(delivery_figures.INPUTS)
REQUESTS, ACCOUNTS, CHARGES, LOGINS, INSTRUMENTS, NETWORKS, DELIVERIES = (
    "api_requests", "accounts", "charges", "logins", "payment_instruments", "ip_networks", "deliveries",
)  # fmt: skip
NETWORK = "client_network client_asn client_network_kind client_country"


def where(condition: str, *tables: str) -> dict[str, str]:
    """Only the rows that meet a condition."""
    return {table: f"SELECT * FROM {table} WHERE {condition}" for table in tables}


def replaced(columns: str, *tables: str) -> dict[str, str]:
    """All rows, with other values."""
    return {table: f"SELECT * REPLACE ({columns}) FROM {table}" for table in tables}


def without(columns: str, table: str) -> dict[str, str]:
    """All rows, with nothing in some columns."""
    return replaced(", ".join(f"NULL AS {name}" for name in columns.split()), table)


def undelivered(table: str, days: int) -> dict[str, str]:
    """The newest delivery of a snapshot is of some days ago."""
    moved = f"CASE table_name WHEN '{table}' THEN delivered_on - {days} ELSE delivered_on END"
    return replaced(f"{moved} AS delivered_on", DELIVERIES)


def later(column: str, interval: str, table: str) -> dict[str, str]:
    """A clock that is wrong: what belongs to another day then counts there."""
    moved = f"{column} + INTERVAL '{interval}'"
    return replaced(f"{moved} AS {column}, CAST({moved} AS DATE) AS activity_date", table)


def yesterdays(table: str, key: str, columns: str) -> dict[str, str]:
    """The rows of the night before under new ids and tonight's dates."""
    return {
        table: f"SELECT * REPLACE ('again_' || {key} AS {key}, activity_date + 1 AS activity_date, {columns}) FROM {table}_before"
    }


def shuffled(columns: tuple[str, ...], table: str, key: str) -> dict[str, str]:
    """Values of a row at another row."""
    listed = ", ".join(columns)
    return {
        table: f"SELECT one.* REPLACE ({', '.join(f'two.{name} AS {name}' for name in columns)}) FROM "
        f"(SELECT *, row_number() OVER (ORDER BY {key}) AS place FROM {table}) one JOIN "
        f"(SELECT {listed}, row_number() OVER (ORDER BY md5({key})) AS place FROM {table}) two USING (place)"
    }


BROKEN: dict[str, tuple[dict[str, str], str]] = {
    # what is not there
    "half the rows": (where("hash(request_id) % 2 = 0", REQUESTS), "warning"),
    "half the accounts": (where("hash(account_id) % 2 = 0", REQUESTS), "warning"),
    "accounts at a tenth": (where("hash(account_id) % 10 = 0", REQUESTS), "critical"),
    "a file that was cut off": (
        where("account_id < (SELECT quantile_disc(account_id, 0.6) FROM api_requests)", REQUESTS), "warning",
    ),
    "nothing after noon": (where("hour(requested_at) < 12", REQUESTS), "critical"),
    "two hours of the afternoon missing": (where("hour(requested_at) NOT IN (14, 15)", REQUESTS), "warning"),
    "one region missing": (where("client_country <> 'US'", REQUESTS), "warning"),
    "no logins": (where("false", LOGINS), "critical"),
    "no charges": (where("false", CHARGES), "critical"),
    "no networks": (where("false", NETWORKS), "critical"),
    "charges of half the accounts": (where("hash(billing_account_id) % 2 = 0", CHARGES), "warning"),
    "half the accounts of identity": (where("hash(account_id) % 2 = 0", ACCOUNTS), "critical"),
    # what is null
    "every address null": (without(f"client_address client_prefix {NETWORK}", REQUESTS), "critical"),
    "every identity column null": (
        without("email email_domain email_pattern phone phone_prefix full_name country signup_device_id signup_address", ACCOUNTS),
        "critical",
    ),
    "no prompt has a sketch": (without("prompt_sketch", REQUESTS), "critical"),
    "all user agents empty": (without("user_agent", REQUESTS), "warning"),
    "all client fingerprints null": (without("tls_ja4", REQUESTS), "warning"),
    "a third of the clients null": (
        replaced("CASE hash(request_id) % 3 WHEN 0 THEN NULL ELSE tls_ja4 END AS tls_ja4", REQUESTS), "warning",
    ),
    "no organisations": (without("organization_id organization_name", ACCOUNTS), "critical"),
    "no phones": (without("phone phone_prefix phone_prefixes", ACCOUNTS), "warning"),
    "networks are not found": (without(NETWORK, REQUESTS), "critical"),
    "logins without devices": (without("device_id", LOGINS), "warning"),
    # all the same
    "every address is one load balancer's": (replaced("'balancer' AS client_address", REQUESTS), "critical"),
    "all requests on one account": (replaced("(SELECT min(account_id) FROM accounts) AS account_id", REQUESTS), "critical"),
    "all requests with one key": (replaced("'one' AS api_key_id", REQUESTS), "critical"),
    "all prompts alike": (replaced("repeat('0', 128) AS prompt_sketch", REQUESTS), "critical"),
    "one user agent": (replaced("'gateway/1.0' AS user_agent", REQUESTS), "warning"),
    "all tokens a hundred": (replaced("1000 AS input_tokens, 500 AS output_tokens", REQUESTS), "critical"),
    "elicitation all one": (replaced("1.0 AS elicitation_score", REQUESTS), "critical"),
    "elicitation all zero": (replaced("0.0 AS elicitation_score", REQUESTS), "critical"),
    "every account created today": (replaced(f"TIMESTAMPTZ '{NIGHT} 01:00:00Z' AS created_at", ACCOUNTS), "critical"),
    "every account on one device": (replaced("'device' AS signup_device_id", ACCOUNTS), "critical"),
    "every account of one mail address": (replaced("'mail' AS email", ACCOUNTS), "critical"),
    "every payment the same fingerprint": (replaced("'card' AS instrument_fingerprint", INSTRUMENTS), "critical"),
    "every charge on one instrument": (replaced("'card' AS x_instrument_fingerprint", CHARGES), "critical"),
    "every login from one device": (replaced("'device' AS device_id", LOGINS), "critical"),
    # other kinds
    "unknown models": (replaced("'unknown-' || request_model AS request_model", REQUESTS), "warning"),
    "unknown tasks": (replaced("'unknown' AS task_label", REQUESTS), "warning"),
    "one model renamed": (
        replaced("CASE request_model WHEN 'flagship-2' THEN 'flagship-two' ELSE request_model END AS request_model", REQUESTS),
        "warning",
    ),
    "every answer an error": (replaced("500 AS status_code", REQUESTS), "warning"),
    "every account banned": (replaced("'banned' AS status", ACCOUNTS), "critical"),
    "every account of one country": (replaced("'ZZ' AS country", ACCOUNTS), "critical"),
    "every network a provider's": (replaced("'isp' AS kind", NETWORKS), "critical"),
    "every instrument a wallet": (replaced("'wallet' AS kind", INSTRUMENTS), "warning"),
    "another currency": (replaced("'JPY' AS billing_currency, billed_cost * 150 AS billed_cost", CHARGES), "critical"),
    "every charge a credit": (replaced("'Credit' AS charge_category", CHARGES), "critical"),
    # amounts
    "tokens times a thousand": (
        replaced("input_tokens * 1000 AS input_tokens, output_tokens * 1000 AS output_tokens", REQUESTS), "critical",
    ),
    "input and output swapped": (replaced("output_tokens AS input_tokens, input_tokens AS output_tokens", REQUESTS), "critical"),
    "cost times a thousand": (replaced("billed_cost * 1000 AS billed_cost", CHARGES), "critical"),
    "cost in cents": (replaced("billed_cost * 100 AS billed_cost", CHARGES), "critical"),
    "quantity times a hundred": (replaced("consumed_quantity * 100 AS consumed_quantity", CHARGES), "critical"),
    "quantity in thousands": (replaced("consumed_quantity / 1000 AS consumed_quantity", CHARGES), "critical"),
    "negative costs": (replaced("-billed_cost AS billed_cost", CHARGES), "critical"),
    "charged twice": (
        {CHARGES: "SELECT * FROM charges UNION ALL SELECT * REPLACE ('again' || charge_id AS charge_id) FROM charges"}, "warning",
    ),
    # moments
    "times eight hours late": (later("requested_at", "8 hours", REQUESTS), "critical"),
    "times an hour late": (later("requested_at", "1 hour", REQUESTS), "warning"),
    "times a day early": (later("requested_at", "-1 day", REQUESTS), "critical"),
    "logins a day early": (later("logged_in_at", "-1 day", LOGINS), "critical"),
    "charges dated a year back": (later("charge_period_start", "-365 days", CHARGES), "critical"),
    "charges of a month, not of a day": (
        replaced("charge_period_start + INTERVAL '30 days' AS charge_period_end", CHARGES), "critical",
    ),
    # whose it is
    "every account unknown": (replaced("'x' || account_id AS account_id", REQUESTS), "critical"),
    "charges of unknown accounts": (replaced("'x' || billing_account_id AS billing_account_id", CHARGES), "critical"),
    "logins of unknown accounts": (replaced("'x' || account_id AS account_id", LOGINS), "critical"),
    "instruments of unknown accounts": (replaced("'x' || account_id AS account_id", INSTRUMENTS), "critical"),
    "instruments under another key": (replaced("md5(instrument_fingerprint) AS instrument_fingerprint", INSTRUMENTS), "critical"),
    "devices under another key": (replaced("md5(device_id) AS device_id", LOGINS), "critical"),
    "accounts at other requests": (shuffled(("account_id",), REQUESTS, "request_id"), "critical"),
    "countries at other requests": (shuffled(("client_country",), REQUESTS, "request_id"), "critical"),
    "charges of other accounts": (shuffled(("billing_account_id",), CHARGES, "charge_id"), "critical"),
    # once more
    "yesterday's requests again": (
        yesterdays(REQUESTS, "request_id", "requested_at + INTERVAL '1 day' AS requested_at"), "critical",
    ),
    "yesterday's logins again": (yesterdays(LOGINS, "login_id", "logged_in_at + INTERVAL '1 day' AS logged_in_at"), "critical"),
    "yesterday's charges again": (
        yesterdays(CHARGES, "charge_id", "charge_period_start + INTERVAL '1 day' AS charge_period_start, "
                   "charge_period_end + INTERVAL '1 day' AS charge_period_end"), "critical",
    ),
    "yesterday's facts beside tonight's": (
        replaced("CASE table_name WHEN 'api_requests' THEN landed ELSE 0 END AS duplicates, landed * 2 AS landed", DELIVERIES),
        "warning",
    ),
    "a snapshot of accounts of before": ({ACCOUNTS: "SELECT * FROM accounts_before"}, "warning"),
    "a stale payment snapshot": ({INSTRUMENTS: "SELECT * FROM payment_instruments_before"}, "warning"),
    "payments not delivered tonight": (undelivered("payment_instruments", 1), "warning"),
    "payments not delivered for a week": (undelivered("payment_instruments", 7), "critical"),
    "networks not delivered for a week": (undelivered("ip_networks", 7), "warning"),
}  # fmt: skip


@dataclass(frozen=True)
class World:
    """Figures of the nights before, and the rows of the night and of the one before it, by table."""

    earlier: Mapping[date, Figures]
    tables: Mapping[str, pa.Table]
    before: Mapping[str, pa.Table]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    root = golden_world(tmp_path_factory.mktemp("fears"), days=len(NIGHTS))
    with runner(settings(root)) as built:
        for night in NIGHTS:
            for name in (name for name in steps.upstream() if name.startswith("staged.") or name == steps.FIGURES):
                built.build(name, night)
        lake = built.lake
        figures = {night: of_rows(lake.read_arrow(steps.FIGURES, night, night).to_pylist()) for night in NIGHTS}
        return World({day: figures[night] for day, night in DATED.items()}, _rows(lake, NIGHT), _rows(lake, NIGHTS[-2]))


def _rows(lake: Lake, night: date) -> dict[str, pa.Table]:
    return {contracts.load(name).table: lake.read_arrow(name, night, night) for name in TABLES}


def outcomes(spark: SparkSession, world: World, change: Mapping[str, str], folder: Path) -> list[Outcome]:
    """What is said of the night with some of its tables replaced by a query over them."""
    with duckdb.connect() as queried:
        queried.execute("SET TimeZone = 'UTC'")
        for suffix, tables in (("", world.tables), ("_before", world.before)):
            for name, rows in tables.items():
                queried.register(f"{name}{suffix}", rows)
        made = {name: queried.execute(query).to_arrow_table() for name, query in change.items()}

    def stored(frame: DataFrame) -> DataFrame:
        frame.write.parquet(str(folder / "scratch"))
        return spark.read.parquet(str(folder / "scratch"))

    frames = {}
    for name, intact in world.tables.items():
        rows = made.get(name, intact).select(intact.column_names).cast(intact.schema)
        pq.write_table(rows, folder / f"{name}.parquet")
        frames[name] = spark.read.parquet(str(folder / f"{name}.parquet"))
    found = delivery_figures.transform(NIGHT, **frames, scratch=stored)
    return compare(NIGHT, of_rows(row.asDict() for row in found.collect()), world.earlier)


def gravest(found: list[Outcome]) -> str:
    failed = {each.severity for each in found if not each.success}
    return next((severity for severity in ("critical", "warning") if severity in failed), "fine")


@pytest.mark.parametrize("kind", BROKEN)
def test_a_broken_delivery_is_told_as_gravely_as_it_is(
    spark: SparkSession, world: World, kind: str, tmp_path: Path
) -> None:
    change, severity = BROKEN[kind]
    found = outcomes(spark, world, change, tmp_path)
    assert gravest(found) == severity, [each for each in found if not each.success]


def test_the_night_as_it_was_delivered_is_fine(spark: SparkSession, world: World, tmp_path: Path) -> None:
    found = outcomes(spark, world, {}, tmp_path)
    assert len(found) > 200
    assert [each for each in found if not each.success] == []

"""Where columns come from: plans are read as the engine would run them, what is not known is not claimed, and the file is fresh."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as F

from infra.lineage import Reader, Relation, UnknownError, everything, staged, written
from jobs import contracts
from jobs.nights import steps
from jobs.telemetry.datasets import COLUMNS, ROWS
from tests.jobs.staged.rawrows import deliver, good, landed

LOGINS, CHARGES = "staged.logins", "staged.charges"


@pytest.fixture
def logins(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([], contracts.spark_schema(contracts.load(LOGINS)))


@pytest.fixture
def charges(spark: SparkSession) -> DataFrame:
    return spark.createDataFrame([], contracts.spark_schema(contracts.load(CHARGES)))


def read(found: DataFrame, **tables: DataFrame) -> Relation:
    names = {each._plan._plan_id: f"staged.{name}" for name, each in tables.items()}
    return Reader(names).read(found._plan.to_proto(found.sparkSession.client).root)


def of(table: str, *columns: str) -> frozenset[tuple[str, str]]:
    return frozenset((table, column) for column in columns)


def test_a_renamed_and_filtered_column_is_told_from_what_decides_the_rows(logins: DataFrame) -> None:
    found = read(logins.where(F.col("device_id").isNotNull()).select(F.col("user_agent").alias("agent")), logins=logins)
    assert found == Relation({"agent": of(LOGINS, "user_agent")}, of(LOGINS, "device_id"))


def test_everything_that_an_expression_looks_at_counts_also_its_window(logins: DataFrame) -> None:
    window = Window.partitionBy("account_id").orderBy("logged_in_at")
    found = read(logins.withColumn("n", F.row_number().over(window)).drop("device_id"), logins=logins)
    assert found.columns["n"] == of(LOGINS, "account_id", "logged_in_at")
    assert "device_id" not in found.columns


def test_an_aggregate_is_made_from_what_it_counts_and_its_rows_from_the_groups(logins: DataFrame) -> None:
    found = read(
        logins.groupBy("account_id").agg(F.max("logged_in_at").alias("last"), F.count("*").alias("n")), logins=logins
    )
    assert found.columns == {
        "account_id": of(LOGINS, "account_id"), "last": of(LOGINS, "logged_in_at"), "n": frozenset(),
    }  # fmt: skip
    assert found.rows == of(LOGINS, "account_id")


def test_a_join_takes_each_column_from_its_side_and_keys_from_both(logins: DataFrame, charges: DataFrame) -> None:
    paid = charges.select(F.col("billing_account_id").alias("account_id"), "billed_cost")
    found = read(
        logins.select("account_id", "device_id").join(paid, "account_id", "left"), logins=logins, charges=charges
    )
    keys = of(LOGINS, "account_id") | of(CHARGES, "billing_account_id")
    assert found.columns == {
        "account_id": keys, "device_id": of(LOGINS, "device_id"), "billed_cost": of(CHARGES, "billed_cost"),
    }  # fmt: skip
    assert found.rows == keys


def test_a_semi_join_gives_no_column_of_the_other_side(logins: DataFrame, charges: DataFrame) -> None:
    paid = charges.select(F.col("billing_account_id").alias("account_id"))
    found = read(logins.select("account_id").join(paid, "account_id", "left_semi"), logins=logins, charges=charges)
    assert found.columns == {"account_id": of(LOGINS, "account_id")}
    assert of(CHARGES, "billing_account_id") <= found.rows


def test_a_union_is_made_from_both(logins: DataFrame, charges: DataFrame) -> None:
    one = logins.select(F.col("account_id").alias("who"))
    other = charges.select(F.col("billing_account_id").alias("who"))
    expected = of(LOGINS, "account_id") | of(CHARGES, "billing_account_id")
    assert read(one.unionByName(other), logins=logins, charges=charges).columns == {"who": expected}


def test_what_python_makes_in_the_engine_is_not_claimed(logins: DataFrame) -> None:
    def same(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        yield from batches

    made = logins.select("account_id").mapInArrow(same, "account_id string")
    found = read(made.join(logins, "account_id").select("account_id", "device_id"), logins=logins)
    assert found.columns == {"account_id": None, "device_id": of(LOGINS, "device_id")}


def test_a_column_of_two_sides_that_nothing_tells_apart_is_not_claimed(logins: DataFrame, charges: DataFrame) -> None:
    both = logins.join(charges, logins["account_id"] == charges["billing_account_id"])
    twice = logins.select("account_id", "device_id").join(logins.select("account_id", "device_id"), "account_id")
    assert read(both, logins=logins, charges=charges).columns["billed_cost"] == of(CHARGES, "billed_cost")
    assert read(twice, logins=logins).columns["device_id"] is None


def test_a_plan_that_is_not_known_is_refused_and_not_guessed(logins: DataFrame) -> None:
    pivoted = logins.groupBy("account_id").pivot("device_id", ["a"]).agg(F.count("*"))
    with pytest.raises(UnknownError):
        read(pivoted, logins=logins)


def test_the_file_is_fresh_and_says_of_known_columns_what_people_know(spark: SparkSession) -> None:
    found = everything(spark)
    assert COLUMNS.read_text(encoding="utf-8") == written(found), "run `make generated`"
    assert found["signals.devices"]["entity"] == [("staged.accounts", "signup_device_id"), (LOGINS, "device_id")]
    assert found["published.campaigns"]["first_published_on"] == [("campaigns.registry", "born_on")]
    assert found["published.campaign_members"][ROWS] == [("campaigns.members", "is_current")]
    assert set(found["campaigns.features"]) == {ROWS}  # Python measures them
    for table, columns in found.items():
        assert set(columns) - {ROWS} <= set(contracts.load(table).column_names)
        known = {name: set(contracts.load(name).column_names) for name in contracts.names()}
        read_by = next(step for step in steps.steps().values() if step.table == table).reads
        for name, column in (source for each in columns.values() for source in each):
            assert name.startswith("raw.") or (name in read_by and column in known[name]), (table, name, column)


OTHERWISE: dict[tuple[str, str], Any] = {
    ("accounts", "email"): "jane@gmail.com",
    ("accounts", "phone"): "+49 170 5550199",
    ("accounts", "signup_address"): "198.51.100.7",
    ("indicators", "value"): "198.51.100.0/24",
    ("api_requests", "prompt_sketch"): list(range(16)),
    ("api_requests", "client_address"): "198.51.100.7",
    ("logins", "client_address"): "198.51.100.7",
    ("known_campaigns", "value"): 7,
}
BEFORE = {"indicators": {"kind": "ipv4-net", "value": "203.0.113.0/24"}}


@pytest.mark.parametrize(("table", "field"), sorted(OTHERWISE))
def test_a_raw_field_that_changes_changes_the_columns_that_say_so_and_no_other(
    tmp_path: Path, table: str, field: str
) -> None:
    """But digests of the whole row, and what only a registered network gives."""
    declared = staged(steps.step(f"staged.{table}"))
    row = good(table, **BEFORE.get(table, {}))
    rows = [row, row | {field: OTHERWISE[table, field]}]
    deliver(tmp_path, table, rows)
    before, after = landed(tmp_path, table)
    changed = {name for name in contracts.load(f"staged.{table}").column_names if before[name] != after[name]}
    said = {column for column, sources in declared.items() if (f"raw.{table}", field) in sources}
    of_networks = {column for column, sources in declared.items() if any(name == steps.NETWORKS for name, _ in sources)}
    digests = {"login_id", "charge_id", "decision_id"}
    assert changed - digests == said - of_networks


def test_what_is_written_is_read_back() -> None:
    assert json.loads(written({"t": {"a": [("u", "b")], ROWS: []}})) == {"t": {"*": [], "a": [["u", "b"]]}}

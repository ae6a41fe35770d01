"""Landed = staged + duplicates + rejected on the engine, whatever is delivered, in whatever order and files."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyspark import cloudpickle
from pyspark.sql import SparkSession

from jobs import contracts, landing
from jobs import settings as environment
from jobs.errors import IolausError
from jobs.landing import repeats
from jobs.staged import declared
from tests.jobs.staged.rawrows import NIGHT, deliver, good, landed, repeated, split

ROWS = st.lists(
    st.builds(
        lambda request_id, tokens, address: good(
            "api_requests", request_id=request_id, input_tokens=tokens, client_address=address
        ),
        st.sampled_from(["r1", "r2", "r3", "r4", None]),
        st.sampled_from([1, 2, -1]),
        st.sampled_from(["203.0.113.9", "not one"]),
    ),
    min_size=1,
    max_size=12,
)


def _content(frame: Any) -> list[str]:
    return sorted(str(row.asDict()) for row in frame.collect())


@settings(max_examples=12)
@given(rows=ROWS, cut=st.integers(0, 12), format=st.sampled_from(["jsonl", "parquet"]), known=st.booleans())
def test_every_record_is_accounted_for(
    spark: SparkSession, rows: list[dict[str, Any]], cut: int, format: str, known: bool
) -> None:
    earlier = spark.createDataFrame([("r1",), ("r9",)], "request_id string") if known else None
    outcomes = []
    for turn in (rows, rows[::-1]):
        with tempfile.TemporaryDirectory() as folder:
            for number, part in enumerate(each for each in (turn[:cut], turn[cut:]) if each):
                deliver(Path(folder), "api_requests", part, f"p{number}.{format}")
            delivery = landing.find(Path(folder), declared("api_requests"), NIGHT)
            parsed = landing.parse(spark, delivery, NIGHT)
            accepted, rejected = split(parsed, "api_requests", earlier)
            taken, refused = accepted.collect(), rejected.collect()
            duplicates = repeated(parsed, "api_requests", earlier)[0]
            assert len(rows) == len(taken) + len(refused) + duplicates
            assert accepted.columns == list(contracts.load("staged.api_requests").column_names)
            assert rejected.columns == list(contracts.load("staged.rejected").column_names)
            outcomes.append((sorted(map(str, taken)), sorted(str(r.asDict() | {"file": ""}) for r in refused)))
    assert outcomes[0] == outcomes[1]
    wanted = {r["request_id"] for r in rows if r["request_id"] and r["input_tokens"] > 0}
    assert len(outcomes[0][0]) == len(wanted - ({"r1"} if known else set()))


def test_the_smallest_digest_is_kept_of_one_key(spark: SparkSession, tmp_path: Path) -> None:
    rows = [good("accounts", tier=f"t{number}") for number in range(5)]
    deliver(tmp_path, "accounts", rows)
    found = landed(tmp_path, "accounts")
    parsed = landing.parse(spark, landing.find(tmp_path, declared("accounts"), NIGHT), NIGHT)
    accepted, _ = split(parsed, "accounts")
    first = min(found, key=lambda row: row["record_digest"])
    assert [row["tier"] for row in accepted.collect()] == [first["tier"]]
    assert repeated(parsed, "accounts")[0] == 4


def test_a_key_staged_from_an_earlier_delivery_is_a_duplicate(spark: SparkSession, tmp_path: Path) -> None:
    deliver(tmp_path, "api_requests", [good("api_requests", request_id=name) for name in ("r1", "r1", "r2")])
    parsed = landing.parse(spark, landing.find(tmp_path, declared("api_requests"), NIGHT), NIGHT)
    earlier = spark.createDataFrame([("r1",), ("r1",)], "request_id string")
    accepted, _ = split(parsed, "api_requests", earlier)
    assert [row["request_id"] for row in accepted.collect()] == ["r2"]
    assert repeated(parsed, "api_requests", earlier)[0] == 2


@pytest.mark.parametrize("known", [False, True])
def test_repeats_are_the_same_in_however_many_parts_the_keys_are_looked_at(
    known: bool, spark: SparkSession, tmp_path: Path
) -> None:
    names = ["r1", "r1", "r2", "r3", "r3", "r3", "r4", "r5", "r6"]
    deliver(tmp_path, "api_requests", [good("api_requests", request_id=name) for name in names])
    raw = declared("api_requests")
    parsed = landing.parse(spark, landing.find(tmp_path, raw, NIGHT), NIGHT)
    earlier = spark.createDataFrame([("r2",), ("r3",), ("r9",)], "request_id string") if known else None
    whole, parts = (
        sorted(str(row) for part in range(count) for row in repeats.find(parsed, raw, earlier, part, count).collect())
        for count in (1, 5)
    )
    assert whole == parts
    assert len(whole) == (3 if known else 2)


def test_equal_bad_records_are_numbered(spark: SparkSession, tmp_path: Path) -> None:
    deliver(tmp_path, "accounts", [good("accounts", status="asleep")] * 3)
    parsed = landing.parse(spark, landing.find(tmp_path, declared("accounts"), NIGHT), NIGHT)
    _, rejected = split(parsed, "accounts")
    assert sorted(row["occurrence"] for row in rejected.collect()) == [1, 2, 3]


def test_nothing_delivered_is_an_empty_frame_of_the_same_columns(spark: SparkSession, tmp_path: Path) -> None:
    deliver(tmp_path, "accounts", [good("accounts")])
    there = landing.parse(spark, landing.find(tmp_path, declared("accounts"), NIGHT), NIGHT)
    absent = landing.parse(spark, landing.find(tmp_path / "none", declared("accounts"), NIGHT), NIGHT)
    assert absent.count() == 0
    assert absent.columns == there.columns
    assert repeated(absent, "accounts")[0] == 0


def test_addresses_find_their_staged_network(spark: SparkSession, tmp_path: Path) -> None:
    deliver(tmp_path, "ip_networks", [good("ip_networks"), good("ip_networks", cidr="203.0.0.0/8", kind="isp")])
    delivery = landing.find(tmp_path, declared("ip_networks"), NIGHT)
    networks, _ = split(landing.parse(spark, delivery, NIGHT), "ip_networks")
    networks.write.parquet(str(tmp_path / "networks"))
    deliver(tmp_path, "api_requests", [good("api_requests"), good("api_requests", client_address="203.9.9.9")])
    delivery = landing.find(tmp_path, declared("api_requests"), NIGHT)
    parsed = landing.parse(spark, delivery, NIGHT, str(tmp_path / "networks"))
    found = sorted((row["client_network"], row["client_network_kind"]) for row in parsed.collect())
    assert found == [("203.0.0.0/8", "isp"), ("203.0.113.0/24", "hosting")]


def test_a_snapshot_staged_late_keeps_its_delivery_day(spark: SparkSession, tmp_path: Path) -> None:
    deliver(tmp_path, "accounts", [good("accounts", status="asleep")], ds=NIGHT - timedelta(days=2))
    parsed = landing.parse(spark, landing.find(tmp_path, declared("accounts"), NIGHT), NIGHT)
    _, rejected = split(parsed, "accounts")
    assert [row["delivered_on"] for row in rejected.collect()] == [date(2026, 7, 8)]


def test_an_error_in_the_engine_leaves_as_its_sentence(spark: SparkSession, tmp_path: Path) -> None:
    path = deliver(tmp_path, "accounts", [good("accounts")], "part.jsonl.gz")
    delivery = landing.find(tmp_path, declared("accounts"), NIGHT)
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(IolausError, match=r"^Table raw/accounts: the file .*part\.jsonl\.gz cannot be read.*whole\.$"):  # noqa: SIM117
        with landing.surfaced():
            landing.parse(spark, delivery, NIGHT).collect()


def test_neither_key_nor_clear_values_are_in_the_plan(spark: SparkSession, tmp_path: Path) -> None:
    deliver(tmp_path, "accounts", [good("accounts")])
    parsed = landing.parse(spark, landing.find(tmp_path, declared("accounts"), NIGHT), NIGHT)
    accepted, _ = split(parsed, "accounts")
    assert accepted.count() == 1
    (key,) = environment.pseudonym_keys()
    plan = accepted._plan.to_proto(spark.client).SerializeToString()
    function = cloudpickle.dumps(parsed._plan._function._function._func)
    assert len(plan) > 1000
    for content in (plan, function):
        assert key not in content
        assert key.hex().encode() not in content
    clear = ("Smith4821", "smith4821", "5550100", "203.0.113.9", "device-7")
    written = str(accepted.collect())
    assert "@" not in written
    assert not [each for each in clear if each in written]


def test_rows_of_one_key_that_say_different_things_are_told(spark: SparkSession, tmp_path: Path) -> None:
    row = good("api_requests")
    deliver(tmp_path, "api_requests", [row, row, good("api_requests", request_id="r2")])
    deliver(tmp_path, "api_requests", [good("api_requests", request_id="r2", output_tokens=21)], "part-1.jsonl")
    parsed = landing.parse(spark, landing.find(tmp_path, declared("api_requests"), NIGHT), NIGHT)
    assert repeated(parsed, "api_requests")[0] == 2
    assert repeated(parsed, "api_requests")[1] == 1

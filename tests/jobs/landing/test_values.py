"""Any value in any type is converted or marked, never another value, and nothing behind has to fear a year."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.landing import formats
from jobs.landing.values import ARROW, MAX_TEXT_BYTES, conform
from jobs.staged import declared
from tests.jobs.staged.rawrows import NIGHT, good, landed

FAR = {
    "largest number": 2**63 - 1,
    "smallest number": -(2**63),
    "year 10000": 253_402_300_800_000_000,
    "year 0": -62_135_596_800_000_001,
}
TYPES = [
    pa.int8(), pa.uint64(), pa.float16(), pa.float32(), pa.float64(), pa.bool_(), pa.string(), pa.large_string(),
    pa.string_view(), pa.binary(), pa.binary(4), pa.binary_view(), pa.large_binary(), pa.date32(), pa.date64(),
    *[pa.timestamp(unit, tz) for unit in ("s", "ms", "us", "ns") for tz in (None, "UTC", "Asia/Tokyo")],
    *[pa.duration(unit) for unit in ("s", "ms", "us", "ns")], pa.time32("s"), pa.time64("ns"), pa.month_day_nano_interval(),
    pa.decimal128(38, 0), pa.decimal256(76, 10), pa.list_(pa.int64()), pa.large_list(pa.string()), pa.list_(pa.float64(), 2),
    pa.struct([("a", pa.int32())]), pa.map_(pa.string(), pa.int32()), pa.dictionary(pa.int8(), pa.timestamp("us")), pa.null(),
]  # fmt: skip
NUMBERS = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.sampled_from(list(FAR.values())))


def filled(kind: pa.DataType, numbers: list[int | None]) -> pa.Array:
    """A column of any type from numbers, by its bits where it has 64 of them."""
    raw = pa.array(numbers, pa.int64())
    if pa.types.is_dictionary(kind):
        return filled(kind.value_type, numbers).dictionary_encode()
    if (
        pa.types.is_timestamp(kind)
        or pa.types.is_duration(kind)
        or pa.types.is_date64(kind)
        or pa.types.is_time64(kind)
    ):
        return pa.Array.from_buffers(kind, len(raw), raw.buffers())
    if pa.types.is_date32(kind):
        return pa.array([None if n is None else n % 2**32 - 2**31 for n in numbers], pa.int32()).cast(kind)
    makers: list[tuple[Any, Any]] = [
        (pa.types.is_decimal, lambda n: Decimal(n)),
        (pa.types.is_boolean, lambda n: n > 0),
        (pa.types.is_floating, float),
        (pa.types.is_unsigned_integer, abs),
        (pa.types.is_integer, lambda n: n % 100),
        (pa.types.is_time, lambda n: n % 86_400),
        (pa.types.is_interval, lambda n: (n % 2**31, 0, 0)),
        (pa.types.is_map, lambda n: [("k", n % 100)]),
        (pa.types.is_struct, lambda n: {"a": n % 100}),
        (pa.types.is_fixed_size_list, lambda n: [float(n), 0.5]),
        (pa.types.is_large_list, lambda n: [str(n)]),
        (pa.types.is_list, lambda n: [n]),
        (pa.types.is_fixed_size_binary, lambda n: (n % 2**32).to_bytes(4, "big")),
        (lambda kind: "binary" in str(kind), lambda n: str(n).encode()),
        (lambda kind: "string" in str(kind), str),
        (pa.types.is_null, lambda n: None),
    ]
    make = next(made for fits, made in makers if fits(kind))
    return pa.array([None if n is None else make(n) for n in numbers], kind)


@settings(max_examples=25)
@given(numbers=st.lists(NUMBERS, min_size=1, max_size=4))
@pytest.mark.parametrize("kind", sorted(ARROW))
def test_every_column_is_converted_or_marked_and_python_can_hold_it(kind: str, numbers: list[int | None]) -> None:
    for given_type in TYPES:
        raw = filled(given_type, numbers)
        found = conform(raw, kind)
        assert found.values.type == ARROW[kind], given_type
        assert len(found.values) == len(raw)
        held = found.values.to_pylist()
        assert all(held[row] is None for row in found.failed)
        for row, number in enumerate(numbers):
            lost = held[row] is None and row not in found.failed and not pa.types.is_null(given_type)
            assert not lost or number is None or given_type in (pa.list_(pa.int64()), pa.binary(4)), (
                given_type,
                number,
            )


@pytest.mark.parametrize("unit", ["s", "ms", "us"])
@pytest.mark.parametrize("what", FAR)
def test_a_moment_outside_the_years_1_to_9999_is_marked_and_its_neighbours_are_not(unit: str, what: str) -> None:
    divided = FAR[what] // {"s": 1_000_000, "ms": 1000, "us": 1}[unit] if "year" in what else FAR[what]
    numbers = pa.array([0, divided, None], pa.int64())
    for kind in ("timestamp", "date"):
        found = conform(numbers.cast(pa.timestamp(unit, tz="UTC")), kind)
        assert list(found.failed) == [1]
        assert [each is None for each in found.values.to_pylist()] == [False, True, True]


def test_the_first_and_the_last_moment_are_kept() -> None:
    moments = [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]
    assert conform(pa.array(moments, pa.timestamp("us", tz="UTC")), "timestamp").values.to_pylist() == moments
    days = [date.min, date.max]
    assert conform(pa.array(days), "date").values.to_pylist() == days
    assert conform(pa.array(days), "timestamp").failed == {}


TEXTS = [
    "infinity",
    "-infinity",
    "0000-01-01T00:00:00Z",
    "10000-01-01T00:00:00Z",
    "9999-12-31T23:59:59-05:00",
    "1" * 5000,
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_text_that_names_no_such_moment_is_marked(text: str) -> None:
    for kind in ("timestamp", "date"):
        assert list(conform(pa.array(["2026-01-01T00:00:00Z", text]), kind).failed) == [1]


def test_a_text_that_is_too_long_is_marked_and_cut_however_it_is_stored() -> None:
    texts = pa.array(["a", "é" * MAX_TEXT_BYTES, None])
    for column in (texts, texts.cast(pa.large_string()), texts.cast(pa.binary()), texts.dictionary_encode()):
        found = conform(column, "string")
        assert found.values.to_pylist() == ["a", None, None]
        assert [len(text) <= 80 for text in found.failed.values()] == [True]


def requests(root: Path, **columns: pa.Array) -> list[dict[str, Any]]:
    folder = root / "raw" / "api_requests" / f"ds={NIGHT}"
    folder.mkdir(parents=True)
    rows = len(next(iter(columns.values())))
    base = {name: pa.array([value] * rows) for name, value in good("api_requests").items()}
    base["request_id"] = pa.array([f"r{n}" for n in range(rows)])
    pq.write_table(
        pa.table(base | columns), folder / "p.parquet", use_deprecated_int96_timestamps="requested_at" in columns
    )
    return landed(root, "api_requests")


@pytest.mark.parametrize("far", [datetime(9999, 12, 31, tzinfo=UTC), datetime(1600, 1, 1, tzinfo=UTC)])
def test_int96_is_never_read_as_another_moment(tmp_path: Path, far: datetime) -> None:
    near = datetime.combine(NIGHT, datetime.min.time(), UTC) + timedelta(microseconds=123_456)
    rows = requests(tmp_path, requested_at=pa.array([near, far], pa.timestamp("us", tz="UTC")))
    assert rows[0]["requested_at"] == near
    assert rows[1]["rejection_reason"] == ("in_the_future" if far.year > 2026 else "too_late")


def test_int96_beyond_what_64_bits_of_microseconds_hold_is_marked() -> None:
    wrapped = pa.array([5, 2**63 - 808], pa.timestamp("us"))  # what Arrow makes of the year 600000
    exact = pa.array([0, 18_000_000_000_000_000], pa.timestamp("ms"))
    assert list(conform(formats._without_overflow(wrapped, exact), "timestamp").failed) == [1]


def test_a_count_that_no_request_can_have_is_rejected_so_that_sums_never_wrap(tmp_path: Path) -> None:
    for name in ("input_tokens", "output_tokens", "cache_read_input_tokens", "reasoning_output_tokens"):
        rows = requests(tmp_path / name, **{name: pa.array([10**8, 10**8 + 1, 2**63 - 1])})
        wanted = [None, f"out_of_range:{name}", f"out_of_range:{name}"]
        assert [row["rejection_reason"] for row in rows] == wanted
    most = next(each.high for each in declared("api_requests").fields if each.name == "input_tokens")
    assert most is not None
    assert most * 10**6 * 10**4 < 2**63, "millionths of ten thousand such requests still fit"


def test_a_long_text_stored_once_for_many_rows_never_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "TEXT_BYTES_PER_BLOCK", 1 << 20)
    folder = tmp_path / "raw" / "api_requests" / f"ds={NIGHT}"
    folder.mkdir(parents=True)
    base = {name: pa.array([value] * 1000) for name, value in good("api_requests").items()}
    base["request_id"] = pa.array([f"r{n}" for n in range(1000)])
    base["prompt_text"] = pa.array(["word " * 10_000] * 1000)
    base["user_agent"] = pa.array(["x" * 50_000] * 1000)
    pq.write_table(pa.table(base), folder / "p.parquet")
    raw = declared("api_requests")
    blocks = list(formats.blocks(raw, str(folder / "p.parquet"), "p.parquet", 0))
    assert sum(block.rows for block in blocks) == 1000
    assert all(block.columns["prompt_text"].values.nbytes < 2 << 20 for block in blocks)
    assert all(len(block.columns["user_agent"].failed) == block.rows for block in blocks)


def test_a_column_that_unpacks_to_hundreds_of_its_size_is_refused_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "BOMB_BYTES", 1 << 20)
    folder = tmp_path / "raw" / "api_requests" / f"ds={NIGHT}"
    folder.mkdir(parents=True)
    base = {name: pa.array([value] * 10) for name, value in good("api_requests").items()}
    base["user_agent"] = pa.array([str(n) * 1_000_000 for n in range(10)])
    pq.write_table(pa.table(base), folder / "p.parquet", compression="zstd", use_dictionary=False)
    with pytest.raises(Exception, match=r"p\.parquet cannot be read \(its \d+ bytes unpack to"):
        landed(tmp_path, "api_requests")


def test_a_text_that_is_no_utf_8_costs_its_value_and_a_required_one_its_row(tmp_path: Path) -> None:
    rows = [good("logins", account_id=f"a{n}", user_agent="browser") for n in range(3)]
    columns = {name: pa.array([row[name] for row in rows]) for name in rows[0]}
    columns["user_agent"] = pa.array([b"ok", b"\xff\xfe", None]).view(pa.string())
    columns["account_id"] = pa.array([b"a0", b"a1", b"a\xff2"]).view(pa.string())
    place = tmp_path / "raw" / "logins" / f"ds={NIGHT}" / "part-0.parquet"
    place.parent.mkdir(parents=True)
    pq.write_table(pa.table(columns), place)
    found = landed(tmp_path, "logins")
    assert [row["rejection_reason"] for row in found] == [None, None, "wrong_type:account_id"]
    assert [(row["user_agent"], row["unread"]) for row in found[:2]] == [("ok", None), (None, "user_agent")]
    moments = pa.array([b"2026-07-10T08:00:00Z", b"\xff"]).view(pa.string())
    assert (conform(moments, "timestamp").values.null_count, list(conform(moments, "timestamp").failed)) == (1, [1])

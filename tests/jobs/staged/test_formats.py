"""One content, many spellings: format, compression, types and time zones change neither rows nor digests."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jobs.landing import formats
from jobs.staged import declared
from tests.jobs.staged.rawrows import GOOD, NIGHT, deliver, good, landed

NAMES = ("p.jsonl", "p.jsonl.gz", "p.jsonl.zst", "p.parquet")


def _content(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(({**row, "file": None} for row in rows), key=lambda row: str(row))


@pytest.mark.parametrize("table", sorted(GOOD))
def test_all_formats_give_the_same_rows(tmp_path: Path, table: str) -> None:
    found = []
    for name in NAMES:
        deliver(tmp_path / name, table, [good(table)], name)
        found.append(_content(landed(tmp_path / name, table)))
    assert len(found[0]) == 1
    assert found[0][0]["rejection_reason"] is None
    assert all(each == found[0] for each in found)


def _parquet(root: Path, **columns: pa.Array) -> dict[str, Any]:
    folder = root / "raw" / "api_requests" / f"ds={NIGHT}"
    folder.mkdir(parents=True)
    base = {name: pa.array([value]) for name, value in good("api_requests").items()}
    pq.write_table(pa.table(base | columns), folder / "p.parquet")
    return landed(root, "api_requests")[0]


NOON = datetime(2026, 7, 10, 12, tzinfo=UTC)
TYPES = {
    "narrow ints": {"input_tokens": pa.array([10], pa.int16()), "status_code": pa.array([200], pa.uint16())},
    "whole doubles": {"input_tokens": pa.array([10.0]), "output_tokens": pa.array([20.0], pa.float32())},
    "numbers as text": {"input_tokens": pa.array(["10"]), "temperature": pa.array(["0.50"])},
    "flags as text": {"stream": pa.array(["TRUE"])},
    "large strings": {"account_id": pa.array(["a1"], pa.large_string())},
    "dictionaries": {"request_model": pa.array(["m"]).dictionary_encode()},
    "bytes": {"request_model": pa.array([b"m"])},
    "nanoseconds": {"requested_at": pa.array([NOON], pa.timestamp("ns", tz="UTC"))},
    "seconds, naive": {"requested_at": pa.array([NOON.replace(tzinfo=None)], pa.timestamp("s"))},
    "another zone": {"requested_at": pa.array([NOON], pa.timestamp("us", tz="Asia/Tokyo"))},
    "text with offset": {"requested_at": pa.array(["2026-07-10T21:00:00+09:00"])},
    "naive text": {"requested_at": pa.array(["2026-07-10 12:00:00"])},
    "nan is null": {"cache_read_input_tokens": pa.array([np.nan])},
    "empty is null": {"finish_reason": pa.array([""])},
    "unsigned sketch": {"prompt_sketch": pa.array([[v % 2**32 for v in range(-8, 8)]], pa.list_(pa.uint32()))},
    "fixed-size sketch": {"prompt_sketch": pa.array([list(range(-8, 8))], pa.list_(pa.int32(), 16))},
    "a column nobody declared": {"shoe_size": pa.array([43])},
}


@pytest.mark.parametrize("spelling", TYPES)
def test_lenient_types_change_nothing(tmp_path: Path, spelling: str) -> None:
    assert _parquet(tmp_path / "plain")["rejection_reason"] is None
    assert _parquet(tmp_path / "lenient", **TYPES[spelling]) == _parquet(tmp_path / "plain2")


def test_a_zero_has_no_sign_and_an_infinity_is_no_number(tmp_path: Path) -> None:
    plus, minus = (_parquet(tmp_path / str(zero), temperature=pa.array([zero])) for zero in (0.0, -0.0))
    assert plus == minus
    infinite = _parquet(tmp_path / "infinite", temperature=pa.array([np.inf]))
    assert (infinite["temperature"], infinite["unread"]) == (None, "temperature")


def test_costs_are_exact_and_a_binary_fraction_is_rounded_half_to_even(tmp_path: Path) -> None:
    texts = ["0.1", "0.1000005", "0.1000015", "1e3", "-7"]
    rows = b"".join(json.dumps(good("charges", billed_cost="@")).replace('"@"', t).encode() + b"\n" for t in texts)
    deliver(tmp_path, "charges", rows)
    costs = [row["billed_cost"] for row in landed(tmp_path, "charges")]
    assert costs == [Decimal("0.1"), Decimal("0.1"), Decimal("0.100002"), Decimal(1000), Decimal(-7)]


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=6),
    st.lists(st.integers(-5, 2**33), max_size=3),
    st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=9))])).map(lambda moment: moment.isoformat()),
    st.sampled_from(["", "12", " 12 ", "1_0", "0x1F", "1.0", "true", "2026-07-10", "20260710T00Z", "\\", "\x1f"]),
)
CHANGES = st.dictionaries(st.sampled_from([*GOOD["api_requests"], "shoe_size"]), VALUES, max_size=3)


@settings(max_examples=200)
@given(st.lists(CHANGES, min_size=1, max_size=3))
def test_a_piece_read_at_once_is_what_its_lines_say(changes: list[dict[str, Any]]) -> None:
    raw = declared("api_requests")
    piece = b"".join(json.dumps(good("api_requests", **each)).encode() + b"\n" for each in changes)
    at_once, by_line = formats._piece_at_once(raw, piece), formats._piece_by_line(raw, piece)
    if at_once is not None:
        for name, column in at_once.columns.items():
            assert column.values.equals(by_line.columns[name].values), name
            assert column.failed == by_line.columns[name].failed, name


def test_good_lines_are_read_at_once() -> None:
    """Else the property above would hold for want of cases, and every night would be slow."""
    raw = declared("api_requests")
    assert formats._piece_at_once(raw, json.dumps(good("api_requests")).encode() + b"\n") is not None


def test_pieces_cut_at_line_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(formats, "BYTES_PER_PIECE", 100)
    rows = [good("api_requests", request_id=f"r{i}", user_agent="é" * i) for i in range(30)]
    for name in NAMES[:3]:
        deliver(tmp_path / name, "api_requests", rows, name)
        assert [row["request_id"] for row in landed(tmp_path / name, "api_requests")] == [f"r{i}" for i in range(30)]


def test_lines_of_a_few_bytes_are_read_few_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of 8 MB may hold millions of them, and each is a row of every column."""
    monkeypatch.setattr(formats, "LINES_PER_PIECE", 3)
    for lines in (1, 3, 4, 7):
        text = b"".join(json.dumps(good("logins", device_id=f"d{n}")).encode() + b"\n" for n in range(lines))
        (tmp_path / "p.jsonl").write_bytes(text + b"{}")
        read = list(formats.blocks(declared("logins"), str(tmp_path / "p.jsonl"), "p.jsonl", 0))
        assert max(block.rows for block in read) <= 3
        found = [device for block in read for device in block.columns["device_id"].values.to_pylist()]
        assert found == [*(f"d{n}" for n in range(lines)), None]


def test_the_start_of_a_file_of_many_short_lines_tells_of_some_of_its_columns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "HEADER_LINES", 2)
    (tmp_path / "p.jsonl").write_bytes(b'{"a": 1}\n{"b": 1}\n{"c": 1}\n')
    found = formats.header(tmp_path / "p.jsonl")
    assert (found.columns, found.complete) == (frozenset("ab"), False)

"""Which delivery is in force, and every broken file as one sentence that names it."""

from __future__ import annotations

import gzip
import json
import os
from datetime import date, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs import landing
from jobs.errors import IolausError
from jobs.landing import formats
from jobs.staged import declared
from tests.jobs.staged.rawrows import NIGHT, deliver, good, landed, lines

EVE = NIGHT - timedelta(days=1)


def test_facts_are_of_the_night_and_snapshots_the_newest(tmp_path: Path) -> None:
    for table in ("api_requests", "accounts"):
        deliver(tmp_path, table, [good(table)], ds=date(2026, 7, 1))
        deliver(tmp_path, table, [good(table)], ds=EVE)
        deliver(tmp_path, table, [good(table)], ds=date(2026, 7, 11))
    assert landing.find(tmp_path, declared("api_requests"), NIGHT).ds is None
    assert landing.find(tmp_path, declared("accounts"), NIGHT).ds == EVE
    assert landing.find(tmp_path, declared("logins"), NIGHT) == landing.Delivery(declared("logins"), None)


def test_an_empty_partition_is_not_delivered(tmp_path: Path) -> None:
    deliver(tmp_path, "accounts", [good("accounts")], ds=EVE)
    deliver(tmp_path, "accounts", b"", "_SUCCESS")
    assert landing.find(tmp_path, declared("accounts"), NIGHT).ds == EVE


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
def test_unknown_and_missing_columns_are_told(tmp_path: Path, format: str) -> None:
    row = good("api_requests", shoe_size=43, tls_ja4=...)
    deliver(tmp_path, "api_requests", [row], f"p.{format}")
    found = landing.find(tmp_path, declared("api_requests"), NIGHT)
    assert found.unknown_columns == ("shoe_size",)
    assert "tls_ja4" in found.missing_columns
    assert "request_id" not in found.missing_columns


def test_the_content_hash_knows_bytes_not_names(tmp_path: Path) -> None:
    a, b = [good("accounts")], [good("accounts", account_id="a2")]
    for root, names in (("one", ("x", "y")), ("two", ("z", "w"))):
        deliver(tmp_path / root, "accounts", a, f"{names[0]}.jsonl")
        deliver(tmp_path / root, "accounts", b, f"{names[1]}.jsonl")
    deliver(tmp_path / "three", "accounts", a, "x.jsonl")
    roots = [tmp_path / name for name in ("one", "two", "three")]
    one, two, three = (landing.find(root, declared("accounts"), NIGHT).content_hash for root in roots)
    assert one == two
    assert one != three


@pytest.mark.parametrize("name", ["part.jsonl", "part.parquet", "part.jsonl.gz"])
def test_a_missing_required_column_names_table_file_and_column(tmp_path: Path, name: str) -> None:
    deliver(tmp_path, "accounts", [good("accounts", status=...)], name)
    with pytest.raises(IolausError, match=rf"raw/accounts.*raw/accounts/ds={NIGHT}/{name} lacks .* column status"):
        landing.find(tmp_path, declared("accounts"), NIGHT)


def test_a_column_missing_from_a_long_json_file_is_found_while_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("jobs.landing.formats.HEADER_BYTES", 100)
    deliver(tmp_path, "accounts", [good("accounts", status=...)])
    with pytest.raises(IolausError, match="lacks the required column status"):
        landed(tmp_path, "accounts")


def test_a_truncated_parquet_file_is_named(tmp_path: Path) -> None:
    path = deliver(tmp_path, "accounts", [good("accounts")], "part.parquet")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(IolausError, match=r"raw/accounts: the file raw/accounts/ds=.*part\.parquet cannot be read"):
        landing.find(tmp_path, declared("accounts"), NIGHT)


def test_a_parquet_file_broken_inside_is_named(tmp_path: Path) -> None:
    rows = [good("accounts", account_id=f"a{i}") for i in range(1000)]
    path = deliver(tmp_path, "accounts", rows, "part.parquet")
    content = bytearray(path.read_bytes())
    content[4:400] = b"\xff" * 396
    path.write_bytes(bytes(content))
    with pytest.raises(IolausError, match=r"part\.parquet cannot be read"):
        landed(tmp_path, "accounts")


@pytest.mark.parametrize("name", ["part.jsonl.gz", "part.jsonl.zst"])
def test_a_truncated_compressed_file_is_named(tmp_path: Path, name: str) -> None:
    path = deliver(tmp_path, "accounts", [good("accounts", account_id=f"a{i}") for i in range(2000)], name)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(IolausError, match=rf"{name} cannot be read"):
        landed(tmp_path, "accounts")


def test_a_file_that_is_not_what_its_name_says(tmp_path: Path) -> None:
    deliver(tmp_path, "accounts", lines([good("accounts")]), "part.jsonl")
    path = tmp_path / "raw" / "accounts" / f"ds={NIGHT}" / "part.jsonl"
    path.rename(path.with_name("part.jsonl.gz"))
    with pytest.raises(IolausError, match=r"part\.jsonl\.gz cannot be read"):
        landing.find(tmp_path, declared("accounts"), NIGHT)
    path.with_name("part.jsonl.gz").write_bytes(gzip.compress(lines([good("accounts")])))
    assert landing.find(tmp_path, declared("accounts"), NIGHT).ds == NIGHT


def test_strange_files_and_partitions_are_loud(tmp_path: Path) -> None:
    deliver(tmp_path, "accounts", b"a,b\n", "accounts.csv")
    with pytest.raises(IolausError, match=r"accounts\.csv is neither Parquet nor JSON lines"):
        landing.find(tmp_path, declared("accounts"), NIGHT)


@pytest.mark.parametrize(
    "name", ["ds=today", "ds=20260710", "ds=2026-W28-5", "ds=2026-7-10", "DS=2026-07-10", "2026-07-10"]
)
def test_another_spelling_of_a_partition_fails_the_table_with_its_name(tmp_path: Path, name: str) -> None:
    deliver(tmp_path, "logins", [good("logins")])
    (tmp_path / "raw" / "logins" / name).mkdir()
    with pytest.raises(IolausError, match=f"raw/logins has {name}, which is no partition"):
        landing.find(tmp_path, declared("logins"), NIGHT)


def test_a_file_beside_the_partitions_fails_the_table_with_its_name(tmp_path: Path) -> None:
    path = deliver(tmp_path, "logins", [good("logins")])
    path.rename(path.parent.parent / "part-0.jsonl")
    with pytest.raises(IolausError, match=r"part-0\.jsonl, which is no partition"):
        landing.find(tmp_path, declared("logins"), NIGHT)


@pytest.mark.parametrize("table", ["api_requests", "accounts"])
@pytest.mark.parametrize("kind", ["folder", "empty folder", "dangling link", "link to a folder", "pipe"])
def test_whatever_is_no_file_in_a_partition_fails_the_table_with_its_name(
    tmp_path: Path, table: str, kind: str
) -> None:
    foreign = deliver(tmp_path, table, [good(table)]).parent / "hour=12"
    if kind == "pipe":
        os.mkfifo(foreign)
    elif "link" in kind:
        foreign.symlink_to(tmp_path / "raw" if "folder" in kind else tmp_path / "not-mounted")
    else:
        foreign.mkdir()
    if kind == "folder":
        (foreign / "part-1.jsonl").write_bytes(lines([good(table)]))
    with pytest.raises(IolausError, match=rf"raw/{table}: .*raw/{table}/ds={NIGHT}/hour=12 "):
        landing.find(tmp_path, declared(table), NIGHT)
    foreign.rename(foreign.with_name("_hour=12"))
    assert len(landing.find(tmp_path, declared(table), NIGHT).files) == 1, "markers of writers are passed over"


def test_facts_that_were_delivered_before_are_not_said_to_be_never_delivered(tmp_path: Path) -> None:
    deliver(tmp_path, "charges", [good("charges")], ds=EVE)
    found = landing.find(tmp_path, declared("charges"), NIGHT)
    assert (found.ds, found.last_before) == (None, EVE)


MANY = [good("accounts", account_id=f"a{i}") for i in range(3)]
NO_LINES = {
    "an array": json.dumps(MANY),
    "an array over several lines": json.dumps(MANY, indent=1),
    "an array with one object a line": "[\n" + ",\n".join(map(json.dumps, MANY)) + "\n]",
    "objects without newlines": "".join(map(json.dumps, MANY)),
    "objects with commas between": ",".join(map(json.dumps, MANY)),
    "lone carriage returns": "\r".join(map(json.dumps, MANY)),
    "record separators": "".join(f"\x1e{json.dumps(each)}" for each in MANY),
    "line separators of Unicode": "\u2028".join(map(json.dumps, MANY)),
    "objects over several lines": "\n".join(json.dumps(each, indent=1) for each in MANY),
    "sixteen bits a letter": "\n".join(map(json.dumps, MANY)).encode("utf-16"),
    "another format": "account_id,status\na1,active\n",
    "two files joined without a newline": lines(MANY) + json.dumps(MANY[0]).encode() + lines(MANY),
    "arrays among lines": lines(MANY) + json.dumps(MANY).encode() + b"\n" + lines(MANY),
}


@pytest.mark.parametrize("kind", NO_LINES)
@pytest.mark.parametrize("suffix", ["jsonl", "jsonl.gz"])
def test_a_file_of_records_that_are_not_one_a_line_is_refused_by_name(tmp_path: Path, kind: str, suffix: str) -> None:
    content = NO_LINES[kind]
    deliver(tmp_path, "accounts", [good("accounts")], "part-0.jsonl")
    deliver(tmp_path, "accounts", content if isinstance(content, bytes) else content.encode(), f"part-1.{suffix}")
    with pytest.raises(IolausError, match=rf"part-1\.{suffix} (cannot be read|lacks the required)"):
        landed(tmp_path, "accounts")


@pytest.mark.parametrize("line", [b"[1, 2]", b"[2026-07-10] started", b'{"account_id": "a1", "sta', b"{} {}", b"\xff"])
def test_one_bad_line_among_good_ones_is_one_rejected_row(tmp_path: Path, line: bytes) -> None:
    deliver(tmp_path, "accounts", lines(MANY) + line + b"\n" + lines(MANY))
    assert [row["rejection_reason"] for row in landed(tmp_path, "accounts")].count("unreadable_json") == 1


def test_lines_may_end_as_on_windows_and_be_followed_by_blank_ones(tmp_path: Path) -> None:
    deliver(tmp_path, "accounts", lines(MANY).replace(b"\n", b"\r\n") + b"\r\n\r\n")
    assert [row["rejection_reason"] for row in landed(tmp_path, "accounts")] == [None] * 3


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(formats, "BYTES_PER_PIECE", 100)
    monkeypatch.setattr(formats, "MAX_LINE_BYTES", 1000)
    deliver(tmp_path, "accounts", lines([good("accounts"), good("accounts", status_reason="x" * 2000)]))
    with pytest.raises(IolausError, match=r"part-0\.jsonl cannot be read .a line is longer than"):
        landed(tmp_path, "accounts")


def test_a_file_that_changes_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = deliver(tmp_path, "accounts", [good("accounts")])
    found = landing.find(tmp_path, declared("accounts"), NIGHT)
    landing.require_unchanged(found)
    path.write_bytes(path.read_bytes() * 2)
    with pytest.raises(IolausError, match=r"part-0\.jsonl changed while it was read"):
        landing.require_unchanged(found)


def test_a_column_that_is_there_twice_names_table_file_and_column(tmp_path: Path) -> None:
    folder = tmp_path / "raw" / "accounts" / f"ds={NIGHT}"
    folder.mkdir(parents=True)
    row = good("accounts", shoe_size=43)
    columns = [pa.array([value]) for value in row.values()]
    pq.write_table(pa.Table.from_arrays([*columns, columns[-1]], [*row, "shoe_size"]), folder / "a.parquet")
    assert landed(tmp_path, "accounts")[0]["rejection_reason"] is None, "twice what nobody reads"
    pq.write_table(pa.Table.from_arrays([*columns, columns[0]], [*row, "account_id"]), folder / "a.parquet")
    with pytest.raises(IolausError, match=rf"raw/accounts/ds={NIGHT}/a\.parquet has the column account_id twice"):
        landing.find(tmp_path, declared("accounts"), NIGHT)

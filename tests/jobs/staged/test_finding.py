"""Which delivery is in force, and every broken file as one sentence that names it."""

from __future__ import annotations

import gzip
from datetime import date, timedelta
from pathlib import Path

import pytest

from jobs import landing
from jobs.errors import IolausError
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
    (tmp_path / "raw" / "logins" / "ds=today").mkdir(parents=True)
    with pytest.raises(IolausError, match="ds=today"):
        landing.find(tmp_path, declared("logins"), NIGHT)

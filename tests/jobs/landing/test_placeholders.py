"""What stands for nothing reads as null, and nothing else does."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from jobs.landing.addresses import caller
from jobs.landing.placeholders import stands_for_nothing
from tests.jobs.staged.rawrows import deliver, good, landed

NOTHING = [
    "", " ", "unknown", "UNKNOWN ", "n/a", "N/A", "null", "None", "-", "0", "+00000000000", "000-000-0000", "0.0.0.0",
    "::", "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff", "0x0000",
    *(hashlib.new(name, b"").hexdigest() for name in ("md5", "sha1", "sha256", "sha512", "blake2b")),
    "sha256:" + hashlib.sha256(b"").hexdigest(),
]  # fmt: skip
SOMETHING = [
    "NA",
    "Noone",
    "unknown-7",
    "10.0.0.1",
    "+10000000000",
    "00a0",
    "none of it",
    hashlib.sha256(b"0").hexdigest(),
]


@pytest.mark.parametrize("text", NOTHING)
def test_it_stands_for_nothing(text: str) -> None:
    assert stands_for_nothing(pa.array([text])).to_pylist() == [True]


@pytest.mark.parametrize("text", SOMETHING)
def test_it_says_something(text: str) -> None:
    assert stands_for_nothing(pa.array([text, None])).to_pylist() == [False, None]


def staged(root: Path, table: str, **values: Any) -> dict[str, Any]:
    deliver(root, table, [good(table, **values)])
    (row,) = landed(root, table)
    return row


def test_an_account_without_device_phone_and_document_has_none_and_says_which_were_filled_up(tmp_path: Path) -> None:
    empty = hashlib.sha256(b"").hexdigest()
    row = staged(tmp_path, "accounts", signup_device_id="unknown", phone="+00000000000", kyc_document_hash=empty)
    assert [row[name] for name in ("signup_device_id", "phone", "phone_prefix", "kyc_document_hash")] == [None] * 4
    assert row["rejection_reason"] is None
    assert row["placeholders"] == "phone,signup_device_id,kyc_document_hash"


def test_a_required_column_that_stands_for_nothing_is_missing(tmp_path: Path) -> None:
    assert staged(tmp_path, "logins", account_id="unknown")["rejection_reason"] == "missing:account_id"


def test_a_value_of_a_closed_set_stays(tmp_path: Path) -> None:
    row = staged(tmp_path, "accounts", kyc_status="none", country="NA")
    assert (row["kyc_status"], row["country"], row["placeholders"]) == ("none", "NA", None)
    assert staged(tmp_path, "payment_instruments", funding="unknown")["funding"] == "unknown"


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        ("203.0.113.9:443", "203.0.113.9"),
        ("[2001:db8::1]:443", "2001:db8::1"),
        ("10.0.0.7, 198.51.100.4, 203.0.113.9", "198.51.100.4"),
        ("10.0.0.7", "10.0.0.7"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", None),
        ("0.0.0.0", None),
        ("somewhere", "somewhere"),
    ],
)
def test_the_first_public_address_is_the_callers(said: str, meant: str | None) -> None:
    assert caller(said) == meant


def test_an_address_that_names_nobody_costs_the_address_not_the_row(tmp_path: Path) -> None:
    row = staged(tmp_path, "logins", client_address="127.0.0.1")
    assert (row["client_address"], row["rejection_reason"]) == (None, None)

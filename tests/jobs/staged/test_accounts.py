"""What an e-mail and a phone say in tokens: series share a shape, people do not; equal things meet across tables."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.staged.accounts import pattern, phone_leads, phone_prefix
from tests.jobs.staged.rawrows import deliver, good, landed


@pytest.mark.parametrize(
    ("email", "shape"),
    [
        ("John.Smith4821@x.org", "a4.a494@x.org"),
        ("mary.clark0077@x.org", "a4.a494@x.org"),
        ("qmail0001@x.org", "a494@x.org"),
        ("kim@x.org", "a1@x.org"),
        ("kim+news@x.org", "a1+@x.org"),
        ("very_long-localpart@x.org", "a4_a4-a8@x.org"),
        ("12345@x.org", "95@x.org"),
        ("no e-mail", None),
        ("@x.org", None),
    ],
)
def test_shape_of_an_email(email: str, shape: str | None) -> None:
    assert pattern(email) == shape


def test_leading_digits_of_a_phone() -> None:
    assert phone_prefix("+1 (415) 555-0100") == "1415555"
    assert phone_leads("+1 (415) 555-0100") == [
        "14",
        "141",
        "1415",
        "14155",
        "141555",
        "1415555",
        "14155550",
        "141555501",
    ]
    assert phone_prefix("123") is None


def _staged(root: Path, table: str, **changes: Any) -> dict[str, Any]:
    deliver(root, table, [good(table, **changes)])
    row = landed(root, table)[0]
    assert row["rejection_reason"] is None
    return row


def test_tokens_meet_across_tables(tmp_path: Path) -> None:
    account = _staged(tmp_path, "accounts", signup_address="2001:db8::1")
    login = _staged(tmp_path, "logins")
    charge = _staged(tmp_path, "charges")
    instrument = _staged(tmp_path, "payment_instruments")
    assert account["signup_device_id"] == login["device_id"]
    assert account["signup_address"] == login["client_address"]
    assert charge["x_instrument_fingerprint"] == instrument["instrument_fingerprint"]
    assert account["signup_device_id"] != account["kyc_document_hash"]


@pytest.mark.parametrize(
    ("kind", "value", "table", "column"),
    [
        ("email-domain", "@EXAMPLE.org", "accounts", "email_domain"),
        ("phone-prefix", "+1 415", "accounts", "phone_prefixes"),
        ("instrument", "card-1", "payment_instruments", "instrument_fingerprint"),
        ("ipv4-net", "203.0.113.5/24", "accounts", "signup_prefix"),
        ("ipv4-net", "203.0.113.9", "accounts", "signup_address"),
    ],
)
def test_an_indicator_meets_what_it_names(tmp_path: Path, kind: str, value: str, table: str, column: str) -> None:
    indicator = _staged(tmp_path, "indicators", kind=kind, value=value)
    assert indicator["value_token"] in _staged(tmp_path, table)[column].split()
    assert (indicator["value"] is None) == (not kind.endswith("net"))


@pytest.mark.parametrize(
    ("kind", "value", "clear"),
    [("asn", "AS64500", "64500"), ("card-bin", "411111", "411111"), ("account", "a1", "a1")],
)
def test_indicators_that_stay_in_clear(tmp_path: Path, kind: str, value: str, clear: str) -> None:
    indicator = _staged(tmp_path, "indicators", kind=kind, value=value)
    assert (indicator["value"], indicator["value_token"]) == (clear, None)


@pytest.mark.parametrize(("email", "expected"), [("a@GMAIL.com", True), ("a@example.org", False), (None, None)])
def test_freemail(tmp_path: Path, email: str | None, expected: bool | None) -> None:
    assert _staged(tmp_path, "accounts", email=email)["is_freemail"] is expected


def test_a_sketch_is_made_of_the_text_and_the_text_is_gone(tmp_path: Path) -> None:
    text = "lay out your reasoning step by step"
    made = _staged(tmp_path, "api_requests", prompt_sketch=..., prompt_text=text)
    assert len(made["prompt_sketch"]) == 128
    assert "prompt_text" not in made
    assert text not in str(made)
    given = _staged(tmp_path, "api_requests", prompt_text=text)
    assert given["prompt_sketch"][:8] == "fffffff8"

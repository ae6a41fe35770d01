"""Every way a delivered row can be bad, in both formats: it is rejected for what it breaks first, and it alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from jobs import contracts
from jobs.landing.checks import REASONS
from jobs.staged import declared
from tests.jobs.staged.rawrows import GOOD, NIGHT, SKETCH, deliver, good, landed

REQUESTS = [
    ({"request_id": None}, "missing:request_id"),
    ({"request_id": ""}, "missing:request_id"),
    ({"account_id": None}, "missing:account_id"),
    ({"input_tokens": None}, "missing:input_tokens"),
    ({"requested_at": "yesterday"}, "wrong_type:requested_at"),
    ({"requested_at": "1783684800"}, "wrong_type:requested_at"),
    ({"input_tokens": "ten"}, "wrong_type:input_tokens"),
    ({"input_tokens": 1.5}, "wrong_type:input_tokens"),
    ({"input_tokens": "9223372036854775808"}, "wrong_type:input_tokens"),
    ({"status_code": 2**31}, "wrong_type:status_code"),
    ({"temperature": "warm"}, None),
    ({"stream": "perhaps"}, None),
    ({"prompt_sketch": [2**32, *SKETCH[1:]]}, None),
    ({"input_tokens": -1}, "negative:input_tokens"),
    ({"reasoning_output_tokens": -5}, "negative:reasoning_output_tokens"),
    ({"access_path": "fax"}, "unknown_value:access_path"),
    ({"access_path": "API"}, "unknown_value:access_path"),
    ({"operation": "sing"}, "unknown_value:operation"),
    ({"client_address": "203.0.113.256"}, None),
    ({"client_address": "203.0.113.0/24"}, None),
    ({"client_address": "localhost"}, None),
    ({"elicitation_score": 1.01}, "out_of_range:elicitation_score"),
    ({"elicitation_score": -0.01}, "out_of_range:elicitation_score"),
    ({"prompt_sketch": SKETCH[:15]}, "out_of_range:prompt_sketch"),
    ({"prompt_sketch": []}, "out_of_range:prompt_sketch"),
    ({"requested_at": "2026-07-11T01:00:00Z"}, "in_the_future"),
    ({"requested_at": "2026-07-06T23:59:59.999999Z"}, "too_late"),
    ({"requested_at": "2026-07-11T04:30:00+05:30"}, None),
    ({"requested_at": "2026-07-11T00:59:59Z"}, None),
    ({"requested_at": "2026-07-07T00:00:00Z"}, None),
    ({"task_label": "a topic nobody declared"}, None),
    ({"finish_reason": "bored"}, None),
    ({"max_tokens": -1}, None),
    ({"prompt_sketch": None, "client_address": None, "elicitation_score": None}, None),
    # The first rule broken is the reason, whatever else is wrong.
    ({"input_tokens": -1, "requested_at": "?", "access_path": "fax"}, "wrong_type:requested_at"),
    ({"output_tokens": -1, "request_id": None}, "missing:request_id"),
    ({"access_path": "fax", "requested_at": "2030-01-01T00:00:00Z"}, "unknown_value:access_path"),
]
OTHERS = [
    ("logins", {"logged_in_at": "2026-07-01T00:00:00Z"}, "too_late"),
    ("logins", {"client_address": "::g"}, None),
    ("charges", {"charge_category": "Gift"}, "unknown_value:charge_category"),
    ("charges", {"billed_cost": "free"}, "wrong_type:billed_cost"),
    ("charges", {"billed_cost": "1000000000000"}, "wrong_type:billed_cost"),
    ("charges", {"charge_period_start": "2026-07-12T00:00:00Z"}, "in_the_future"),
    ("charges", {"charge_period_start": "2026-05-01T00:00:00Z"}, None),
    ("charges", {"billed_cost": "-3.5"}, None),
    ("accounts", {"status": "asleep"}, "unknown_value:status"),
    ("accounts", {"signup_address": "home"}, None),
    ("accounts", {"created_at": "2027-01-01T00:00:00Z"}, None),
    ("accounts", {"kyc_status": "someday"}, None),
    ("payment_instruments", {"kind": "shells"}, "unknown_value:kind"),
    ("payment_instruments", {"instrument_fingerprint": None}, "missing:instrument_fingerprint"),
    ("ip_networks", {"cidr": "203.0.113.0/33"}, "not_a_network:cidr"),
    ("ip_networks", {"kind": "castle"}, "unknown_value:kind"),
    ("ip_networks", {"asn": 2**32}, "out_of_range:asn"),
    ("ip_networks", {"kind": None, "asn": "AS64500"}, None),
    ("model_releases", {"released_at": None}, "missing:released_at"),
    ("indicators", {"kind": "rumour"}, "unknown_value:kind"),
    ("indicators", {"source_reliability": "G"}, "unknown_value:source_reliability"),
    ("indicators", {"credibility": 7}, "unknown_value:credibility"),
    ("indicators", {"kind": "ipv4-net", "value": "nowhere"}, "not_a_network:value"),
    ("known_campaigns", {"metric": "hats"}, "unknown_value:metric"),
    ("known_campaigns", {"bound": "maybe"}, "unknown_value:bound"),
    ("known_campaigns", {"scope": "world"}, "unknown_value:scope"),
    ("known_campaigns", {"value": -1}, "negative:value"),
    ("known_campaigns", {"first_day": "spring"}, None),
    ("case_decisions", {"decision": "shrug"}, "unknown_value:decision"),
    ("case_decisions", {"subject_kind": "model"}, "unknown_value:subject_kind"),
]
CASES = [("api_requests", changes, reason) for changes, reason in REQUESTS] + OTHERS
KEYS = {"api_requests": "request_id", "ip_networks": "cidr", "model_releases": "model", "indicators": "indicator_id"}


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
@pytest.mark.parametrize(("table", "changes", "reason"), CASES, ids=[f"{c[0]}-{c[1]}" for c in CASES])
def test_a_bad_row_is_rejected_alone(
    tmp_path: Path, format: str, table: str, changes: dict[str, Any], reason: str | None
) -> None:
    deliver(tmp_path, table, [good(table), good(table, **changes), good(table)], f"part.{format}")
    rows = landed(tmp_path, table)
    assert [row["rejection_reason"] for row in rows] == [None, reason, None]
    assert {row["file"] for row in rows} == {f"raw/{table}/ds={NIGHT}/part.{format}"}
    if reason is not None:
        kept = {name for name, value in rows[1].items() if value is not None}
        assert kept == {"rejection_reason", "record_digest", "file", "delivered_on"}


UNREAD = [
    ("api_requests", {"temperature": "warm"}, "temperature"),
    ("api_requests", {"stream": "perhaps", "max_tokens": 2**31}, "max_tokens,stream"),
    ("api_requests", {"prompt_sketch": [2**32, *SKETCH[1:]]}, "prompt_sketch"),
    ("api_requests", {"client_address": "203.0.113.256"}, "client_address"),
    ("api_requests", {"user_agent": "x" * 9000}, "user_agent"),
    ("logins", {"client_address": "::g"}, "client_address"),
    ("charges", {"consumed_quantity": "many"}, "consumed_quantity"),
    ("accounts", {"status_changed_at": "infinity", "signup_address": "home"}, "signup_address,status_changed_at"),
    ("indicators", {"valid_until": "99999-12-31"}, "valid_until"),
    ("known_campaigns", {"first_day": "spring"}, "first_day"),
]


@pytest.mark.parametrize("format", ["jsonl", "parquet"])
@pytest.mark.parametrize(("table", "changes", "names"), UNREAD, ids=[f"{c[0]}-{c[2]}" for c in UNREAD])
def test_an_optional_value_that_cannot_be_read_costs_that_value_and_is_named(
    tmp_path: Path, format: str, table: str, changes: dict[str, Any], names: str
) -> None:
    deliver(tmp_path, table, [good(table, **changes), good(table)], f"part.{format}")
    spoiled, whole = landed(tmp_path, table)
    assert (spoiled["rejection_reason"], spoiled["unread"], whole["unread"]) == (None, names, None)
    assert spoiled["record_digest"] != whole["record_digest"], "what was delivered is another record all the same"
    assert all(spoiled[name] is None for name in names.split(",") if name in spoiled)


def test_a_bad_row_has_the_same_digest_in_both_formats(tmp_path: Path) -> None:
    for table, changes, _ in CASES:
        digests = set()
        for format in ("jsonl", "parquet"):
            root = tmp_path / f"{table}-{format}-{abs(hash(str(changes)))}"
            deliver(root, table, [good(table), good(table, **changes)], f"part.{format}")
            digests.add(tuple(row["record_digest"] for row in landed(root, table)))
        assert len(digests) == 1, (table, changes)


@pytest.mark.parametrize(
    "line",
    [b"{", b"[1]", b'"text"', b"{'a': 1}", b'{"a": Inf}', b'{"a": 1} {"b": 2}', b'{"a": "\\ud800"}', b'{"a": "\xff"}'],
)
def test_a_line_that_is_no_object_is_rejected_alone(tmp_path: Path, line: bytes) -> None:
    whole = json.dumps(good("api_requests")).encode()
    deliver(tmp_path, "api_requests", whole + b"\n" + line + b"\n\n" + whole)
    assert [row["rejection_reason"] for row in landed(tmp_path, "api_requests")] == [None, "unreadable_json", None]


@pytest.mark.parametrize(
    ("member", "reason"),
    [
        (b'"temperature": NaN', None),
        (b'"temperature": Infinity', None),
        (b'"prompt_sketch": "1,2,3"', None),
        (b'"request_model": ["m"]', "wrong_type:request_model"),
        (b'"request_model": true', "wrong_type:request_model"),
        (b'"account_id": 17', None),
        (b'"input_tokens": 10.0', None),
        (b'"input_tokens": "x", "input_tokens": 3', None),
    ],
)
def test_what_only_json_can_say(tmp_path: Path, member: bytes, reason: str | None) -> None:
    whole = json.dumps(good("api_requests")).encode()
    deliver(tmp_path, "api_requests", whole + b"\n" + whole[:-1] + b", " + member + b"}\n" + whole)
    assert [row["rejection_reason"] for row in landed(tmp_path, "api_requests")] == [None, reason, None]


def test_every_reason_has_a_case() -> None:
    met = {reason.partition(":")[0] for _, _, reason in CASES if reason} | {"unreadable_json"}
    assert met == set(REASONS)


@pytest.mark.parametrize("table", sorted(GOOD))
def test_contract_and_declaration_agree(table: str) -> None:
    """A critical check that a good row could fail would stop a night for one bad row."""
    contract, fields = contracts.load(f"staged.{table}"), {each.name: each for each in declared(table).fields}
    assert contract.key == declared(table).key
    for check in contract.checks:
        if check.severity == "critical" and "validValues" in check.arguments and check.column in fields:
            assert set(check.arguments["validValues"]) == set(fields[check.column].one_of), check.column
    for column in contract.columns:
        if column.name in fields and fields[column.name].required and column.name != "value":
            assert column.required, column.name

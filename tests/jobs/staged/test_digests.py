"""Rows that differ in anything declared have different digests; what is not declared, and the order, do not count."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from jobs.errors import UsageError
from jobs.privacy.pseudonyms import Pseudonyms
from tests.jobs.staged.rawrows import deliver, good, landed, lines


def _digests(root: Path, rows: list[dict[str, Any]]) -> list[str]:
    deliver(root, "api_requests", rows)
    return [row["record_digest"] for row in landed(root, "api_requests")]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"input_tokens": 1}, {"input_tokens": 2}),
        ({"input_tokens": 1, "output_tokens": 11}, {"input_tokens": 11, "output_tokens": 1}),
        ({"input_tokens": "ten"}, {"input_tokens": "eleven"}),
        ({"input_tokens": "ten"}, {"input_tokens": None}),
        ({"prompt_sketch": [2**40] * 16}, {"prompt_sketch": [2**41] * 16}),
        ({"prompt_sketch": None}, {"prompt_sketch": []}),
        ({"prompt_text": "a"}, {"prompt_text": "b"}),
        ({"user_agent": "a\x1fb", "tls_ja4": "c"}, {"user_agent": "a", "tls_ja4": "b\x1fc"}),
        ({"user_agent": "\x1f"}, {"user_agent": "\\s"}),
        ({"user_agent": None}, {"user_agent": "\\0"}),
        ({"user_agent": ["x"]}, {"user_agent": "\\!['x']"}),
    ],
)
def test_different_rows_have_different_digests(tmp_path: Path, one: dict[str, Any], other: dict[str, Any]) -> None:
    first, second = _digests(tmp_path, [good("api_requests", **one), good("api_requests", **other)])
    assert first != second


def test_equal_rows_have_equal_digests_and_undeclared_columns_do_not_count(tmp_path: Path) -> None:
    row = good("api_requests", user_agent="back\\slash \x1f")
    mirrored = dict(reversed(row.items()))
    assert len(set(_digests(tmp_path, [row, mirrored, row | {"shoe_size": 43}]))) == 1


def test_equal_content_of_two_tables_is_two_records(tmp_path: Path) -> None:
    broken = b'{"account_id":\n'
    found = []
    for table in ("accounts", "payment_instruments"):
        deliver(tmp_path, table, broken + lines([good(table)]))
        found.append(landed(tmp_path, table)[0]["record_digest"])
    assert len(set(found)) == 2


def test_another_key_gives_other_digests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = _digests(tmp_path, [good("api_requests")])
    monkeypatch.setenv("IOLAUS_PSEUDONYM_KEY", "another key of 16 bytes or more")
    assert _digests(tmp_path, [good("api_requests")]) != before


def test_a_worker_with_another_key_than_the_run_makes_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(tmp_path, "api_requests", lines([good("api_requests")]))
    usual = Pseudonyms.from_environment().key_id
    assert landed(tmp_path, "api_requests", key=usual)
    monkeypatch.setenv("IOLAUS_PSEUDONYM_KEY", "another key of 16 bytes or more")
    with pytest.raises(
        UsageError, match=f"another pseudonym key .* than the run .{usual}.: set IOLAUS_PSEUDONYM_KEY, and .* alike"
    ):
        landed(tmp_path, "api_requests", key=usual)

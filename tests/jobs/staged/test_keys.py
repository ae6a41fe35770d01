"""What is landed under a chain of keys is what was landed under its beginning and is renewed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from jobs.history.renewing import Renewal
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.settings import PSEUDONYM_KEY, PSEUDONYM_KEY_BEFORE
from jobs.staged import declared
from tests.jobs.staged.rawrows import GOOD, deliver, good, landed

FIRST_KEY, SECOND_KEY = "the first key of two and long enough", "a second key that is long enough"
MORE: dict[str, list[dict[str, Any]]] = {
    "accounts": [
        {
            "email": "kim.lee42@example.org", "phone": "+49 170 5550199", "full_name": "Kim Lee", "signup_device_id": "d1",
            "kyc_document_hash": "h1", "signup_address": "198.51.100.7", "organization_name": "Kim's",
        }
    ],
    "ip_networks": [{"cidr": "198.51.100.7/32", "organization": "Kim Lee"}, {"cidr": "2001:db8:77::/48"}],
    "indicators": [
        {"kind": kind, "value": value}
        for kind, value in (
            ("ipv4-net", "198.51.100.7/32"), ("ipv4-net", "198.51.100.0/24"), ("email-domain", "example.org"),
            ("instrument", "card-1"), ("phone-prefix", "49170"), ("asn", "AS64500"),
        )
    ],
}  # fmt: skip


@pytest.mark.parametrize("table", sorted(GOOD))
def test_rows_landed_under_two_keys_are_those_of_the_first_renewed(
    table: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = declared(table).required[-1]
    deliver(
        tmp_path,
        table,
        [good(table), good(table, **{broken: None}), *(good(table, **each) for each in MORE.get(table, []))],
    )
    monkeypatch.setenv(PSEUDONYM_KEY, FIRST_KEY)
    first, since = landed(tmp_path, table), Pseudonyms.from_environment().key_id
    monkeypatch.setenv(PSEUDONYM_KEY, SECOND_KEY)
    monkeypatch.setenv(PSEUDONYM_KEY_BEFORE, FIRST_KEY)
    second, chain = landed(tmp_path, table), Pseudonyms.from_environment()
    renewed = Renewal(chain, since).rows(pa.Table.from_pylist(first)).to_pylist()
    assert second != first
    assert renewed == second

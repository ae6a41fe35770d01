"""One good row per raw table, and what it takes to deliver rows in any format and to land them without an engine."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from jobs import contracts, landing
from jobs.landing import repeats
from jobs.landing.rows import land
from jobs.staged import declared

NIGHT = date(2026, 7, 10)
SKETCH = list(range(-8, 8))
GOOD: dict[str, dict[str, Any]] = {
    "api_requests": {
        "request_id": "r1",
        "requested_at": "2026-07-10T12:00:00Z",
        "account_id": "a1",
        "api_key_id": "k1",
        "access_path": "api",
        "operation": "chat",
        "request_model": "m",
        "client_address": "203.0.113.9",
        "user_agent": "sdk/1",
        "tls_ja4": "t13",
        "input_tokens": 10,
        "output_tokens": 20,
        "max_tokens": 100,
        "temperature": 0.5,
        "stream": True,
        "status_code": 200,
        "prompt_sketch": SKETCH,
        "task_label": "anything upstream invents",
        "elicitation_score": 0.25,
    },
    "logins": {
        "account_id": "a1",
        "logged_in_at": "2026-07-10T08:00:00Z",
        "client_address": "2001:db8::1",
        "device_id": "device-7",
        "user_agent": "browser",
    },
    "charges": {
        "billing_account_id": "a1",
        "invoice_id": "i1",
        "charge_period_start": "2026-07-09T00:00:00Z",
        "charge_period_end": "2026-07-10T00:00:00Z",
        "charge_category": "Usage",
        "billed_cost": "12.340000",
        "billing_currency": "USD",
        "x_instrument_fingerprint": "card-1",
    },
    "accounts": {
        "account_id": "a1",
        "created_at": "2026-01-01T00:00:00Z",
        "email": "John.Smith4821@Example.org",
        "phone": "+1 (415) 555-0100",
        "full_name": "John  Smith",
        "signup_address": "203.0.113.9",
        "signup_device_id": "device-7",
        "status": "active",
    },
    "payment_instruments": {
        "account_id": "a1",
        "instrument_fingerprint": "card-1",
        "kind": "card",
        "bin": "411111",
        "added_at": "2026-01-01T00:00:00Z",
    },
    "ip_networks": {"cidr": "203.0.113.0/24", "asn": 64500, "kind": "hosting", "country": "NL"},
    "model_releases": {"model": "m", "released_at": "2026-06-01T00:00:00Z"},
    "indicators": {
        "indicator_id": "x1",
        "kind": "email-domain",
        "value": "example.org",
        "actor": "someone",
        "source_id": "s1",
        "source_reliability": "B",
        "credibility": 2,
        "valid_from": "2026-01-01T00:00:00Z",
    },
    "known_campaigns": {
        "incident_id": "n1",
        "name": "An incident",
        "metric": "exchanges",
        "bound": "floor",
        "value": 150000,
        "as_of": "2026-02-23",
        "scope": "campaign",
        "source": "a post",
    },
    "case_decisions": {
        "decided_at": "2026-07-01T09:00:00Z",
        "subject_kind": "account",
        "subject_id": "a1",
        "decision": "victim",
        "analyst": "kim",
    },
}

Rows = Sequence[dict[str, Any]]


def good(table: str, **changes: Any) -> dict[str, Any]:
    """A row that is accepted, with some values changed; a value of `...` leaves the column out."""
    return {name: value for name, value in (GOOD[table] | changes).items() if value is not ...}


def lines(rows: Rows) -> bytes:
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def deliver(root: Path, table: str, rows: Rows | bytes, name: str = "part-0.jsonl", ds: date = NIGHT) -> Path:
    """Write a delivery; the format follows the file's name. A Parquet column of mixed types is written as strings."""
    folder = root / "raw" / table / f"ds={ds}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    if name.endswith(".parquet"):
        assert not isinstance(rows, bytes)
        pq.write_table(_table(rows), path)
        return path
    content = rows if isinstance(rows, bytes) else lines(rows)
    if name.endswith(".gz"):
        content = gzip.compress(content)
    elif name.endswith(".zst"):
        content = zstandard.compress(content)
    path.write_bytes(content)
    return path


def _table(rows: Rows) -> pa.Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    return pa.table({name: _column([row.get(name) for row in rows]) for name in names})


def _column(values: list[Any]) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        return pa.array([None if value is None else str(value) for value in values])


def landed(
    root: Path, table: str, night: date = NIGHT, networks: str | None = None, key: str | None = None
) -> list[dict[str, Any]]:
    """Every delivered row as `landing.parse` gives it, read in this process in the order of the files."""
    return [row for batch in landed_batches(root, table, night, networks, key) for row in batch.to_pylist()]


def landed_batches(
    root: Path, table: str, night: date = NIGHT, networks: str | None = None, key: str | None = None
) -> Iterator[pa.RecordBatch]:
    """The same block by block."""
    delivery = landing.find(root, declared(table), night)
    schema = contracts.arrow_schema(contracts.load(f"staged.{table}"))
    for name in ("unread", "rejection_reason", "record_digest", "file"):
        schema = schema.append(pa.field(name, pa.string()))
    schema = schema.append(pa.field("delivered_on", pa.date32()))
    parts = [(file.path, file.name, part) for file in delivery.files for part in range(file.parts)]
    wanted = iter([pa.RecordBatch.from_pydict({"id": list(range(len(parts)))})])
    assert delivery.ds is not None
    yield from land(wanted, declared(table), parts, delivery.ds, schema, networks, key=key)


def split(parsed: Any, table: str, earlier: Any = None) -> tuple[Any, Any]:
    """Accepted and rejected rows of a parsed delivery."""
    return landing.split(parsed, declared(table), repeats.find(parsed, declared(table), earlier))


def repeated(parsed: Any, table: str, earlier: Any = None) -> tuple[int, int]:
    """Good rows that are not accepted, and keys of which good rows disagree."""
    return repeats.counts(repeats.find(parsed, declared(table), earlier))

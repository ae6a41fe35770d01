"""Check written worlds against the input contract.

python -m tests.lab.strangers.check OUT ...      prints what is wrong and some counts
"""

from __future__ import annotations

import ipaddress
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from .tables import SCHEMAS

_ALLOWED = {
    ("api_requests", "access_path"): {"api", "cloud_marketplace", "chat"},
    ("api_requests", "operation"): {"chat", "text_completion", "embeddings", "execute_tool"},
    ("api_requests", "finish_reason"): {"stop", "length", "tool_calls", "content_filter", "error"},
    ("charges", "charge_category"): {"Usage", "Purchase", "Credit", "Adjustment", "Tax"},
    ("charges", "x_payment_status"): {"paid", "failed", "refunded", "charged_back"},
    ("accounts", "kyc_status"): {"none", "pending", "verified", "failed"},
    ("accounts", "access_program"): {"education", "research", "startup"},
    ("accounts", "status"): {"active", "suspended", "banned", "closed"},
    ("payment_instruments", "kind"): {"card", "bank", "wallet", "crypto", "marketplace"},
    ("payment_instruments", "funding"): {"credit", "debit", "prepaid", "unknown"},
    ("ip_networks", "kind"): {"hosting", "isp", "mobile", "education", "corporate", "vpn", "proxy"},
    ("indicators", "kind"): {
        "ipv4-net",
        "ipv6-net",
        "asn",
        "ja4",
        "email-domain",
        "card-bin",
        "instrument",
        "phone-prefix",
        "account",
        "system-prompt-hash",
    },
    ("case_decisions", "decision"): {"confirmed", "rejected", "benign_reseller", "benign_research", "victim"},
}


def problems(out: Path) -> list[str]:
    """Return everything in a world that the contract forbids."""
    found = []
    tables = {name: _read(out / "raw" / name, schema, found) for name, schema in SCHEMAS.items() if name != "truth"}
    for (name, column), allowed in _ALLOWED.items():
        strange = set(pc.unique(tables[name][column]).to_pylist()) - allowed - {None}
        if strange:
            found.append(f"{name}.{column}: {sorted(strange)}")
    truth = pq.read_table(out / "truth" / "accounts.parquet")
    known = set(truth["account_id"].to_pylist())
    for name, column in (
        ("api_requests", "account_id"),
        ("logins", "account_id"),
        ("charges", "billing_account_id"),
        ("payment_instruments", "account_id"),
    ):
        if set(pc.unique(tables[name][column]).to_pylist()) - known:
            found.append(f"{name}: accounts without truth")
    if known != set(tables["accounts"]["account_id"].to_pylist()) or len(known) != truth.num_rows:
        found.append("accounts and truth differ")
    found += _facts(tables["api_requests"])
    return found


def _read(folder: Path, schema: pa.Schema, found: list[str]) -> pa.Table:
    """Read a table's deliveries and compare names, types and forbidden nulls."""
    parts = []
    for file in sorted(folder.glob("ds=*/*")):
        part = pq.ParquetFile(file).read()
        if part.schema.names != schema.names or [field.type for field in part.schema] != [
            field.type for field in schema
        ]:
            found.append(f"{file}: columns or types differ")
        parts.append(part)
    if not parts:
        found.append(f"{folder}: never delivered")
        return schema.empty_table()
    table = pa.concat_tables(parts)
    found += [
        f"{folder.name}.{field.name}: null" for field in schema if not field.nullable and table[field.name].null_count
    ]
    return table


def _facts(requests: pa.Table) -> list[str]:
    """Check sketches, counts, moments and addresses of requests."""
    found = []
    if set(pc.unique(pc.list_value_length(requests["prompt_sketch"])).to_pylist()) - {16}:
        found.append("api_requests.prompt_sketch: not 16 long")
    found += [
        f"api_requests.{name}: negative"
        for name in requests.column_names
        if name.endswith("_tokens") and pc.min(requests[name]).as_py() < 0
    ]
    for sent in pc.unique(requests["client_address"]).to_pylist()[::50]:
        last = sent and sent.split(", ")[-1]
        address = last and ipaddress.ip_address(last.split(":")[0] if last.count(":") == 1 else last)
        if address and not address.is_global:
            found.append(f"api_requests.client_address: {sent}")
    scores = requests["elicitation_score"]
    if pc.min(scores).as_py() < 0 or pc.max(scores).as_py() > 1:
        found.append("api_requests.elicitation_score: outside 0..1")
    return found


def summary(out: Path) -> str:
    """Return one line of counts."""
    truth = pq.read_table(out / "truth" / "accounts.parquet")
    groups = truth.filter(pc.is_valid(truth["group_id"]))
    operated = truth.filter(truth["operated"])
    count = sum(pq.ParquetFile(file).metadata.num_rows for file in (out / "raw" / "api_requests").glob("ds=*/*"))
    return (
        f"{out.name}: {count} requests, {truth.num_rows} accounts, {len(pc.unique(groups['group_id']))} groups of"
        f" {groups.num_rows}, {len(pc.unique(operated['group_id']))} operators of {operated.num_rows}"
    )


if __name__ == "__main__":
    failures = 0
    for argument in sys.argv[1:]:
        print(summary(Path(argument)))
        for problem in problems(Path(argument)):
            failures += 1
            print(f"  {problem}")
    sys.exit(1 if failures else 0)

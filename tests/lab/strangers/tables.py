"""The input contract's tables as Arrow schemas, and how partitions are written."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

MOMENT = pa.timestamp("us", tz="UTC")
MONEY = pa.decimal128(18, 6)


def _schema(columns: str, **types: pa.DataType) -> pa.Schema:
    """Return a schema of string columns, except for the given types; a star marks a column that must not be null."""
    names = columns.split()
    return pa.schema(
        [
            pa.field(name.rstrip("*"), types.get(name.rstrip("*"), pa.string()), nullable=not name.endswith("*"))
            for name in names
        ]
    )


SCHEMAS = {
    "api_requests": _schema(
        "request_id* requested_at* account_id* api_key_id access_path* operation* request_model* client_address user_agent"
        " tls_ja4 input_tokens* output_tokens* cache_read_input_tokens reasoning_output_tokens max_tokens temperature stream"
        " finish_reason status_code* system_prompt_hash tools_hash prompt_sketch prompt_text task_label elicitation_score",
        requested_at=MOMENT,
        input_tokens=pa.int64(),
        output_tokens=pa.int64(),
        cache_read_input_tokens=pa.int64(),
        reasoning_output_tokens=pa.int64(),
        max_tokens=pa.int32(),
        temperature=pa.float64(),
        stream=pa.bool_(),
        status_code=pa.int32(),
        prompt_sketch=pa.list_(pa.int32()),
        elicitation_score=pa.float64(),
    ),
    "logins": _schema("account_id* logged_in_at* client_address device_id user_agent", logged_in_at=MOMENT),
    "charges": _schema(
        "billing_account_id* invoice_id* charge_period_start* charge_period_end* charge_category* sku_meter consumed_quantity"
        " consumed_unit billed_cost* billing_currency* x_instrument_fingerprint x_payment_status",
        charge_period_start=MOMENT,
        charge_period_end=MOMENT,
        consumed_quantity=pa.float64(),
        billed_cost=MONEY,
    ),
    "accounts": _schema(
        "account_id* created_at* organization_id organization_name email email_verified phone full_name country signup_address"
        " signup_device_id kyc_status kyc_document_hash referral_code access_program tier status* status_changed_at status_reason",
        created_at=MOMENT,
        email_verified=pa.bool_(),
        status_changed_at=MOMENT,
    ),
    "payment_instruments": _schema(
        "account_id* instrument_fingerprint* kind* bin issuer_country funding added_at* removed_at",
        added_at=MOMENT,
        removed_at=MOMENT,
    ),
    "ip_networks": _schema("cidr* asn organization kind country", asn=pa.int64()),
    "model_releases": _schema("model* released_at*", released_at=MOMENT),
    "indicators": _schema(
        "indicator_id* kind* value* actor* source_id* source_reliability* credibility* valid_from* valid_until",
        credibility=pa.int32(),
        valid_from=MOMENT,
        valid_until=MOMENT,
    ),
    "known_campaigns": _schema(
        "incident_id* name* actor provider metric* bound* value* first_day last_day as_of* scope* source* source_grade response",
        value=pa.int64(),
        first_day=pa.date32(),
        last_day=pa.date32(),
        as_of=pa.date32(),
    ),
    "case_decisions": _schema("decided_at* subject_kind* subject_id* decision* analyst* note", decided_at=MOMENT),
    "truth": _schema("account_id* group_id cause* operated*", operated=pa.bool_()),
}


def write(root: Path, name: str, day: str, table: pa.Table) -> None:
    """Write one delivery of a table in one or two files, as the amount asks for."""
    folder = root / "raw" / name / f"ds={day}"
    folder.mkdir(parents=True, exist_ok=True)
    half = -(-table.num_rows // 2) if table.num_rows > 150_000 else max(1, table.num_rows)
    for part, start in enumerate(range(0, max(1, table.num_rows), half)):
        pq.write_table(
            table.slice(start, half), folder / f"part-{part:05d}.parquet", compression="zstd", compression_level=1
        )


def from_rows(name: str, rows: list[dict[str, object]]) -> pa.Table:
    """Return a table of a few rows."""
    return pa.Table.from_pylist(rows, schema=SCHEMAS[name])

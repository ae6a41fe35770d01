"""The function that runs inside the engine: delivered files in, staged rows with their digest and reason out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.errors import UsageError
from jobs.landing import addresses, erasing, formats, lateness
from jobs.landing.addresses import Addresses, Networks
from jobs.landing.checks import rejection_reasons
from jobs.landing.digests import record_digests
from jobs.landing.landed import Landed
from jobs.landing.placeholders import without_placeholders
from jobs.landing.shapes import Field, RawTable
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.settings import PSEUDONYM_KEY, PSEUDONYM_KEY_BEFORE

Part = tuple[str, str, int]  # path, name below the root, row group
ORIGIN = pa.schema(  # what is known of a row beside its content; `row` is its place in the file
    [
        ("unread", pa.string()),
        ("rejection_reason", pa.string()),
        ("record_digest", pa.string()),
        ("account_token", pa.string()),
        ("file", pa.string()),
        ("row", pa.int64()),
        ("delivered_on", pa.date32()),
    ]
)
ROWS_PER_PART = 1 << 32  # no row group has as many


def land(
    batches: Iterator[pa.RecordBatch],
    raw: RawTable,
    parts: Sequence[Part],
    ds: date,
    schema: pa.Schema,
    networks_path: str | None,
    only: date | None = None,
    without: Sequence[date] = (),
    erased: frozenset[str] = frozenset(),
    key: str | None = None,
) -> Iterator[pa.RecordBatch]:
    """For each part number in `batches` (column `id`), its rows in `schema`.

    Of a delivery that several nights share, `only` keeps the rows of one day and `without` leaves those of some days out.
    `erased` has the tokens of accounts that must not be stored.
    The pseudonym key is read here, in the worker, so that it is in no plan. Raises `IolausError` for a broken file, `UsageError`
    when this machine has no key or one with another short id than `key`.
    """
    pseudonyms = Pseudonyms.from_environment()
    if key not in (None, pseudonyms.key_id):
        raise UsageError(
            f"A worker of the engine has another pseudonym key ({pseudonyms.key_id}) than the run ({key}): "
            f"set {PSEUDONYM_KEY}, and {PSEUDONYM_KEY_BEFORE} where there is one, alike on every machine and start the engine anew."
        )
    needs_networks = any(each.address for each in raw.fields)
    networks = Networks.read(networks_path if needs_networks else None, pseudonyms)
    for batch in batches:
        for number in batch.column(0).to_pylist():
            path, name, group = parts[number]
            first = group * ROWS_PER_PART
            for block in formats.blocks(raw, path, name, group):
                shared = _share(raw, block, only, without)
                yield stage(raw, shared, (name, first), ds, schema, pseudonyms, networks, erased)
                first += block.rows


def _share(raw: RawTable, block: formats.Block, only: date | None, without: Sequence[date]) -> formats.Block:
    if only is not None:
        return lateness.kept(block, lateness.within(lateness.event_days(raw, block), only, only))
    for day in without:
        block = lateness.kept(block, ~lateness.within(lateness.event_days(raw, block), day, day))
    return block


def stage(
    raw: RawTable,
    block: formats.Block,
    place: tuple[str, int],
    ds: date,
    schema: pa.Schema,
    pseudonyms: Pseudonyms,
    networks: Networks,
    erased: frozenset[str] = frozenset(),
) -> pa.RecordBatch:
    """One block as staged rows; a rejected row keeps only its digest, reason, origin and its account's token.

    `place`: name of the file, and a number from which its rows are counted; no two blocks of a file share numbers.

    `unread` names the optional columns whose value could not be read, separated by commas.

    A row of an `erased` account has the reason `erased` and not even a digest.
    """
    block, placeholders = without_placeholders(raw, block)
    columns = {field: column.values for field, column in block.columns.items()}
    found = {each.name: Addresses.of(columns[each.name]) for each in raw.fields if each.address}
    invalid = {each.name: _not_a_block(each, columns) for each in raw.fields if each.network or each.network_if}
    digests = record_digests(raw, block, pseudonyms)
    reasons = rejection_reasons(raw, block, invalid, ds)
    tokens = erasing.account_tokens(
        raw, block, pseudonyms, pa.repeat(True, block.rows) if erased else reasons.is_valid()
    )
    if erased:
        is_erased = pc.is_in(tokens, value_set=pa.array(sorted(erased)))
        reasons = pc.if_else(is_erased, erasing.ERASED, reasons)
        digests = pc.if_else(is_erased, None, digests)
        tokens = pc.if_else(reasons.is_valid(), tokens, None)
        columns |= erasing.without_names(raw, columns, pseudonyms, erased)
    staged = (
        columns | {"placeholders": placeholders} | raw.derive(Landed(columns, digests, found, pseudonyms, networks))
    )
    if raw.event_at is not None:
        staged["activity_date"] = lateness.event_days(raw, block)
    if reasons.null_count < block.rows:
        rows = np.arange(block.rows)
        keep = pa.array(rows, mask=pc.is_valid(reasons).to_numpy(zero_copy_only=False))
        staged = {each: staged[each].take(keep) for each in schema.names if each in staged}
    staged |= {
        "unread": _unread(raw, block, found),
        "rejection_reason": reasons,
        "record_digest": digests,
        "account_token": tokens,
        "file": pa.repeat(pa.scalar(place[0]), block.rows),
        "row": pa.array(np.arange(place[1], place[1] + block.rows)),
        "delivered_on": pa.repeat(pa.scalar(ds, pa.date32()), block.rows),
    }
    return pa.RecordBatch.from_arrays([staged[each.name].cast(each.type) for each in schema], schema=schema)


def _unread(raw: RawTable, block: formats.Block, found: Mapping[str, Addresses]) -> pa.Array:
    names: dict[int, list[str]] = {}
    for field in (each for each in raw.fields if not each.required):
        lost = set(block.columns[field.name].failed)
        if field.name in found:
            lost |= set(np.flatnonzero(found[field.name].invalid).tolist())
        for row in lost:
            names.setdefault(row, []).append(field.name)
    return pa.array([",".join(names[row]) if row in names else None for row in range(block.rows)], pa.string())


def _not_a_block(field: Field, columns: dict[str, pa.Array]) -> Any:
    is_block = Pseudonyms.per_distinct(columns[field.name], lambda text: addresses.block(text) is not None, pa.bool_())
    wrong = pc.invert(is_block)
    if field.network_if is not None:
        column, values = field.network_if
        wrong = pc.and_(wrong, pc.is_in(columns[column], value_set=pa.array(values)))
    return wrong.fill_null(False).to_numpy(zero_copy_only=False)

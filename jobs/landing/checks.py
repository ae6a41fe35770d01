"""Why a delivered row is rejected: the first rule below, in this order, that it breaks.

An optional value that cannot be read (of the wrong type, too long, no address) costs that value and not the row.

    unreadable_json          the line is no JSON object
    wrong_type:<column>      the value of a required column cannot be converted to the declared type
    missing:<column>         a required column is null
    negative:<column>        a count is below zero
    unknown_value:<column>   the value is outside the column's closed set
    not_a_network:<column>   the value is no IPv4 or IPv6 block in CIDR notation
    out_of_range:<column>    a number or the length of an array is outside its range
    in_the_future            the fact is later than the end of its delivery day (and an hour for clocks that differ)
    too_late                 the fact is older than the days a delivery may be late

Within one rule the columns are tried in the order the raw table declares them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.landing.formats import Block
from jobs.landing.shapes import Field, RawTable

UNREADABLE_JSON = "unreadable_json"
WRONG_TYPE = "wrong_type"
MISSING = "missing"
NEGATIVE = "negative"
UNKNOWN_VALUE = "unknown_value"
NOT_A_NETWORK = "not_a_network"
OUT_OF_RANGE = "out_of_range"
IN_THE_FUTURE = "in_the_future"
TOO_LATE = "too_late"
REASONS = (
    UNREADABLE_JSON,
    WRONG_TYPE,
    MISSING,
    NEGATIVE,
    UNKNOWN_VALUE,
    NOT_A_NETWORK,
    OUT_OF_RANGE,
    IN_THE_FUTURE,
    TOO_LATE,
)
CLOCK_TOLERANCE = timedelta(hours=1)

_COUNTS = ("long", "int", "asn")
Mask = Any  # numpy array of bool, one per row


def rejection_reasons(raw: RawTable, block: Block, invalid: Mapping[str, Mask], ds: date) -> pa.Array:
    """One reason per row, null for a good row.

    `invalid` marks, per network column, the rows whose text could not be read as one.
    """
    first = np.full(block.rows, -1, np.int32)
    reasons: list[str] = []

    def mark(reason: str, broken: Mask | None) -> None:
        if broken is not None and broken.any():
            first[(first < 0) & broken] = len(reasons)
            reasons.append(reason)

    mark(UNREADABLE_JSON, _rows(block.unreadable, block.rows))
    for rule, test in _RULES:
        for field in raw.fields:
            mark(f"{rule}:{field.name}", test(field, block))
    for field in raw.fields:
        if field.name in invalid:
            mark(f"{NOT_A_NETWORK}:{field.name}", invalid[field.name])
    for field in raw.fields:
        mark(f"{OUT_OF_RANGE}:{field.name}", _out_of_range(field, block))
    if raw.event_at is not None:
        moments = block.columns[raw.event_at].values
        start = datetime.combine(ds, datetime.min.time(), UTC)
        mark(IN_THE_FUTURE, _true(pc.greater_equal(moments, _scalar(start + timedelta(days=1) + CLOCK_TOLERANCE))))
        if raw.late_days is not None:
            mark(TOO_LATE, _true(pc.less(moments, _scalar(start - timedelta(days=raw.late_days)))))
    return pa.array(reasons, pa.string()).take(pa.array(first, mask=first < 0))


def _wrong_type(field: Field, block: Block) -> Mask | None:
    return _rows(block.columns[field.name].failed, block.rows) if field.required else None


def _missing(field: Field, block: Block) -> Mask | None:
    values = block.columns[field.name].values
    return values.is_null().to_numpy(zero_copy_only=False) if field.required and values.null_count else None


def _negative(field: Field, block: Block) -> Mask | None:
    if field.type not in _COUNTS or field.low != 0:
        return None
    return _true(pc.less(block.columns[field.name].values, 0))


def _unknown_value(field: Field, block: Block) -> Mask | None:
    values = block.columns[field.name].values
    if not field.one_of:
        return None
    known = pc.is_in(values, value_set=pa.array(field.one_of, values.type))
    return _true(pc.and_(values.is_valid(), pc.invert(known)))


def _out_of_range(field: Field, block: Block) -> Mask | None:
    values = block.columns[field.name].values
    if field.length is not None:
        return _true(pc.not_equal(pc.list_value_length(values), field.length))
    broken = None
    if field.low is not None and field.type not in _COUNTS:
        broken = _true(pc.less(values, pa.scalar(field.low, values.type)))
    if field.high is not None:
        above = _true(pc.greater(values, pa.scalar(field.high, values.type)))
        broken = above if broken is None else broken | above
    return broken


_RULES: tuple[tuple[str, Callable[[Field, Block], Mask | None]], ...] = (
    (WRONG_TYPE, _wrong_type),
    (MISSING, _missing),
    (NEGATIVE, _negative),
    (UNKNOWN_VALUE, _unknown_value),
)


def _rows(rows: Mapping[int, Any], count: int) -> Mask | None:
    if not rows:
        return None
    mask = np.zeros(count, bool)
    mask[list(rows)] = True
    return mask


def _true(condition: pa.Array) -> Mask:
    return condition.fill_null(False).to_numpy(zero_copy_only=False)


def _scalar(moment: datetime) -> pa.Scalar:
    return pa.scalar(moment, pa.timestamp("us", tz="UTC"))

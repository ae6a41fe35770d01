"""Bring delivered values to the declared type; what cannot be converted is marked, never guessed.

Columns that already have a fitting Arrow type are cast as a whole. Everything else (numbers in strings, mixed JSON)
goes through one rule per value, so that a value means the same in whatever format it was delivered. An empty string
and a NaN (how pandas writes a missing number) are no value: null.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Decimal, InvalidOperation
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

INT_RANGE = {"long": (-(2**63), 2**63 - 1), "asn": (-(2**63), 2**63 - 1), "int": (-(2**31), 2**31 - 1)}
ARROW = {
    "string": pa.string(),
    "long": pa.int64(),
    "asn": pa.int64(),
    "int": pa.int32(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
    "date": pa.date32(),
    "decimal(18,6)": pa.decimal128(18, 6),
    "array<int>": pa.list_(pa.field("element", pa.int32())),
}
_INTEGER = re.compile(r"[+-]?\d{1,20}(\.0*)?", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_BOOLEAN = {"true": True, "false": False, "1": True, "0": False}
_FAILED = object()


@dataclass(frozen=True)
class Conformed:
    """A column at its declared type. `failed` has, per row that could not be converted, the text that was delivered."""

    values: pa.Array
    failed: dict[int, str] = field(default_factory=dict)


def nulls(kind: str, rows: int) -> Conformed:
    return Conformed(pa.nulls(rows, ARROW[kind]))


def conform(raw: pa.Array, kind: str) -> Conformed:
    """`raw` of any Arrow type as the declared type `kind`."""
    if pa.types.is_null(raw.type):
        return nulls(kind, len(raw))
    if pa.types.is_dictionary(raw.type):
        raw = raw.cast(raw.type.value_type)
    try:
        whole = _whole(raw, kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        whole = None
    if whole is not None:
        return Conformed(whole)
    if pa.types.is_nested(raw.type):
        return conform_values(raw.to_pylist(), kind)
    encoded = raw.dictionary_encode()
    distinct = conform_values(_python_values(encoded.dictionary), kind)
    failed = {}
    if distinct.failed:
        indices = encoded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(np.isin(indices, list(distinct.failed)))
        failed = {int(row): distinct.failed[int(indices[row])] for row in rows}
    return Conformed(distinct.values.take(encoded.indices), failed)


def conform_values(raw: Sequence[Any], kind: str) -> Conformed:
    """Python values, one per row, as the declared type `kind`."""
    convert = _CONVERT[kind]
    found: list[Any] = []
    failed: dict[int, str] = {}
    for row, value in enumerate(raw):
        converted = None if value is None or value == "" or value != value else convert(value, kind)
        if converted is _FAILED:
            failed[row] = str(value)
            converted = None
        found.append(converted)
    return Conformed(pa.array(found, ARROW[kind]), failed)


def _python_values(values: pa.Array) -> list[Any]:
    if pa.types.is_timestamp(values.type) and values.type.unit == "ns":
        values = values.cast(pa.timestamp("us", tz=values.type.tz), safe=False)
    return list(values.to_pylist())


def _whole(raw: pa.Array, kind: str) -> pa.Array | None:
    """The column cast at once, or None where its type does not fit as a whole."""
    t, target = raw.type, ARROW[kind]
    if kind == "string":
        if _is_text(t):
            return _without_empty(raw.cast(target))
        return raw.cast(target) if pa.types.is_integer(t) else None
    if kind in INT_RANGE:
        if pa.types.is_floating(t):
            raw = _without_nan(raw)
        return raw.cast(target) if pa.types.is_integer(t) or pa.types.is_floating(t) else None
    if kind == "double":
        if not (pa.types.is_floating(t) or pa.types.is_integer(t)):
            return None
        number = _without_nan(raw.cast(target, safe=False))
        finite = pc.all(pc.is_finite(number)).as_py() is not False
        return pc.add(number, 0.0) if finite else None  # adding zero turns -0.0 into 0.0
    if kind == "boolean":
        return raw if pa.types.is_boolean(t) else None
    if kind == "timestamp":
        return _timestamps(raw)
    if kind == "date":
        if pa.types.is_timestamp(t):
            return pc.floor_temporal(_timestamps(raw), unit="day").cast(pa.timestamp("us")).cast(target)
        return raw.cast(target) if pa.types.is_date(t) or _is_text(t) else None
    if kind.startswith("decimal"):
        return raw.cast(target) if pa.types.is_decimal(t) else None
    return _int_lists(raw)


def _timestamps(raw: pa.Array) -> pa.Array | None:
    t, target = raw.type, ARROW["timestamp"]
    if pa.types.is_timestamp(t):
        instant = raw.cast(pa.timestamp("us", tz=t.tz), safe=t.unit != "ns")  # what is finer than a microsecond is cut
        return instant.cast(target) if t.tz else pc.assume_timezone(instant, "UTC")
    if pa.types.is_date(t):
        return pc.assume_timezone(raw.cast(pa.timestamp("us")), "UTC")
    if _is_text(t):
        texts = _without_empty(raw.cast(pa.string()))
        try:
            return texts.cast(target)
        except pa.ArrowInvalid:
            return pc.assume_timezone(texts.cast(pa.timestamp("us")), "UTC")
    return None


def _is_text(t: pa.DataType) -> bool:
    return bool(pa.types.is_string(t) or pa.types.is_large_string(t) or pa.types.is_string_view(t))


def _without_empty(texts: pa.Array) -> pa.Array:
    empty = pc.equal(pc.binary_length(texts), 0)
    return pc.if_else(empty, None, texts) if pc.any(empty).as_py() else texts


def _without_nan(numbers: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_nan(numbers), None, numbers)


def _int_lists(raw: pa.Array) -> pa.Array | None:
    """Lists of 32-bit numbers as signed ints: 2**31 and above wrap, as an unsigned value of the same bits would."""
    t = raw.type
    if not (pa.types.is_list(t) or pa.types.is_large_list(t) or pa.types.is_fixed_size_list(t)):
        return None
    flat = raw.flatten()
    if not pa.types.is_integer(t.value_type) or flat.null_count:
        return None
    numbers = flat.cast(pa.int64()).to_numpy()
    if len(numbers) and (numbers.min() < -(2**31) or numbers.max() >= 2**32):
        return None
    lengths = pc.list_value_length(raw).fill_null(0).to_numpy()
    if len(numbers) != int(lengths.sum()):
        return None
    offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int32)
    signed = numbers.astype(np.uint32).view(np.int32)
    mask = pc.is_null(raw) if raw.null_count else None
    return pa.ListArray.from_arrays(pa.array(offsets), pa.array(signed), type=ARROW["array<int>"], mask=mask)


def _text(value: Any, kind: str) -> Any:
    if isinstance(value, bytes):
        try:
            return value.decode()
        except UnicodeDecodeError:
            return _FAILED
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else _FAILED


def _plain(value: Any) -> str | None:
    """A number's or flag's text, or None for what has none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, bytes):
        value = _text(value, "string")
    return str(value).strip() if isinstance(value, str | int | float | Decimal) else None


def _integer(value: Any, kind: str) -> Any:
    text = _plain(value)
    if kind == "asn" and text:
        text = text.upper().removeprefix("AS")
    if isinstance(value, float) and value.is_integer():
        number = int(value)
    elif text and _INTEGER.fullmatch(text):
        number = int(text.partition(".")[0])
    else:
        return _FAILED
    low, high = INT_RANGE[kind]
    return number if low <= number <= high else _FAILED


def _double(value: Any, kind: str) -> Any:
    text = _plain(value)
    if not text or not _NUMBER.fullmatch(text):
        return _FAILED
    number = float(text)
    return number + 0.0 if math.isfinite(number) else _FAILED


def _decimal(value: Any, kind: str) -> Any:
    """Six decimal places; a longer fraction is rounded half to even, as a binary float cannot carry a cost exactly."""
    text = _plain(value)
    if not text or not _NUMBER.fullmatch(text):
        return _FAILED
    try:
        number = Decimal(text).quantize(Decimal("0.000001"), ROUND_HALF_EVEN)
    except InvalidOperation:
        return _FAILED
    return number if abs(number) < 10**12 else _FAILED


def _boolean(value: Any, kind: str) -> Any:
    return _BOOLEAN.get((_plain(value) or "").lower(), _FAILED)


def _timestamp(value: Any, kind: str) -> Any:
    if isinstance(value, datetime):
        moment = value
    elif isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.strip())
        except ValueError:
            return _FAILED
    else:
        return _FAILED
    try:
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except OverflowError:
        return _FAILED


def _date(value: Any, kind: str) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    moment = _timestamp(value, kind)
    return moment if moment is _FAILED else moment.date()


def _int_list(value: Any, kind: str) -> Any:
    if not isinstance(value, list):
        return _FAILED
    numbers: list[Any] = [_integer(each, "long") if isinstance(each, int | float) else _FAILED for each in value]
    if any(each is _FAILED or not -(2**31) <= each < 2**32 for each in numbers):
        return _FAILED
    return [each - 2**32 if each >= 2**31 else each for each in numbers]


_CONVERT: dict[str, Callable[[Any, str], Any]] = {
    "string": _text,
    "long": _integer,
    "asn": _integer,
    "int": _integer,
    "double": _double,
    "boolean": _boolean,
    "timestamp": _timestamp,
    "date": _date,
    "decimal(18,6)": _decimal,
    "array<int>": _int_list,
}

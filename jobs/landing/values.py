"""Bring delivered values to the declared type; what cannot be converted is marked, never guessed.

Columns that already have a fitting Arrow type are cast as a whole. Everything else (numbers in strings, mixed JSON)
goes through one rule per value, so that a value means the same in whatever format it was delivered. An empty string
and a NaN (how pandas writes a missing number) are no value: null. Moments outside the years 1 to 9999, which is how
databases write "for ever", and texts that are too long cannot be converted: nothing behind this could hold them.
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
MAX_TEXT_BYTES = 8192  # the longest header line that web servers take; names, hashes and notes are shorter
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_SECOND = int((datetime.min.replace(tzinfo=UTC) - _EPOCH).total_seconds())
_PAST_LAST_SECOND = int((datetime.max.replace(tzinfo=UTC, microsecond=0) - _EPOCH).total_seconds()) + 1
_DAY = 86_400
_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}
_INTEGER = re.compile(r"[+-]?\d{1,20}(\.0*)?", re.ASCII)
_MOMENT = re.compile(r"\d{4}(-?)\d\d\1\d\d(?:[Tt ][\d:.,]{2,15}(?:[Zz]|[+-][\d:.]+)?)?", re.ASCII)
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


def conform(raw: pa.Array, kind: str, max_bytes: int = MAX_TEXT_BYTES) -> Conformed:
    """`raw` of any Arrow type as the declared type `kind`; texts of at most `max_bytes`."""
    if pa.types.is_null(raw.type):
        return nulls(kind, len(raw))
    if pa.types.is_dictionary(raw.type):
        distinct = conform(raw.dictionary, kind, max_bytes)
        return _spread(distinct, raw.indices)
    if pa.types.is_string_view(raw.type) or pa.types.is_binary_view(raw.type):
        raw = raw.cast(pa.large_string() if pa.types.is_string_view(raw.type) else pa.large_binary())
    raw, broken = _decoded(raw)
    if _is_text(raw.type) or pa.types.is_binary(raw.type) or pa.types.is_large_binary(raw.type):
        raw, failed = _without(raw, _true(pc.greater(pc.binary_length(raw), max_bytes)))
    else:
        raw, failed = _within_calendar(raw)
    found = _conform(raw, kind)
    if kind in ("timestamp", "date"):  # a text may name a year that its type could hold
        values, beyond = _within_calendar(found.values)
        found = Conformed(values, found.failed | beyond)
    return Conformed(found.values, found.failed | failed | broken)


def _decoded(raw: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    """A column of texts without those that are no UTF-8, and what they look like: Parquet promises it, and no writer is held to."""
    if not _is_text(raw.type):
        return raw, {}
    try:
        raw.validate(full=True)
    except pa.ArrowInvalid:
        found = raw.cast(pa.large_binary()).to_pylist()
        texts = [None if each is None else each.decode(errors="replace") for each in found]
        failed = {
            row: str(text)[:80] for row, text in enumerate(texts) if text is not None and text.encode() != found[row]
        }
        return pa.array([None if row in failed else text for row, text in enumerate(texts)], raw.type), failed
    return raw, {}


def _conform(raw: pa.Array, kind: str) -> Conformed:
    try:
        whole = _whole(raw, kind)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        whole = None
    if whole is not None:
        return Conformed(whole)
    try:
        encoded = None if pa.types.is_nested(raw.type) else raw.dictionary_encode()
    except pa.ArrowNotImplementedError:
        encoded = None
    if encoded is None:
        return conform_values(_python_values(raw), kind)
    return _spread(conform_values(_python_values(encoded.dictionary), kind), encoded.indices)


def _spread(distinct: Conformed, indices: pa.Array) -> Conformed:
    """A column of the distinct values that `indices` name, row by row."""
    failed = {}
    if distinct.failed:
        places = indices.cast(pa.int64()).fill_null(-1).to_numpy(zero_copy_only=False)
        rows = np.flatnonzero(np.isin(places, list(distinct.failed)))
        failed = {int(row): distinct.failed[int(places[row])] for row in rows}
    return Conformed(distinct.values.take(indices), failed)


def _within_calendar(raw: pa.Array) -> tuple[pa.Array, dict[int, str]]:
    """Moments and days without those outside the years 1 to 9999; other columns as they are."""
    t = raw.type
    if pa.types.is_timestamp(t):
        numbers, unit, low, past = raw.cast(pa.int64()), t.unit, _FIRST_SECOND, _PAST_LAST_SECOND
    elif pa.types.is_date64(t):
        numbers, unit, low, past = raw.cast(pa.int64()), "ms", _FIRST_SECOND, _PAST_LAST_SECOND
    elif pa.types.is_date32(t):
        numbers, unit, low, past = raw.cast(pa.int32()), "s", _FIRST_SECOND // _DAY, _PAST_LAST_SECOND // _DAY
    else:
        return raw, {}
    if unit == "ns":
        return raw, {}  # 64 bits of nanoseconds reach from 1677 to 2262
    factor = _PER_SECOND[unit]
    beyond = pc.or_(pc.less(numbers, low * factor), pc.greater_equal(numbers, past * factor))
    return _without(raw, _true(beyond))


def _without(raw: pa.Array, mask: Any) -> tuple[pa.Array, dict[int, str]]:
    """The column with null where the mask says so, and what stood there, cut short."""
    if not mask.any():
        return raw, {}
    failed = {int(row): _short(raw[int(row)]) for row in np.flatnonzero(mask)}
    return pc.if_else(pa.array(mask), pa.scalar(None, raw.type), raw), failed


def _short(value: pa.Scalar) -> str:
    told = value.value if hasattr(value, "value") else value.as_py()
    return told[:80].decode(errors="replace") if isinstance(told, bytes) else str(told)[:80]


def _true(condition: pa.Array) -> Any:
    return condition.fill_null(False).to_numpy(zero_copy_only=False)


def conform_values(raw: Sequence[Any], kind: str, max_bytes: int | None = None) -> Conformed:
    """Python values, one per row, as the declared type `kind`; texts of at most `max_bytes`, where that is told."""
    convert = _CONVERT[kind]
    found: list[Any] = []
    failed: dict[int, str] = {}
    for row, value in enumerate(raw):
        is_nothing = value is None or (not value if isinstance(value, str | bytes) else _is_nan(value))
        converted = None if is_nothing else convert(value, kind)
        if max_bytes is not None and isinstance(value, str) and len(value.encode(errors="replace")) > max_bytes:
            converted, value = _FAILED, value[:80]
        if converted is _FAILED:
            failed[row] = str(value)
            converted = None
        found.append(converted)
    return Conformed(pa.array(found, ARROW[kind]), failed)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float | Decimal) and value != value


def _python_values(values: pa.Array) -> list[Any]:
    """Values as Python has them; for what Python cannot hold, something that no rule converts."""
    if pa.types.is_timestamp(values.type) and values.type.unit == "ns":
        values = values.cast(pa.timestamp("us", tz=values.type.tz), safe=False)
    found = []
    for each in values:
        try:
            found.append(
                _Unreadable("a duration") if pa.types.is_duration(each.type) and each.is_valid else each.as_py()
            )
        except (ValueError, OverflowError, pa.ArrowException):
            found.append(_Unreadable(f"{values.type} out of range"))
    return found


@dataclass(frozen=True)
class _Unreadable:
    what: str


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
    return bool(pa.types.is_string(t) or pa.types.is_large_string(t))


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
        text = value.strip()
        if not _MOMENT.fullmatch(text):
            return _FAILED  # Python takes many a long number for a day and a time
        try:
            moment = datetime.fromisoformat(text)
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

"""The two raw formats, read in blocks of rows at their declared types: Parquet row groups and JSON lines.

JSON lines are read by Arrow's parser a few megabytes at a time; a piece it does not accept as a whole is read again
line by line, so one broken line costs little and is rejected alone. Both ways accept exactly the same rows. Of a member
that a line names twice the last one counts.
"""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import re
import zlib
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json as pj

from jobs import store
from jobs.errors import IolausError
from jobs.landing.shapes import RawTable
from jobs.landing.values import Conformed, conform, conform_values, nulls

PARQUET_SUFFIX = ".parquet"
JSON_SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst")
ROWS_PER_BLOCK = 262_144
ROWS_PER_TEXT_BLOCK = 8_192  # prompts may hold 100 kB each; a block stays below Arrow's 2 GB per string column
BYTES_PER_PIECE = 8 << 20
HEADER_BYTES = 4 << 20
TEXT_BYTES_PER_BLOCK = 512 << 20
BOMB_BYTES, BOMB_RATIO = 1 << 30, 200  # real columns shrink to a hundredth at most
MAX_LINE_BYTES = 32 << 20  # a prompt may hold 100 kB; what is longer is no line, and would be held in memory whole
_BARE_WORD = re.compile(rb"[:,\[]\s*-?(?:NaN|Inf)")  # what Arrow's parser takes for a number and the standard does not
_ARRAY_STARTS = re.compile(r"\[\s*(?:\{|$)")
_DECODER = json.JSONDecoder()
MAX_LOOKS = 8  # at braces of a line that is no object: enough to meet a second record, few enough to end soon
_JSON_TYPES = {
    "string": pa.string(),
    "long": pa.int64(),
    "int": pa.int64(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "timestamp": pa.string(),
    "date": pa.string(),
    "array<int>": pa.list_(pa.int64()),
}


@dataclass(frozen=True)
class Header:
    """What the start (JSON) or footer (Parquet) of a file tells. `complete` when no other column can turn up.

    `repeated` are columns that are there twice.
    """

    columns: frozenset[str]
    rows: int | None
    parts: int
    complete: bool
    repeated: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Block:
    """Rows at their declared types; `unreadable` holds the lines that are no JSON object, by row."""

    rows: int
    columns: dict[str, Conformed]
    unreadable: dict[int, bytes] = field(default_factory=dict)


@contextlib.contextmanager
def readable(table: str, name: str) -> Iterator[None]:
    """Turn whatever a broken file raises into one sentence that names it."""
    try:
        yield
    except IolausError:
        raise
    except (OSError, EOFError, ValueError, zlib.error, pa.ArrowException) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise IolausError(
            f"Table raw/{table}: the file {name} cannot be read ({reason.rstrip('.')}): deliver it again whole."
        ) from error


def require(raw: RawTable, name: str, columns: frozenset[str] | set[str]) -> None:
    """Raise `IolausError` when a required column is absent from the file `name`."""
    lost = [each for each in raw.required if each not in columns]
    if lost:
        word = "column" if len(lost) == 1 else "columns"
        raise IolausError(
            f"Table raw/{raw.name}: the file {name} lacks the required {word} {', '.join(lost)}: deliver it again with "
            f"{'it' if len(lost) == 1 else 'them'}."
        )


def header(path: Path) -> Header:
    """Columns, rows and parts of a file as far as can be told without reading it whole."""
    if path.name.endswith(PARQUET_SUFFIX):
        with store.parquet(path) as file:
            meta, names = file.metadata, Counter(file.schema_arrow.names)
            repeated = frozenset(name for name, times in names.items() if times > 1)
            return Header(frozenset(names), meta.num_rows, meta.num_row_groups, complete=True, repeated=repeated)
    columns: set[str] = set()
    readable_lines = 0
    with _open(path) as stream:
        start = stream.read(HEADER_BYTES)
        whole = len(start) < HEADER_BYTES
    for line in start.splitlines() if whole else start.splitlines()[:-1]:
        record = _record(line)
        if record is not None:
            readable_lines += 1
            columns |= record.keys()
    return Header(frozenset(columns), None, 1, complete=whole and readable_lines > 0)


def blocks(raw: RawTable, path: str, name: str, part: int) -> Iterator[Block]:
    """The rows of one part of a file. Raises `IolausError` when the file breaks off or lacks a required column."""
    with readable(raw.name, name):
        yield from (_parquet(raw, path, part) if is_columnar(path) else _json(raw, store.place(path), name))


def is_columnar(path: str) -> bool:
    """Whether few columns of a file are read without the others."""
    return path.endswith(PARQUET_SUFFIX)


def _parquet(raw: RawTable, path: str, group: int) -> Iterator[Block]:
    with store.parquet(path) as file:
        names = file.schema_arrow.names
        _require_no_bomb(file.metadata.row_group(group).total_byte_size, store.place(path).stat().st_size)
        # Not by the metadata of its column chunks: asking broken ones ends the process.
        physical = {each.path: each.physical_type for each in map(file.schema.column, range(len(file.schema)))}
    present = [each.name for each in raw.fields if each.name in names]
    int96 = [name for name in present if physical.get(name) == "INT96"]
    # A long text that is stored once for many rows stays stored once until it is known to be short enough.
    texts = [name for name in present if physical.get(name) == "BYTE_ARRAY"]
    size = ROWS_PER_TEXT_BLOCK if "prompt_text" in present else ROWS_PER_BLOCK

    def batches(columns: list[str], int96_unit: str) -> Iterator[pa.RecordBatch]:
        with store.parquet(path, read_dictionary=texts, coerce_int96_timestamp_unit=int96_unit) as file:
            yield from file.iter_batches(size, row_groups=[group], columns=columns, use_threads=False)

    coarse = batches(int96, "ms") if int96 else itertools.repeat(None)
    for batch, exact in zip(batches(present, "us"), coarse, strict=False):
        columns = {name: batch.column(name) for name in present}
        for name in int96:
            columns[name] = _without_overflow(columns[name], exact.column(name))
        yield from _in_parts(raw, columns, batch.num_rows)


def _require_no_bomb(unpacked: int, packed: int) -> None:
    if unpacked > BOMB_BYTES and unpacked > BOMB_RATIO * packed:
        raise ValueError(f"its {packed} bytes unpack to {unpacked}")


def _without_overflow(moments: pa.Array, coarse: pa.Array) -> pa.Array:
    """INT96 reaches further than 64 bits of microseconds, which then wrap: such moments come in milliseconds instead."""
    wrapped = pc.not_equal(moments.cast(pa.timestamp("ms"), safe=False), coarse.cast(pa.timestamp("ms")))
    return coarse if pc.any(wrapped).as_py() else moments


def _in_parts(raw: RawTable, columns: dict[str, pa.Array], rows: int) -> Iterator[Block]:
    """The rows at their declared types, in as many blocks as their texts need."""
    texts = sum(_text_bytes(each) for each in columns.values())
    if rows > 1 and texts > TEXT_BYTES_PER_BLOCK:
        half = rows // 2
        yield from _in_parts(raw, {name: each.slice(0, half) for name, each in columns.items()}, half)
        yield from _in_parts(raw, {name: each.slice(half) for name, each in columns.items()}, rows - half)
        return
    yield Block(
        rows,
        {
            each.name: conform(columns[each.name], each.type, each.max_bytes)
            if each.name in columns
            else nulls(each.type, rows)
            for each in raw.fields
        },
    )


def _text_bytes(column: pa.Array) -> int:
    """Bytes of a column's texts once every row has its own."""
    if not pa.types.is_dictionary(column.type):
        return 0  # what is not stored once for many rows is in memory already
    lengths = pc.binary_length(column.dictionary).cast(pa.int64()).take(column.indices)
    return pc.sum(lengths).as_py() or 0


def _json(raw: RawTable, path: Path, name: str) -> Iterator[Block]:
    unseen = {each.encode() for each in raw.required}
    records = lines = 0
    with _open(path) as stream:
        for piece in _pieces(stream):
            unseen = {each for each in unseen if b'"' + each + b'"' not in piece}
            block = _piece_at_once(raw, piece) or _piece_by_line(raw, piece)
            records += block.rows - len(block.unreadable)
            if block.rows:
                yield block
            lines += block.rows
    if lines and not records:
        raise ValueError("not one line of it is a JSON object")
    if unseen and records:
        require(raw, name, {each for each in raw.required if each.encode() not in unseen})


def _open(path: Path) -> Any:
    if path.name.endswith(".zst"):
        return pa.CompressedInputStream(path.open("rb") if store.is_object(path) else pa.OSFile(str(path)), "zstd")
    if path.name.endswith(".gz"):
        import gzip

        return gzip.open(path.open("rb") if store.is_object(path) else path, "rb")
    return path.open("rb")


def _pieces(stream: Any) -> Iterator[bytes]:
    """Whole lines, some megabytes at a time."""
    rest = b""
    first = True
    while chunk := stream.read(BYTES_PER_PIECE):
        if first:
            chunk, first = chunk.removeprefix(b"\xef\xbb\xbf"), False
        cut = chunk.rfind(b"\n") + 1
        if cut:
            yield rest + chunk[:cut]
            rest = chunk[cut:]
        else:
            rest += chunk
        if len(rest) > MAX_LINE_BYTES:
            raise ValueError(f"a line is longer than {MAX_LINE_BYTES >> 20} MiB; write one object a line")
    if rest:
        yield rest


def _piece_at_once(raw: RawTable, piece: bytes) -> Block | None:
    """The rows as Arrow's parser reads them, or None unless every line surely is one object of fitting types."""
    kinds = {each.name: each.type for each in raw.fields}
    longest = {each.name: each.max_bytes for each in raw.fields}
    body = piece.rstrip(b"\n")
    lines = body.count(b"\n") + 1
    one_object_a_line = (
        body.startswith(b"{")
        and body.endswith(b"}")
        and body.count(b"\n{") == body.count(b"}\n") == lines - 1
        and set(kinds.values()) <= _JSON_TYPES.keys()
        and not ((b"NaN" in body or b"Inf" in body) and _BARE_WORD.search(body))
    )
    if not one_object_a_line:
        return None
    schema = pa.schema([(name, _JSON_TYPES[kind]) for name, kind in kinds.items()])
    try:
        body.decode()
        found = pj.read_json(
            io.BytesIO(body),
            read_options=pj.ReadOptions(use_threads=False, block_size=len(body) + 1),
            parse_options=pj.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore"),
        ).combine_chunks()
    except (pa.ArrowException, UnicodeDecodeError):
        return None
    if found.num_rows != lines:
        return None
    return Block(
        lines, {name: conform(_array(found.column(name)), kind, longest[name]) for name, kind in kinds.items()}
    )


def _array(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else pa.concat_arrays(column.chunks)


def _piece_by_line(raw: RawTable, piece: bytes) -> Block:
    lines = [line for line in (each.strip() for each in piece.split(b"\n")) if line]
    records = [_record(line) for line in lines]
    objects = [record or {} for record in records]
    columns = {
        each.name: conform_values([one.get(each.name) for one in objects], each.type, each.max_bytes)
        for each in raw.fields
    }
    unreadable = {row: lines[row] for row, record in enumerate(records) if record is None}
    for line in unreadable.values():
        _require_one_record(line, columns.keys())
    return Block(len(lines), columns, unreadable)


def _record(line: bytes) -> dict[str, Any] | None:
    """The object on a line, or None for what is no valid JSON object."""
    try:
        record = json.loads(line.decode(), parse_float=_Number, parse_constant=_constant)
        if b"\\u" in line:
            json.dumps(record, ensure_ascii=False, default=str).encode()  # a lone surrogate is no text
    except (ValueError, RecursionError):
        return None
    return record if isinstance(record, dict) else None


def _require_one_record(line: bytes, fields: Collection[str]) -> None:
    """Raise `ValueError` when a line that is no object holds several, or opens an array: it would count as one bad row."""
    text = line.decode(errors="replace")
    place, found = text.find("{"), 0
    for _ in range(MAX_LOOKS):
        if place < 0:
            break
        try:
            record, end = _DECODER.raw_decode(text, place)
        except (ValueError, RecursionError):
            end = place + 1
        else:
            found += any(each in fields for each in record)
        place = text.find("{", end)
    if found > 1 or _ARRAY_STARTS.match(text):
        raise ValueError("it holds a JSON array, or several objects in one line; write one object a line")


class _Number(Decimal):
    """A JSON number with a fraction, exact, so that a cost is not bent through binary."""


def _constant(name: str) -> float | None:
    """NaN is how Python writes a missing number; an infinity is kept for its column to refuse."""
    return None if name == "NaN" else float(name)

"""Observation files as people have them: CSV, TSV, JSON lines or Parquet, one row per account, signal and entity.

Blanks around a text do not count, nor around the name of a column. A row whose account, signal or entity is empty or null, or
whose entity stands for nothing (`jobs.landing.placeholders`), ties nobody and is left out, counted. `events` and the times are
optional: a row without a count is one event. Rows are counted from 1, without header and empty lines.
"""

from __future__ import annotations

import csv
import zlib
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq

from jobs.errors import IolausError, UsageError
from jobs.landing.formats import require_no_bomb
from jobs.landing.placeholders import stands_for_nothing
from jobs.landing.values import MAX_TEXT_BYTES, conform
from jobs.linking.lines import read_lines

NEEDED = ("account_id", "signal", "entity")
EVENTS = "events"
COLUMNS = (*NEEDED, EVENTS)
DELIMITERS = {".csv": ",", ".tsv": "\t"}
MOST_EVENTS = 2**62  # what is summed stays below what 64 bits hold
FORMATS = ".csv, .tsv, .jsonl (each also .gz) or .parquet"
BLOCK = 1 << 24  # bytes read at once: no row may be longer
HEADER = 1 << 16  # bytes in which the names of the columns stand
UTF16 = (b"\xff\xfe", b"\xfe\xff")  # what spreadsheets save as "Unicode text" begins so
LISTED = 20  # columns that a sentence names
SHOWN = 3  # texts that stand for nothing, most frequent first
SHORT = 60  # characters of a value that a sentence shows


@dataclass(frozen=True)
class LeftOut:
    """Rows that say nothing: how many lack which column, how many have an entity that stands for nothing, its most frequent
    texts, and the accounts of which no row is left."""

    rows: int
    lacking: dict[str, int]
    placeholders: int
    texts: tuple[tuple[str, int], ...]
    accounts: pa.Array = field(repr=False)


def read_observations(source: Path) -> tuple[pa.Table, LeftOut]:
    """account_id, signal, entity, events, one row per triple; and what was left out.

    Raises `UsageError` when the file is missing, of another format, or lacks or repeats a column, `IolausError` naming
    file, column and row when it cannot be read.
    """
    if source.is_dir():
        raise UsageError(f"The observations file {source} is a folder: name one file with --observations.")
    if not source.is_file():
        raise UsageError(f"The observations file {source} does not exist: correct --observations.")
    table = _read(source)
    named = pa.table({name: _texts(source, name, table[name]) for name in NEEDED})
    counted = named.append_column(EVENTS, _events(source, table))
    says, left_out = _what_says_something(counted)
    complete = counted.filter(says)
    if not complete.num_rows:
        raise IolausError(
            f"The observations file {source} has no row with account, signal and entity: nothing to link."
        )
    grouped = complete.group_by(list(NEEDED)).aggregate([(EVENTS, "sum")])
    return grouped.rename_columns([*NEEDED, EVENTS]), left_out


def _what_says_something(table: pa.Table) -> tuple[pa.Array, LeftOut]:
    """Per row whether it has all three; why the others have not."""
    columns = {name: table[name].combine_chunks() for name in NEEDED}
    empty = {name: pc.equal(pc.binary_length(each), 0).fill_null(True) for name, each in columns.items()}
    lacks = pc.or_(pc.or_(empty["account_id"], empty["signal"]), empty["entity"])
    nothing = pc.and_(pc.invert(lacks), stands_for_nothing(columns["entity"]).fill_null(False))
    says = pc.invert(pc.or_(lacks, nothing))
    texts = Counter(columns["entity"].filter(nothing).to_pylist())
    gone = pc.unique(columns["account_id"].filter(pc.invert(pc.or_(says, empty["account_id"]))))
    gone = gone.filter(pc.invert(pc.is_in(gone, value_set=pc.unique(columns["account_id"].filter(says)))))
    rows = len(says) - pc.sum(says, min_count=0).as_py()
    lacking = {name: pc.sum(each, min_count=0).as_py() for name, each in empty.items()}
    shown = tuple(sorted(texts.items(), key=lambda each: (-each[1], each[0]))[:SHOWN])
    return says, LeftOut(rows, lacking, texts.total(), shown, gone)


def _read(source: Path) -> pa.Table:
    """The file's columns of COLUMNS, as they are typed there."""
    suffixes = [each.lower() for each in source.suffixes]
    zipped = suffixes[-1:] == [".gz"]
    kind = "".join(suffixes[-2:-1] if zipped else suffixes[-1:])
    if kind not in (*DELIMITERS, ".jsonl", ".parquet") or (zipped and kind == ".parquet"):
        raise UsageError(f"The observations file {source} is of no known format: it takes {FORMATS}.")
    try:
        if kind == ".parquet":
            return _parquet(source)
        with pa.input_stream(str(source), compression="gzip" if zipped else None) as stream:
            content = stream.read()
        if kind == ".jsonl":
            return _of_lines(source, content)
        table = _delimited(source, content, DELIMITERS[kind])
        return pa.table({name: table.column(place) for name, place in _places(source, table.column_names).items()})
    except (pa.ArrowException, OSError, EOFError, ValueError, zlib.error) as error:
        reason = (str(error).splitlines() or [""])[0].rstrip(".").replace("\0", "") or type(error).__name__
        raise IolausError(f"The observations file {source} cannot be read as {kind.lstrip('.')} ({reason}).") from error


def _parquet(source: Path) -> pa.Table:
    """A text that is stored once for many rows stays so until it is known to be short enough."""
    with pq.ParquetFile(source) as file:
        named = _places(source, file.schema_arrow.names)
        for group in range(file.metadata.num_row_groups):
            require_no_bomb(file.metadata.row_group(group).total_byte_size, source.stat().st_size)
        physical = {each.path: each.physical_type for each in map(file.schema.column, range(len(file.schema)))}
        names = [file.schema_arrow.names[place] for place in named.values()]
    texts = [name for name in names if physical.get(name) == "BYTE_ARRAY"]
    with pq.ParquetFile(source, read_dictionary=texts) as file:
        return file.read(columns=names).select(names).rename_columns(list(named))


def _places(source: Path, names: list[str]) -> dict[str, int]:
    """The place of each of COLUMNS that is there. Raises `UsageError` when one is missing or there twice."""
    trimmed = [name.strip() for name in names]
    repeated = [name for name, times in Counter(trimmed).items() if times > 1 and name in COLUMNS]
    if repeated:
        raise UsageError(f"The observations file {source} has two columns {repeated[0]}: name each column once.")
    missing = [name for name in NEEDED if name not in trimmed]
    if missing:
        there = ", ".join(each[:SHORT] for each in trimmed[:LISTED]) + (", ..." if len(trimmed) > LISTED else "")
        raise UsageError(
            f"The observations file {source} lacks the column {missing[0]}: it needs {', '.join(NEEDED)} and has {there}."
        )
    return {name: trimmed.index(name) for name in COLUMNS if name in trimmed}


def _delimited(source: Path, content: bytes, delimiter: str) -> pa.Table:
    """Every column as bytes. Raises `IolausError` naming the row that has more or fewer cells than the header."""
    encoding = "utf-16" if content[:2] in UTF16 else "utf8"
    lines = content[:HEADER].decode(encoding, "replace").removeprefix("\ufeff").splitlines()
    if delimiter == "," and lines and "," not in lines[0] and ";" in lines[0]:
        delimiter = ";"  # what spreadsheets write where a comma separates decimals
    names = next(csv.reader((line for line in lines if line), delimiter=delimiter), [])
    ragged: list[pa.csv.InvalidRow] = []

    def read(threads: bool, names: list[str], on_ragged: Callable[[pa.csv.InvalidRow], str] | None) -> pa.Table:
        return pa.csv.read_csv(
            pa.BufferReader(content),
            pa.csv.ReadOptions(encoding=encoding, block_size=BLOCK, use_threads=threads),
            pa.csv.ParseOptions(delimiter=delimiter, newlines_in_values=True, invalid_row_handler=on_ragged),
            pa.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.binary())),
        )

    try:
        return read(True, names, None)
    except pa.ArrowInvalid:

        def noticed(row: pa.csv.InvalidRow) -> str:
            ragged.append(row)
            return "error"

        try:
            return read(False, names, noticed)
        except pa.ArrowInvalid:
            if not ragged:
                raise
    row = ragged[0]
    raise IolausError(
        f"The observations file {source} has {row.actual_columns} cells instead of {row.expected_columns} in row "
        f"{row.number - 1}: {row.text[:SHORT]!r}; put a text that holds {delimiter!r} between quotes."
    )


def _of_lines(source: Path, content: bytes) -> pa.Table:
    """Texts as texts; where a cell is none, or a line is no object, each line is read on its own."""
    schema = pa.schema([*((name, pa.string()) for name in NEEDED), (EVENTS, pa.int64())])
    options = pa.json.ParseOptions(explicit_schema=schema, unexpected_field_behavior="ignore")
    try:
        table = pa.json.read_json(pa.BufferReader(content), pa.json.ReadOptions(block_size=BLOCK), options)
    except (pa.ArrowInvalid, UnicodeError):
        table = read_lines(source, content, COLUMNS)
    return table.select(list(_places(source, [name for name in COLUMNS if _is_there(table, name)])))


def _texts(source: Path, name: str, values: pa.ChunkedArray) -> pa.Array:
    """Without blanks around them. Raises `IolausError` for what is no text, no UTF-8 or too long."""
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    if pa.types.is_nested(kind) or pa.types.is_floating(kind):
        raise IolausError(f"The observations file {source} has {kind} in the column {name}: it needs texts.")
    found = conform(values.combine_chunks(), "string")
    if found.failed:
        row, text = min(found.failed.items())
        raise IolausError(
            f"The observations file {source} has {text[:SHORT]!a} in the column {name} of row {row + 1}, which is no text: "
            f"it takes UTF-8 of at most {MAX_TEXT_BYTES} bytes."
        )
    return pc.utf8_trim_whitespace(found.values)


def _is_there(table: pa.Table, name: str) -> bool:
    """Whether a column has any value: a column of JSON lines that no line names is not there."""
    return name in table.column_names and (name not in NEEDED or table[name].null_count < table.num_rows)


def _events(source: Path, table: pa.Table) -> pa.Array:
    """Whole numbers of one and more; one where none is said. Raises `IolausError` naming the first row of another kind."""
    if EVENTS not in table.column_names:
        return pa.repeat(pa.scalar(1, pa.int64()), table.num_rows)
    given = table[EVENTS]
    texts = _texts(source, EVENTS, given.cast(pa.string()) if pa.types.is_floating(given.type) else given)
    said = pc.and_(texts.is_valid(), pc.and_(pc.not_equal(texts, ""), pc.not_equal(pc.utf8_lower(texts), "nan")))
    whole = pc.match_substring_regex(texts, r"^[1-9][0-9]{0,17}(\.0*)?$")
    wrong = pc.and_(said.fill_null(False), pc.invert(whole.fill_null(True)))
    if pc.any(wrong).as_py():
        row = pc.index(wrong, True).as_py()
        raise IolausError(
            f"The observations file {source} has {texts[row].as_py()[:SHORT]!r} in the column {EVENTS} of row {row + 1}: "
            f"it takes whole numbers of 1 and more, or nothing."
        )
    counts = pc.replace_substring_regex(pc.if_else(said, texts, "1").fill_null("1"), r"\..*", "")
    numbers = counts.cast(pa.int64())
    if (pc.sum(numbers.cast(pa.float64(), safe=False)).as_py() or 0) >= MOST_EVENTS:
        raise IolausError(
            f"The observations file {source} counts more events than {MOST_EVENTS:.0e}: correct the column {EVENTS}."
        )
    return numbers

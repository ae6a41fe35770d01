"""Observation files as people have them: CSV, TSV, JSON lines or Parquet, one row per account, signal and entity.

Blanks around a text do not count. A row whose account, signal or entity is empty, null or stands for nothing
(`jobs.landing.placeholders`) ties nobody and is left out, counted. `events` and the times are optional: a row without a
count is one event.
"""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Sequence
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

NEEDED = ("account_id", "signal", "entity")
EVENTS = "events"
DELIMITERS = {".csv": ",", ".tsv": "\t"}
MOST_EVENTS = 2**62  # what is summed stays below what 64 bits hold
FORMATS = ".csv, .tsv, .jsonl (each also .gz) or .parquet"


def read_observations(source: Path) -> tuple[pa.Table, int]:
    """account_id, signal, entity, events, one row per triple; and how many rows lacked one of the three.

    Raises `UsageError` when the file is missing, of another format, or lacks or repeats a column, `IolausError` naming
    file, column and row when it cannot be read.
    """
    if not source.is_file():
        raise UsageError(f"The observations file {source} does not exist: correct --observations.")
    table = _read(source)
    named = pa.table({name: _texts(source, name, table[name]) for name in NEEDED})
    counted = named.append_column(EVENTS, _events(source, table))
    says_something = pc.invert(stands_for_nothing(counted["entity"].combine_chunks()))
    complete = counted.filter(says_something).drop_null()
    complete = complete.filter(pc.and_(*[pc.greater(pc.binary_length(complete[name]), 0) for name in NEEDED[:2]]))
    if not complete.num_rows:
        raise IolausError(
            f"The observations file {source} has no row with account, signal and entity: nothing to link."
        )
    grouped = complete.group_by(list(NEEDED)).aggregate([(EVENTS, "sum")])
    return grouped.rename_columns([*NEEDED, EVENTS]), counted.num_rows - complete.num_rows


def _read(source: Path) -> pa.Table:
    suffixes = [each.lower() for each in source.suffixes]
    kind = suffixes[-2] if suffixes[-1:] == [".gz"] and len(suffixes) > 1 else "".join(suffixes[-1:])
    if kind not in (*DELIMITERS, ".jsonl", ".parquet"):
        raise UsageError(f"The observations file {source} is of no known format: it takes {FORMATS}.")
    try:
        return _parquet(source) if kind == ".parquet" else _lines(source, kind, suffixes[-1] == ".gz")
    except (pa.ArrowException, OSError, EOFError, ValueError, zlib.error) as error:
        reason = (str(error).splitlines() or [""])[0].rstrip(".").replace("\0", "") or type(error).__name__
        raise IolausError(f"The observations file {source} cannot be read as {kind.lstrip('.')} ({reason}).") from error


def _parquet(source: Path) -> pa.Table:
    """The columns that are needed. A text that is stored once for many rows stays so until it is known to be short enough."""
    with pq.ParquetFile(source) as file:
        present = _required(source, file.schema_arrow.names)
        for group in range(file.metadata.num_row_groups):
            require_no_bomb(file.metadata.row_group(group).total_byte_size, source.stat().st_size)
        physical = {each.path: each.physical_type for each in map(file.schema.column, range(len(file.schema)))}
    texts = [name for name in present if physical.get(name) == "BYTE_ARRAY"]
    with pq.ParquetFile(source, read_dictionary=texts) as file:
        return file.read(columns=present)


def _lines(source: Path, kind: str, is_zipped: bool) -> pa.Table:
    with pa.input_stream(str(source), compression="gzip" if is_zipped else None) as stream:
        if kind == ".jsonl":
            table = pa.json.read_json(stream)
        else:
            texts = pa.csv.ConvertOptions(column_types=dict.fromkeys((*NEEDED, EVENTS), pa.string()))
            delimited = pa.csv.ParseOptions(delimiter=DELIMITERS[kind], newlines_in_values=True)
            table = pa.csv.read_csv(stream, convert_options=texts, parse_options=delimited)
    return table.select(_required(source, table.column_names))


def _required(source: Path, names: Sequence[str]) -> list[str]:
    """Those of the columns that are read. Raises `UsageError` when one of them is missing or there twice."""
    times = Counter(names)
    if repeated := [name for name in (*NEEDED, EVENTS) if times[name] > 1]:
        raise UsageError(f"The observations file {source} has two columns {repeated[0]}: name each column once.")
    if missing := [name for name in NEEDED if not times[name]]:
        raise UsageError(f"The observations file {source} lacks the column {missing[0]}: it needs {', '.join(NEEDED)}.")
    return [name for name in (*NEEDED, EVENTS) if times[name]]


def _texts(source: Path, name: str, values: pa.ChunkedArray) -> pa.Array:
    kind = values.type.value_type if pa.types.is_dictionary(values.type) else values.type
    if pa.types.is_nested(kind) or (pa.types.is_floating(kind) and name != EVENTS):
        raise IolausError(f"The observations file {source} has {kind} in the column {name}: it needs texts.")
    if pa.types.is_floating(kind):
        return values.combine_chunks().cast(pa.string())
    found = conform(values.combine_chunks(), "string")
    if found.failed:
        row, text = min(found.failed.items())
        raise IolausError(
            f"The observations file {source} has {text[:40]!a} in the column {name} of row {row + 1}, which is no text: "
            f"it takes UTF-8 of at most {MAX_TEXT_BYTES} bytes."
        )
    return pc.utf8_trim_whitespace(found.values)


def _events(source: Path, table: pa.Table) -> pa.Array:
    """Whole numbers of one and more; one where none is said. Raises `IolausError` naming the first row of another kind."""
    if EVENTS not in table.column_names:
        return pa.repeat(pa.scalar(1, pa.int64()), table.num_rows)
    texts = _texts(source, EVENTS, table[EVENTS])
    said = pc.and_(texts.is_valid(), pc.and_(pc.not_equal(texts, ""), pc.not_equal(pc.utf8_lower(texts), "nan")))
    whole = pc.match_substring_regex(texts, r"^[1-9][0-9]{0,17}(\.0*)?$")
    wrong = pc.and_(said.fill_null(False), pc.invert(whole.fill_null(True)))
    if pc.any(wrong).as_py():
        row = pc.index(wrong, True).as_py()
        raise IolausError(
            f"The observations file {source} has {texts[row].as_py()!r} in the column {EVENTS} of row {row + 1}: "
            f"it takes whole numbers of 1 and more, or nothing."
        )
    counts = pc.replace_substring_regex(pc.if_else(said, texts, "1").fill_null("1"), r"\..*", "")
    numbers = counts.cast(pa.int64())
    if (pc.sum(numbers.cast(pa.float64(), safe=False)).as_py() or 0) >= MOST_EVENTS:
        raise IolausError(
            f"The observations file {source} counts more events than {MOST_EVENTS:.0e}: correct the column {EVENTS}."
        )
    return numbers

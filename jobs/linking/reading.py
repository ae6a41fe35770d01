"""Observation files as people have them: CSV, TSV, JSON lines or Parquet, one row per account, signal and entity.

Blanks around a text do not count. A row whose account, signal or entity is empty, null or stands for nothing
(`jobs.landing.placeholders`) ties nobody and is left out, counted. `events` and the times are optional: a row without a
count is one event.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet as pq

from jobs.errors import IolausError, UsageError
from jobs.landing.placeholders import stands_for_nothing

NEEDED = ("account_id", "signal", "entity")
EVENTS = "events"
DELIMITERS = {".csv": ",", ".tsv": "\t"}
FORMATS = ".csv, .tsv, .jsonl (each also .gz) or .parquet"


def read_observations(source: Path) -> tuple[pa.Table, int]:
    """account_id, signal, entity, events, one row per triple; and how many rows lacked one of the three.

    Raises `UsageError` when the file is missing, of another format, or lacks or repeats a column, `IolausError` naming
    file, column and row when it cannot be read.
    """
    if not source.is_file():
        raise UsageError(f"The observations file {source} does not exist: correct --observations.")
    table = _read(source)
    repeated = [name for name, times in Counter(table.column_names).items() if times > 1 and name in (*NEEDED, EVENTS)]
    if repeated:
        raise UsageError(f"The observations file {source} has two columns {repeated[0]}: name each column once.")
    missing = [name for name in NEEDED if name not in table.column_names]
    if missing:
        raise UsageError(f"The observations file {source} lacks the column {missing[0]}: it needs {', '.join(NEEDED)}.")
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
        if kind == ".parquet":
            return pq.ParquetFile(source).read()
        with pa.input_stream(str(source), compression="gzip" if suffixes[-1] == ".gz" else None) as stream:
            if kind == ".jsonl":
                return pa.json.read_json(stream)
            texts = pa.csv.ConvertOptions(column_types=dict.fromkeys((*NEEDED, EVENTS), pa.string()))
            delimited = pa.csv.ParseOptions(delimiter=DELIMITERS[kind], newlines_in_values=True)
            return pa.csv.read_csv(stream, convert_options=texts, parse_options=delimited)
    except (pa.ArrowException, OSError, EOFError) as error:
        reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
        raise IolausError(f"The observations file {source} cannot be read as {kind.lstrip('.')} ({reason}).") from error


def _texts(source: Path, name: str, values: pa.ChunkedArray) -> pa.Array:
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    if pa.types.is_nested(values.type) or pa.types.is_floating(values.type):
        raise IolausError(f"The observations file {source} has {values.type} in the column {name}: it needs texts.")
    return pc.utf8_trim_whitespace(values.cast(pa.string())).combine_chunks()


def _events(source: Path, table: pa.Table) -> pa.Array:
    """Whole numbers of one and more; one where none is said. Raises `IolausError` naming the first row of another kind."""
    if EVENTS not in table.column_names:
        return pa.repeat(pa.scalar(1, pa.int64()), table.num_rows)
    given = table[EVENTS].combine_chunks()
    texts = pc.utf8_trim_whitespace(given.cast(pa.string()))
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
    return counts.cast(pa.int64())

"""What a query answered, as a table for people, CSV for spreadsheets, or JSON for programs."""

from __future__ import annotations

import csv
import io
from collections import Counter

import pyarrow as pa

from jobs.errors import UsageError
from jobs.views.texts import as_json_text, exact, plain, shown, without_formula

FORMATS = ("table", "csv", "json")
SHOWN_ROWS = 500  # a person reads no more of a table on a terminal; the other formats carry all rows


def as_cells(rows: pa.Table) -> list[list[str]]:
    """The first rows as texts."""
    return [[shown(value) for value in row.values()] for row in _numbered(rows.slice(0, SHOWN_ROWS)).to_pylist()]


def as_csv(rows: pa.Table) -> str:
    """All rows, with a header, as texts that do nothing: an apostrophe stands before what a spreadsheet would compute."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in (rows.column_names, *(row.values() for row in _numbered(rows).to_pylist())):
        writer.writerow(without_formula(plain(value)) if isinstance(value, str) else shown(value) for value in row)
    return out.getvalue()


def as_json(rows: pa.Table) -> str:
    """All rows as a list of objects, unchanged for whoever reads JSON; no character of it acts on a terminal.

    Raises `UsageError` when two columns have one name.
    """
    twice = [name for name, count in Counter(rows.column_names).items() if count > 1]
    if twice:
        raise UsageError(f"Two columns are named {twice[0]!r}: give one of them another name with AS.")
    return as_json_text([exact(row) for row in rows.to_pylist()]) + "\n"


def _numbered(rows: pa.Table) -> pa.Table:
    """Columns by their place: names may repeat, and a row as a mapping would lose one."""
    return rows.rename_columns([str(place) for place in range(rows.num_columns)])

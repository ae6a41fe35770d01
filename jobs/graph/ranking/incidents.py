"""The figures of one known incident that are in force on a night, as one interval per metric and scope."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Any

import pyarrow as pa

from jobs.graph.ranking.intervals import UNGRADED, End, Figure, combined
from jobs.graph.rows import table_of

FIGURES = pa.schema(
    [
        ("incident_id", pa.string()), ("name", pa.string()), ("actor", pa.string()), ("provider", pa.string()),
        ("metric", pa.string()), ("bound", pa.string()), ("value", pa.int64()), ("first_day", pa.date32()),
        ("last_day", pa.date32()), ("as_of", pa.date32()), ("scope", pa.string()), ("source", pa.string()),
        ("grade", pa.string()), ("is_delivered", pa.bool_()),
    ]
)  # fmt: skip
INCIDENTS = pa.schema(
    [
        ("incident_id", pa.string()), ("metric", pa.string()), ("scope", pa.string()), ("name", pa.string()),
        ("actor", pa.string()), ("provider", pa.string()), ("first_day", pa.date32()), ("last_day", pa.date32()),
        ("as_of", pa.date32()), ("is_delivered", pa.bool_()),
        ("value_low", pa.int64()), ("low_bound", pa.string()), ("low_stated", pa.int64()), ("low_source", pa.string()),
        ("low_source_grade", pa.string()),
        ("value_high", pa.int64()), ("high_bound", pa.string()), ("high_stated", pa.int64()),
        ("high_source", pa.string()), ("high_source_grade", pa.string()),
    ]
)  # fmt: skip
STATEMENT = ("metric", "bound", "value", "as_of", "scope", "source")  # who said what when; a grade belongs to that
Row = dict[str, Any]


def in_force(rows: pa.Table, night: date) -> pa.Table:
    """Rows of INCIDENTS, sorted. `rows`: FIGURES of one incident, shipped with the package and delivered ones together.

    What was stated after the night is not known. Delivered figures replace the shipped ones of the incident in whole:
    who delivers it maintains it. One without a grade keeps the grade with which the same statement was shipped.
    """
    known = [row for row in rows.to_pylist() if row["as_of"] <= night]
    grades = {_statement(row): row["grade"] for row in known if not row["is_delivered"]}
    delivered = [row for row in known if row["is_delivered"]]
    figures: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in delivered or known:
        figures[row["metric"], row["scope"]].append(
            row | {"grade": row["grade"] or grades.get(_statement(row), UNGRADED)}
        )
    return table_of([_incident(figures[key]) for key in sorted(figures)], INCIDENTS)


def _statement(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in STATEMENT)


def _incident(rows: list[Row]) -> tuple[Any, ...]:
    newest = max(rows, key=lambda row: (row["as_of"], row["bound"], row["value"], row["source"]))
    found = combined(Figure(row["bound"], row["value"], row["as_of"], row["source"], row["grade"]) for row in rows)
    described = tuple(newest[name] for name in INCIDENTS.names[:10])
    return (*described, *_columns(found.low), *_columns(found.high))


def _columns(end: End | None) -> tuple[Any, ...]:
    return (None,) * len(End._fields) if end is None else tuple(end)

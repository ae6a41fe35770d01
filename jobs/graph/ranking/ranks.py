"""The rank of every campaign by every metric, as rows: figures in, standings and statements out."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from jobs.graph.ranking.intervals import End, Interval
from jobs.graph.ranking.standings import KNOWN, Contender, Standing, standing
from jobs.graph.ranking.statements import compared_with, statement
from jobs.graph.rows import table_of
from jobs.vocabulary import ACCUSING

FIGURES = pa.schema(
    [
        ("kind", pa.string()), ("id", pa.string()), ("name", pa.string()), ("metric", pa.string()),
        ("provider", pa.string()),
        ("value_low", pa.int64()), ("low_bound", pa.string()), ("low_stated", pa.int64()), ("low_source", pa.string()),
        ("low_source_grade", pa.string()),
        ("value_high", pa.int64()), ("high_bound", pa.string()), ("high_stated", pa.int64()),
        ("high_source", pa.string()), ("high_source_grade", pa.string()),
    ]
)  # fmt: skip
RANKINGS = pa.schema(
    [
        ("campaign_id", pa.string()), ("metric", pa.string()), ("value_low", pa.int64()), ("value_high", pa.int64()),
        ("rank_low", pa.int32()), ("rank_high", pa.int32()), ("is_largest_known", pa.bool_()),
        ("compared_with", pa.string()), ("statement", pa.string()), ("rival_id", pa.string()),
        ("rival_name", pa.string()), ("rival_provider", pa.string()), ("rival_source", pa.string()),
        ("rival_source_grade", pa.string()),
    ]
)  # fmt: skip


def rank(figures: pa.Table, night: str) -> pa.Table:
    """Rows of RANKINGS, one per campaign of ours and metric, sorted. `figures`: FIGURES of everybody.

    `kind` is `deliberate` or `suspicious` for ours, `known` for an incident, `aggregate` for figures over several.
    A null end is unknown. `rank_low` is the best rank the intervals allow, `rank_high` the worst.
    """
    everyone = [_contender(row) for row in figures.to_pylist()]
    ours = sorted((each for each in everyone if each.kind in ACCUSING), key=lambda each: (each.id, each.metric))
    return table_of([_row(standing(own, everyone), night) for own in ours], RANKINGS)


def _contender(row: dict[str, Any]) -> Contender:
    ends = Interval(_end(row, "low"), _end(row, "high"))
    return Contender(row["kind"], row["id"], row["name"], row["metric"], row["provider"], ends)


def _end(row: dict[str, Any], end: str) -> End | None:
    stated = [row[f"{end}_{name}"] for name in ("bound", "stated", "source", "source_grade")]
    return None if row[f"value_{end}"] is None else End(row[f"value_{end}"], *stated)


def _row(found: Standing, night: str) -> tuple[Any, ...]:
    low, high = found.own.range
    return (
        found.own.id,
        found.own.metric,
        low.value if low else None,
        high.value if high else None,
        found.best,
        found.worst,
        found.is_largest_known,
        compared_with(found, night),
        statement(found, night),
        *_rival(found),
    )


def _rival(found: Standing) -> tuple[str | None, ...]:
    """Whom the statement names first, and the source of the end that decides."""
    rival = found.rival
    if rival is None:
        return (None,) * 5
    end = rival.range.low if rival in found.above else rival.range.high or rival.range.low
    source, grade = (end.source, end.grade) if end and rival.kind == KNOWN else (None, None)
    return (rival.id, rival.name, rival.provider, source, grade)

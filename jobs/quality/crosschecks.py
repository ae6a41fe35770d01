"""Checks across tables and nights: rows add up, accounts are known, volumes are plausible, few rows are rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median

import pyarrow as pa
import pyarrow.compute as pc

from jobs.quality.outcomes import Outcome

FLOOR, CEILING = 0.3, 3.0  # of the median of the last week: weekends halve traffic, a lost feed or a replay goes beyond
MIN_NIGHTS = 3
REJECTED_WARNING_PERCENT, REJECTED_CRITICAL_PERCENT = 5.0, 50.0


def crosschecks(tables: Mapping[str, pa.Table], volumes: Mapping[str, Sequence[int]]) -> list[Outcome]:
    """Outcomes of every cross-check whose tables are there."""
    found: list[Outcome] = []
    if "staged.deliveries" in tables:
        for row in tables["staged.deliveries"].sort_by("table_name").to_pylist():
            found += [reconciliation(row), *rejection(row), *delivery(row)]
    if {"staged.api_requests", "staged.accounts"} <= set(tables):
        found.append(known_accounts(tables["staged.api_requests"], tables["staged.accounts"]))
    for name, earlier in sorted(volumes.items()):
        found.append(volume(name, tables[name].num_rows, earlier))
    return found


def reconciliation(row: Mapping[str, int]) -> Outcome:
    """`row` of staged.deliveries: what landed is staged, a duplicate, rejected, or of an erased account; nothing is lost."""
    names = ["staged", "duplicates", "rejected", *(["erased"] if row.get("erased") else [])]
    parts = sum(row[name] for name in names)
    return Outcome(
        table_name=f"staged.{row['table_name']}",
        expectation=f"landed = {' + '.join(names)}",
        severity="critical",
        success=parts == row["landed"],
        observed=f"landed {row['landed']} = {' + '.join(str(row[name]) for name in names)}",
        unexpected_count=abs(row["landed"] - parts),
    )


def rejection(row: Mapping[str, int]) -> list[Outcome]:
    """Few rows are rejected; many mean that the producer changed something."""
    percent = 100.0 * row["rejected"] / row["landed"] if row["landed"] else 0.0
    return [
        Outcome(
            table_name=f"staged.{row['table_name']}",
            expectation=f"rejected rows at most {limit:g} percent",
            severity=severity,
            success=percent <= limit,
            observed=f"{percent:.3f} percent",
            unexpected_count=row["rejected"],
            unexpected_percent=round(percent, 6),
        )
        for limit, severity in ((REJECTED_WARNING_PERCENT, "warning"), (REJECTED_CRITICAL_PERCENT, "critical"))
    ]


def delivery(row: Mapping[str, object]) -> list[Outcome]:
    """What the producer left out or added, said once a night."""
    notes = {
        "delivered": row["note"],
        "optional values can be read": row.get("unread_values") and f"read as null: {row['unread_values']}",
        "optional columns delivered": row["missing_columns"] and f"missing: {row['missing_columns']}",
        "no unknown columns": row["unknown_columns"] and f"ignored: {row['unknown_columns']}",
    }
    return [
        Outcome(
            f"staged.{row['table_name']}", name, "info" if "columns" in name else "warning", note is None, _text(note)
        )
        for name, note in notes.items()
    ]


def known_accounts(requests: pa.Table, accounts: pa.Table) -> Outcome:
    """Requests of accounts that identity does not know: kept, because identity may lag, and said."""
    unknown = pc.invert(pc.is_in(requests["account_id"], value_set=accounts["account_id"].combine_chunks()))
    count = pc.sum(unknown).as_py() or 0
    strangers = len(pc.unique(requests["account_id"].filter(unknown))) if count else 0
    return Outcome(
        table_name="staged.api_requests",
        expectation="accounts are known to identity",
        severity="warning",
        success=count == 0,
        observed=f"{count} requests of {strangers} accounts that staged.accounts does not know",
        unexpected_count=count,
        unexpected_percent=round(100.0 * count / requests.num_rows, 6) if requests.num_rows else 0.0,
    )


def volume(name: str, rows: int, earlier: Sequence[int]) -> Outcome:
    """The night's rows against the median of the last week; a night without rows is told, not refused."""
    usual = median(earlier) if len(earlier) >= MIN_NIGHTS else None
    plausible = rows > 0 if usual is None else usual * FLOOR <= rows <= usual * CEILING
    return Outcome(
        table_name=name,
        expectation=f"rows between {FLOOR:g} and {CEILING:g} times the last week's median",
        severity="warning",
        success=plausible,
        observed=f"{rows} rows" if usual is None else f"{rows} rows against {usual:g}",
    )


def _text(note: object) -> str | None:
    return None if note is None else str(note)

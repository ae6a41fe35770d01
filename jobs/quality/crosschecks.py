"""Checks across tables and nights: rows add up, accounts are known, volumes are plausible, few rows are rejected."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING, Any

from jobs.quality.outcomes import Outcome

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

FLOOR, CEILING = (
    0.55,
    3.0,
)  # of the median of the last week, or of the same weekday: half a feed, or a replay, goes beyond
WEEK = 7  # nights; then the first of them was the same weekday, and weekends halve traffic
LOST = 0.1  # of the same median: a feed at a tenth of itself is a failed export, whatever the day
MIN_ROWS = 30  # smaller tables vary by chance
Limits = dict[str, tuple[float, float | None]]  # severity to the least and the most share of the usual rows
REQUESTS, ACCOUNTS = "staged.api_requests", "staged.accounts"
# Full snapshots, and the share of its usual rows below which one is doubted: what was there yesterday is there today. Without
# accounts or instruments everybody looks like a stranger, or like nobody's neighbour, so their loss refuses the night.
SNAPSHOTS = {
    ACCOUNTS: {"warning": 0.9, "critical": 0.5},
    "staged.payment_instruments": {"warning": 0.9, "critical": 0.5},
    "staged.ip_networks": {"warning": 0.5},
    "staged.indicators": {"warning": 0.5},
    "staged.known_campaigns": {"warning": 0.5},
}
UNSIZED = ("staged.model_releases", "staged.case_decisions")  # a handful of rows, written by hand
UNKNOWN_CRITICAL_PERCENT = 20.0  # identity lags by a day's new accounts; more is another key, or a lost snapshot
REJECTED_WARNING_PERCENT, REJECTED_CRITICAL_PERCENT = 5.0, 20.0


@dataclass(frozen=True)
class Unknown:
    """Of `requests` those that are of accounts which identity does not know: how many, and of how many accounts."""

    requests: int
    unknown: int
    accounts: int


def unknown(requests: DataFrame, accounts: DataFrame) -> Unknown:
    """Counted by the engine: both tables grow."""
    from pyspark.sql import functions as F

    each = requests.groupBy("account_id").agg(F.count(F.lit(1)).alias("requests"))
    marked = accounts.select("account_id", F.lit(0).alias("is_unknown"))
    strange = F.coalesce("is_unknown", F.lit(1))
    (found,) = (
        each.join(marked, on="account_id", how="left")
        .agg(
            F.sum("requests").alias("requests"),
            F.sum(F.col("requests") * strange).alias("unknown"),
            F.sum(strange).alias("accounts"),
        )
        .collect()
    )
    return Unknown(found.requests or 0, found.unknown or 0, found.accounts or 0)


def crosschecks(
    deliveries: Sequence[Mapping[str, Any]],
    volumes: Mapping[str, tuple[int, Sequence[int]]],
    strangers: Unknown | None,
) -> list[Outcome]:
    """Outcomes of every cross-check: `deliveries` are rows of staged.deliveries, `volumes` tonight's and earlier row counts."""
    found: list[Outcome] = []
    for row in deliveries:
        found += [reconciliation(row), *rejection(row), unread(row), contradictions(row), *delivery(row)]
    if strangers is not None:
        found += known_accounts(strangers)
    for name, (rows, earlier) in sorted(volumes.items()):
        found += volume(name, rows, earlier)
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


def unread(row: Mapping[str, Any]) -> Outcome:
    """Values of optional columns that could not be read and are null; many mean that the producer changed something."""
    values = row.get("unread_values")
    most = max((int(each.rpartition(" ")[2]) for each in values.split(", ")), default=0) if values else 0
    is_many = 100.0 * most > REJECTED_WARNING_PERCENT * row["landed"]
    return Outcome(
        table_name=f"staged.{row['table_name']}",
        expectation="optional values can be read",
        severity="warning" if is_many else "info",
        success=not values,
        observed=f"read as null: {values}" if values else None,
    )


def contradictions(row: Mapping[str, Any]) -> Outcome:
    """Repeats of a row say what it says; else nobody knows which of them is true."""
    count = row.get("contradictions") or 0
    return Outcome(
        table_name=f"staged.{row['table_name']}",
        expectation="rows of one key agree",
        severity="warning",
        success=count == 0,
        observed=f"{count} keys with rows that say different things",
        unexpected_count=count,
    )


def delivery(row: Mapping[str, object]) -> list[Outcome]:
    """What the producer left out or added, said once a night."""
    notes = {
        "delivered": row["note"],
        "optional columns delivered": row["missing_columns"] and f"missing: {row['missing_columns']}",
        "no unknown columns": row["unknown_columns"] and f"ignored: {row['unknown_columns']}",
    }
    return [
        Outcome(
            f"staged.{row['table_name']}", name, "info" if "columns" in name else "warning", note is None, _text(note)
        )
        for name, note in notes.items()
    ]


def known_accounts(found: Unknown) -> list[Outcome]:
    """Requests of accounts that identity does not know: kept, because identity may lag, and said; many refuse the night."""
    percent = 100.0 * found.unknown / found.requests if found.requests else 0.0
    return [
        Outcome(
            table_name=REQUESTS,
            expectation=expectation,
            severity=severity,
            success=percent <= limit,
            observed=f"{found.unknown} requests of {found.accounts} accounts that staged.accounts does not know",
            unexpected_count=found.unknown,
            unexpected_percent=round(percent, 6),
        )
        for severity, limit, expectation in (
            ("warning", 0.0, "accounts are known to identity"),
            (
                "critical",
                UNKNOWN_CRITICAL_PERCENT,
                f"requests of accounts unknown to identity at most {UNKNOWN_CRITICAL_PERCENT:g} percent",
            ),
        )
    ]


def volume(name: str, rows: int, earlier: Sequence[int]) -> list[Outcome]:
    """The night's rows against the last week: facts against its median, full snapshots also against the delivery before.

    With no earlier night there is nothing to compare with: a required table without rows is told.
    """
    usual = float(median(earlier)) if earlier else 0.0
    if name in UNSIZED:
        return []
    if name in SNAPSHOTS:
        usual = max(usual, earlier[-1] if earlier else 0.0)
        limits: Limits = {severity: (least, None) for severity, least in SNAPSHOTS[name].items()}
    else:
        limits = {"warning": (FLOOR, CEILING)} | ({"critical": (LOST, None)} if name == REQUESTS else {})
    least = min(usual, earlier[0]) if len(earlier) == WEEK and name not in SNAPSHOTS else usual
    return [_volume(name, rows, usual, least, severity, *limit) for severity, limit in limits.items()]


def _volume(
    name: str, rows: int, usual: float, expected: float, severity: str, least: float, most: float | None
) -> Outcome:
    between = f"at least {least:g}" if most is None else f"between {least:g} and {most:g}"
    is_usual = expected * least <= rows and (most is None or rows <= usual * most)
    is_empty = name == REQUESTS and severity == "warning" and rows == 0
    return Outcome(
        table_name=name,
        expectation=f"rows {between} times the last week's",
        severity=severity,
        success=not is_empty and (usual < MIN_ROWS or is_usual),
        observed=f"{rows} rows against {usual:g}" if usual else f"{rows} rows",
    )


def _text(note: object) -> str | None:
    return None if note is None else str(note)

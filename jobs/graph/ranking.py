"""Ranks of intervals: who can be larger than whom when most published figures are only bounds."""

from __future__ import annotations

import pyarrow as pa

from jobs.graph.rows import table_of

RANKINGS = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("metric", pa.string()),
        ("value_low", pa.int64()),
        ("value_high", pa.int64()),
        ("rank_low", pa.int32()),
        ("rank_high", pa.int32()),
        ("is_largest_known", pa.bool_()),
        ("compared_with", pa.string()),
        ("statement", pa.string()),
    ]
)


def rank_metric(rows: pa.Table, night: str) -> pa.Table:
    """Rank the campaigns of one metric. `rows`: id, name, kind (`deliberate`, `suspicious`, `known`), metric, low, high.

    A null `high` is an unknown upper bound. `rank_low` is the best rank the intervals allow, `rank_high` the worst.
    A campaign is the largest known only when its lower bound lies above every other's upper bound; a known floor has no
    upper bound, so nothing can be said to exceed it.
    """
    everyone = sorted(rows.to_pylist(), key=lambda row: (row["kind"], row["id"]))
    made = [_rank(row, everyone, night) for row in everyone if row["kind"] != "known"]
    return table_of(made, RANKINGS)


def _rank(row: dict[str, object], everyone: list[dict[str, object]], night: str) -> tuple[object, ...]:
    others = [
        other
        for other in everyone
        if other["id"] != row["id"] and other["kind"] in ("known", "deliberate", row["kind"])
    ]
    low, high = int(str(row["low"])), int(str(row["high"]))
    surely_above = [other for other in others if int(str(other["low"])) > high]
    maybe_above = [other for other in others if other["high"] is None or int(str(other["high"])) >= low]
    best, worst = 1 + len(surely_above), 1 + len(maybe_above)
    largest = not maybe_above and bool(others)
    known = sum(1 for other in others if other["kind"] == "known")
    compared = f"{known} known incidents and {len(others) - known} campaigns of {night}"
    metric = str(row["metric"])
    amount = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    if largest:
        statement = f"largest known to this registry by {metric} as of {night}: {amount}"
    elif best == worst:
        statement = f"rank {best} of {len(others) + 1} by {metric} as of {night}: {amount}"
    else:
        statement = f"rank {best} to {worst} of {len(others) + 1} by {metric} as of {night}, bounds overlap: {amount}"
    return (row["id"], metric, low, high, best, worst, largest, compared, statement)

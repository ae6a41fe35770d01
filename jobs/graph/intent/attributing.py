"""Who may be behind a campaign: indicators weighed by rarity and by the grade of their source."""

from __future__ import annotations

import math
from collections import defaultdict
from typing import Any

import pyarrow as pa

from jobs.graph.rows import table_of

ATTRIBUTIONS = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("actor", pa.string()),
        ("level", pa.string()),
        ("likelihood", pa.float64()),
        ("analytic_confidence", pa.string()),
        ("supporting", pa.string()),
        ("contradicting", pa.string()),
        ("basis", pa.string()),
    ]
)
PRIOR_BITS = -5.0  # any one actor among about thirty who could
MAX_KIND_BITS = 5.0
RELIABILITY = {"A": 1.0, "B": 0.8, "C": 0.6, "D": 0.4, "E": 0.2, "F": 0.3}  # F: cannot be judged
CREDIBILITY = {1: 1.0, 2: 0.8, 3: 0.6, 4: 0.4, 5: 0.2, 6: 0.3}  # 6: cannot be judged
MIN_MEMBERS = 3


def attribute(matches: pa.Table) -> pa.Table:
    """`matches` of one campaign: one row per matched indicator with its members, population and source grades."""
    rows = sorted(matches.to_pylist(), key=lambda row: str(row["indicator_id"]))
    by_actor: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if row["members_matching"] >= min(MIN_MEMBERS, row["accounts"]):
            by_actor[row["actor"]].append(row)
    made = []
    for actor in sorted(by_actor):
        kinds: dict[str, float] = {}
        for row in by_actor[actor]:
            kinds[row["kind"]] = max(kinds.get(row["kind"], 0.0), _bits(row))
        against = [row for other in sorted(by_actor) if other != actor for row in by_actor[other]]
        rival = max((_bits(row) for row in against), default=0.0)
        bits = PRIOR_BITS + math.fsum(kinds.values()) - rival
        confidence = "moderate" if len(kinds) >= 2 and not against else "low"
        made.append(
            (
                rows[0]["campaign_id"],
                actor,
                "operator",
                round(1 / (1 + 2.0**-bits), 6),
                confidence,
                "; ".join(_text(row) for row in by_actor[actor]),
                "; ".join(_text(row) for row in against) or None,
                f"{len(by_actor[actor])} indicators of {len(kinds)} kinds; prior {PRIOR_BITS:g} bits",
            )
        )
    return table_of(made, ATTRIBUTIONS)


def _bits(row: dict[str, Any]) -> float:
    """log2 of how much commoner the indicator is inside than outside, discounted by its source's grade."""
    inside = (row["members_matching"] + 0.5) / (row["accounts"] + 1)
    rest = row["population"] - row["accounts"]
    outside = (max(row["accounts_matching"] - row["members_matching"], 0) + 0.5) / (rest + 1)
    grade = RELIABILITY[row["source_reliability"]] * CREDIBILITY[row["credibility"]]
    return float(min(MAX_KIND_BITS, max(0.0, math.log2(inside / outside))) * grade)


def _text(row: dict[str, Any]) -> str:
    return (
        f"{row['kind']} indicator {row['indicator_id']} ({row['actor']}, source {row['source_reliability']}"
        f"{row['credibility']}) matches {row['members_matching']} of {row['accounts']} accounts"
    )

"""What the members of a campaign share, one row per thing, instead of one line per account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SHOWN = 40  # things a page lists; the rest is counted


def things(evidence: Sequence[Mapping[str, Any]]) -> tuple[list[dict[str, Any]], int]:
    """The most shared things of a campaign's accounts, and how many there are; `evidence` are pieces with an entity."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in evidence:
        thing = found.setdefault(
            (row["signal"], row["entity"]),
            {
                "signal": row["signal"],
                "entity": row["entity"],
                "family": row["family"],
                "accounts": 0,
                "bits": row["bits"],
            },
        )
        thing["accounts"] += 1
        thing["bits"] = max(thing["bits"], row["bits"])
    ordered = sorted(found.values(), key=lambda thing: (-thing["accounts"], thing["signal"], thing["entity"]))
    return ordered[:SHOWN], len(ordered)

"""Pieces of evidence in the order people read them: what was supposed, then line by line, the weightiest first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jobs.vocabulary import LINES, Line

ORDER = (Line.PRIOR, Line.MEMBERSHIP, *LINES, Line.DECISION)


def by_line(row: Mapping[str, Any]) -> tuple[bool, int, float, str]:
    """Sort key of a row of `campaign_evidence`."""
    return (row["signal"] != Line.PRIOR, ORDER.index(row["line"]), -abs(row["bits"]), row["evidence_id"])


def standing(campaign: Mapping[str, Any]) -> str:
    """How the three lines of a published campaign stand, in one sentence."""
    parts = [f"{line} {campaign[f'{line}_bits'] or 0.0:+.1f}" for line in LINES]
    return f"Lines of evidence, in bits: {', '.join(parts)}; deliberate needs all three"

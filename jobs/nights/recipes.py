"""What each step of a night is made from. The digest of it is the step's fingerprint: equal means there is nothing to do.

Building and telling whether a night is stale ask the same function, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date

from jobs.nights.spans import spanned
from jobs.nights.steps import Step

Prints = Callable[[str], Mapping[date, str]]  # table name to the fingerprints of its nights


def parts(step: Step, night: date, prints: Prints, raw: Mapping[str, object]) -> dict[str, object]:
    """Everything that `step` of `night` depends on, by name; `raw` says what was delivered (staged tables only)."""
    inputs = {name: _of(prints(name), nights) for name, nights in reads(step, night).items()}
    return {"step": step.name, "night": night, "inputs": inputs, "raw": raw}


def reads(step: Step, night: date) -> dict[str, list[date]]:
    """Table to the nights of it that a step reads from the lake, where they were built; oldest first."""
    return {name: spanned(span, night) for name, span in step.reads.items()}


def _of(found: Mapping[date, str], nights: list[date]) -> dict[str, str]:
    return {night.isoformat(): found[night] for night in nights if night in found}

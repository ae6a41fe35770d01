"""What each step of a night is made from. The digest of it is the step's fingerprint: equal means there is nothing to do.

Building and telling whether a night is stale ask the same function, so they cannot disagree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta

from jobs import contracts
from jobs.columns import BEFORE, NIGHT, WINDOW_DAYS
from jobs.landing.shapes import FACT
from jobs.nights import steps
from jobs.staged import declared

REPEAT_DAYS = 3  # a repeat of a fact lies at most as far back as a fact may be late
VOLUME_DAYS = 7  # nights whose number of rows tonight's is compared with
VOLUMES_OF = ("staged.api_requests",)
ONE_DAY = timedelta(days=1)

Prints = Callable[[str], Mapping[date, str]]  # table name to the fingerprints of its nights


def parts(step: str, night: date, prints: Prints, raw: Mapping[str, object]) -> dict[str, object]:
    """Everything that `step` of `night` depends on, by name; `raw` says what was delivered (staged tables only)."""
    made: dict[str, object] = {"step": step, "night": night}
    if step in steps.staged_sources():
        return made | {
            "raw": raw,
            "earlier": _of(prints(step), earlier(step, night)),
            "networks": _networks(step, night, prints),
        }
    if step == steps.PUBLISH:
        return made | {"judged": prints(steps.WRITTEN_BY[steps.QUALITY]).get(night)}
    if step == steps.QUALITY:
        made["volumes"] = [_of(prints(name), before(night, VOLUME_DAYS)) for name in VOLUMES_OF]
    return made | {"inputs": {name: _of(prints(name), nights) for name, nights in reads(step, night).items()}}


def reads(step: str, night: date) -> dict[str, list[date]]:
    """Table to the nights of it that a step reads from the lake, where they were built; oldest first."""
    if step in steps.staged_sources():
        networks = {"staged.ip_networks": [night]} if step in steps.LOOKS_UP_NETWORKS else {}
        return {step: earlier(step, night), **networks}
    if step in steps.COLLECTS_STAGED:
        return {name: [night] for name in steps.staged_sources()}
    if step == steps.QUALITY:
        return {name: [night] for name in steps.upstream()[step]}
    if step == steps.PUBLISH:
        return {steps.WRITTEN_BY[steps.QUALITY]: [night]}
    return {name: spanned(span, night) for name, span in steps.inputs(step).items()}


def spanned(span: str, night: date) -> list[date]:
    """The nights that a span of `INPUTS` covers, oldest first."""
    if span == BEFORE:
        return [night - ONE_DAY]
    return [night] if span == NIGHT else [*before(night, WINDOW_DAYS - 1), night]


def earlier(step: str, night: date) -> list[date]:
    """The nights that may hold a fact which tonight's delivery repeats; none for snapshots."""
    is_fact = declared(contracts.load(step).table).kind == FACT
    return before(night, REPEAT_DAYS) if is_fact else []


def before(night: date, days: int) -> list[date]:
    """The `days` nights before a night, oldest first."""
    return [night - back * ONE_DAY for back in range(days, 0, -1)]


def _networks(step: str, night: date, prints: Prints) -> str | None:
    return prints("staged.ip_networks").get(night) if step in steps.LOOKS_UP_NETWORKS else None


def _of(found: Mapping[date, str], nights: list[date]) -> dict[str, str]:
    return {night.isoformat(): found[night] for night in nights if night in found}

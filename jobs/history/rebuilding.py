"""Rebuilds what is stale, in order: a night that is rebuilt makes those that were built on it stale, and so on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING

from jobs.nights import staleness, steps
from jobs.staged import declared
from jobs.warehouse import open_warehouse

if TYPE_CHECKING:
    from jobs.nights.run import Runner


def rebuild(
    run: Runner, told: Callable[[date, str], None], since: date | None = None, at_most: int | None = None
) -> list[date]:
    """Rebuild every stale published night with the rows that came late for it; gives the nights, oldest first.

    Only nights from `since` on, and no more than `at_most`. `told` hears of each night and why before it is built.
    """
    warehouse = open_warehouse(run.settings.warehouse, run.settings.root)
    late = timedelta(days=max(declared(name.split(".")[1]).late_days or 0 for name in steps.staged_sources()))
    rebuilt: list[date] = []
    for night in (each for each in warehouse.nights() if since is None or each >= since):
        if len(rebuilt) == at_most:
            break
        if reason := staleness.reasons(run.lake, run.settings.root, [night]).get(night):
            told(night, reason)
            run.run(night, known_on=night + late)
            rebuilt.append(night)
    warehouse.mark(staleness.reasons(run.lake, run.settings.root, warehouse.nights()))
    return rebuilt

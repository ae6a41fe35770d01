"""What stands where: nights landed, built, published and stale, and the checks that failed."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import date

from jobs.errors import IolausError
from jobs.lake.lake import Lake
from jobs.nights import keys, staleness, steps
from jobs.nights.run import landed_nights
from jobs.privacy import erasures
from jobs.settings import Settings
from jobs.warehouse import open_warehouse


@dataclass(frozen=True)
class NightStatus:
    """One night; `stale_because` names what changed since the night was built, or is None."""

    night: date
    is_landed: bool
    steps_built: int
    steps: int
    is_published: bool
    stale_because: str | None
    failed_checks: tuple[str, ...]


def nights(settings: Settings) -> list[NightStatus]:
    """Every night that landed or was built, oldest first. What is stale is marked in the warehouse, too, where it can be."""
    lake = Lake(settings.root, settings.catalog)
    warehouse = open_warehouse(settings.warehouse, settings.root)
    published = set(warehouse.nights())
    stale = staleness.reasons(lake, settings.root, published)
    with contextlib.suppress(OSError, IolausError):  # whoever may only read is told all the same
        warehouse.mark(stale)
    landed = set(landed_nights(settings))
    builds = {name: lake.builds(step.table) for name, step in steps.steps().items()}
    known = sorted(landed | published | {night for each in builds.values() for night in each})
    return [
        NightStatus(
            night=night,
            is_landed=night in landed,
            steps_built=sum(night in each for each in builds.values()),
            steps=len(builds),
            is_published=night in published,
            stale_because=stale.get(night),
            failed_checks=_failed(lake, night),
        )
        for night in known
    ]


def unfinished_erasures(settings: Settings) -> int:
    """Accounts that are registered as erased, but may still be in the lake or the warehouse."""
    return sum(1 for each in erasures.read(Lake(settings.root, settings.catalog)) if each.done_on is None)


def unfinished_rekey(settings: Settings) -> str | None:
    """What to do when a change of the key was begun and is not finished; None for nothing."""
    try:
        keys.require_settled(Lake(settings.root, settings.catalog))
    except IolausError as error:
        return str(error)
    return None


def _failed(lake: Lake, night: date) -> tuple[str, ...]:
    rows = lake.read_arrow(steps.JUDGED, night, night, ["table_name", "expectation", "severity", "success"]).to_pylist()
    return tuple(f"{row['severity']}: {row['table_name']} {row['expectation']}" for row in rows if not row["success"])

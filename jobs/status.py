"""What stands where: nights landed, built, published and stale, and the checks that failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from jobs import contracts, steps
from jobs.lake import Build, Lake
from jobs.run import landed_nights
from jobs.settings import Settings
from jobs.warehouse import open_warehouse


@dataclass(frozen=True)
class NightStatus:
    """One night; `stale_because` names what was rebuilt since the night was published, or is None."""

    night: date
    is_landed: bool
    steps_built: int
    steps: int
    is_published: bool
    stale_because: str | None
    failed_checks: tuple[str, ...]


def nights(settings: Settings) -> list[NightStatus]:
    """Every night that landed or was built, oldest first."""
    lake = Lake(settings.root, settings.catalog)
    published = set(open_warehouse(settings.warehouse, settings.root).nights())
    landed = set(landed_nights(settings))
    builds = {step: lake.builds(steps.WRITTEN_BY.get(step, step)) for step in steps.upstream()}
    known = sorted(landed | published | {night for each in builds.values() for night in each})
    return [
        NightStatus(
            night=night,
            is_landed=night in landed,
            steps_built=sum(night in each for each in builds.values()),
            steps=len(builds),
            is_published=night in published,
            stale_because=_stale(builds, night) if night in published else None,
            failed_checks=_failed(lake, night),
        )
        for night in known
    ]


def _stale(builds: dict[str, dict[date, Build]], night: date) -> str | None:
    """The first table that was rebuilt with other content after the night was published."""
    runs = builds[steps.PUBLISH].get(night)
    if runs is None:
        return None
    for step, each in builds.items():
        if not step.startswith("published.") and step not in steps.WRITTEN_BY:
            newer = [n for n, build in each.items() if n <= night and build.committed_ms > runs.committed_ms]
            if newer:
                return f"{step} of {min(newer)} was rebuilt"
    return None


def _failed(lake: Lake, night: date) -> tuple[str, ...]:
    table = steps.WRITTEN_BY[steps.QUALITY]
    if table not in contracts.names("published"):
        return ()
    rows = lake.read_arrow(table, night, night, ["table_name", "expectation", "severity", "success"]).to_pylist()
    return tuple(f"{row['severity']}: {row['table_name']} {row['expectation']}" for row in rows if not row["success"])

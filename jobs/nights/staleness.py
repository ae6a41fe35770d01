"""Which published nights no longer say what they would say if they were built now, and the first cause in one sentence.

A night is stale when a step of it would be made from something else: a raw partition changed, a later one brought rows
of the night, or a table it read was rebuilt. A night whose inputs are themselves stale is not stale yet: it becomes so
when they are rebuilt. A raw partition that was removed, and newer code, make no night stale.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from jobs import contracts, landing
from jobs.errors import IolausError
from jobs.lake.builds import Build
from jobs.lake.lake import Lake
from jobs.nights import fingerprints, recipes, staging, steps
from jobs.nights.records import Staged
from jobs.nights.records import staged as record_of
from jobs.nights.spans import ONE_DAY
from jobs.nights.steps import Builder, Step
from jobs.staged import declared

Builds = Mapping[str, Mapping[date, Build]]


@dataclass
class _Zone:
    """The raw zone as it is now, each partition looked at once. What cannot be read, or is being written, says nothing."""

    root: Path
    late: dict[tuple[str, date], dict[str, tuple[int, str]]] = field(default_factory=dict)

    def content(self, table: str, night: date, build: Build | None) -> tuple[date | None, str | None]:
        try:
            return landing.content(self.root, declared(table), night, record_of(build).files if build else {})
        except (IolausError, OSError):
            return None, None

    def brings(self, table: str, ds: date, build: Build | None) -> dict[str, tuple[int, str]] | None:
        """Rows and digest per earlier day in the partition `ds`, from its build when the files are as they were."""
        if (table, ds) not in self.late:
            found, content = self.content(table, ds, build)
            if found is None:
                return None
            known = record_of(build) if build else None
            if known and known.brings_late is not None and content == known.delivery["content_hash"]:
                self.late[table, ds] = dict(known.brings_late)
            else:
                try:
                    rows = landing.late_rows(landing.find(self.root, declared(table), ds))
                except (IolausError, OSError):
                    return None
                self.late[table, ds] = {f"{day}": (each.rows, each.digest) for day, each in rows.items()}
        return self.late[table, ds]


def reasons(lake: Lake, root: Path, nights: Collection[date], publishing: date | None = None) -> dict[date, str]:
    """Why each stale one of `nights` is stale, oldest first; the night that is just being `publishing` counts as published."""
    builds = {step.table: lake.builds(step.table) for step in steps.steps().values()}
    prints = {name: {day: build.fingerprint for day, build in each.items()} for name, each in builds.items()}
    zone = _Zone(root)
    found: dict[date, str] = {}
    for night in sorted(nights):
        for step in steps.steps().values():
            is_done_now = step.builder is Builder.PUBLISH and night == publishing
            reason = None if is_done_now else _reason(step, night, builds, prints, zone)
            if reason:
                found[night] = reason
                break
    return found


def _reason(
    step: Step, night: date, builds: Builds, prints: Mapping[str, Mapping[date, str]], zone: _Zone
) -> str | None:
    build = builds[step.table].get(night)
    if build is None or build.code is None:
        return None
    raw: Mapping[str, object] = {}
    if (record := Staged.of(build)) is not None:
        reason, raw = _raw(step, night, build, record, builds[step.table], zone)
        if reason:
            return reason
    made = fingerprints.fingerprint(recipes.parts(step, night, prints.__getitem__, raw), build.code)
    return None if made == build.fingerprint else _rebuilt(step, night, build, builds)


def _raw(
    step: Step, night: date, build: Build, record: Staged, own: Mapping[date, Build], zone: _Zone
) -> tuple[str | None, dict[str, object]]:
    """What changed in the raw zone since a staged table was built, if anything, and what it would be made from now."""
    table, then = contracts.load(step.table).table, record.delivery
    ds, content = zone.content(table, night, build)
    was = then["delivered_on"]
    is_gone = ds is None or (was is not None and f"{ds}" < str(was))
    was_content = str(then["content_hash"]) if then["content_hash"] else None
    raw = staging.raw_parts(was_content, record.used_late, record.first_key or record.key, record.left_out)
    if not is_gone and content != then["content_hash"]:
        happened = "changed" if f"{ds}" == was else "was delivered"
        return f"raw/{table}/ds={ds} {happened} after the night was built", raw
    for day in [night + ONE_DAY * (n + 1) for n in range(declared(table).late_days or 0)]:
        brings = zone.brings(table, day, own.get(day))
        if brings is None:
            continue
        rows, digest = brings.get(f"{night}", (0, None))
        if digest != record.used_late.get(f"{day}"):
            what = f"brought {rows} rows of the night after it was built" if rows else "changed what it had brought"
            return f"raw/{table}/ds={day} {what}", raw
    return None, raw


def _rebuilt(step: Step, night: date, build: Build, builds: Builds) -> str:
    """The first table of another night, or else of this one, that was rebuilt since."""
    newer = [
        (day == night, day, name)
        for name, days in recipes.reads(step, night).items()
        for day in days
        if day in builds[name] and builds[name][day].committed_ms >= build.committed_ms
    ]
    if not newer:
        return f"what {step.name} was built from has changed since"
    same_night, day, name = min(newer)
    if same_night:
        return f"{name} of this night was rebuilt and the night was not published since"
    return f"{name} of {day} was rebuilt after it was used"

"""Finds what is damaged in lake and warehouse, and mends what can be mended from what is left.

A catalog is written anew from the tables' own metadata; a table whose newest metadata are damaged goes back to the state before,
and what was built from the nights that it lost is emptied too. A night that does not hold what its build wrote is emptied and
marked, with everything that was built from it, so that nobody reads it until it is built again. Nights that the warehouse
lost are published again from the lake.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from jobs import contracts
from jobs.errors import IolausError
from jobs.lake import catalog, locks, rewriting
from jobs.lake.builds import builds_in
from jobs.lake.lake import WAY_BACK, Lake
from jobs.lake.snapshots import readable
from jobs.nights import agreement, recipes, steps
from jobs.nights.steps import Builder
from jobs.privacy import erasures
from jobs.settings import Settings
from jobs.warehouse import open_warehouse

Damaged = tuple[str, date]


@dataclass(frozen=True)
class Findings:
    """Sentences about what is damaged, what was mended, and the nights that have to be built again."""

    damages: tuple[str, ...]
    mended: tuple[str, ...] = ()
    to_build: tuple[date, ...] = ()


def examine(settings: Settings, is_verified: bool = False) -> Findings:
    """What is damaged; the bytes of every file are read where `is_verified`. Changes nothing."""
    try:
        lake, warehouse = Lake(settings.root, settings.catalog), open_warehouse(settings.warehouse, settings.root)
        found = _damaged(lake, is_verified)
        others = [
            _sentence(lambda: erasures.require_register(lake)),
            _sentence(lambda: warehouse.read_all() if is_verified else None),
            agreement.disagreement(lake, warehouse),
        ]
    except IolausError as error:
        return Findings((str(error),))
    return Findings((*found.values(), *filter(None, others)), to_build=_void(lake))


def _sentence(look: Callable[[], None]) -> str | None:
    """What is wrong, as it is told where it matters."""
    try:
        look()
    except IolausError as error:
        return str(error)
    return None


def mend(settings: Settings, is_verified: bool = False) -> Findings:
    """Mend what is damaged. Raises `IolausError` when a night is being built, or nothing is left to mend from."""
    mended = []
    if not (settings.root / "lake").is_dir():
        raise IolausError(
            f"There is no lake below {settings.root}: put it back from a backup, or build its nights again."
        )
    with locks.alone(settings.root / "lake"):
        before = examine(settings, is_verified)
        gone_back: list[str] = []
        try:
            _require_readable(Lake(settings.root, settings.catalog))
        except catalog.MovedLake:
            raise
        except IolausError:
            if settings.catalog:
                raise
            names = catalog.recovered(settings.root / "lake")
            mended.append(f"The catalog was written anew from the metadata of {len(names)} tables.")
            lake = Lake(settings.root, settings.catalog)
            gone_back = [name for name in names if lake.tables.gone_back(name)]
        lake = Lake(settings.root, settings.catalog)
        lost = _lost(lake, gone_back)
        mended += [f"Table {name} went back to what was built before {night}." for name, night in lost]
        found = {**_damaged(lake, is_verified), **dict.fromkeys(lost, "")}
        for name, night in _built_from(lake, found):
            if night in lake.builds(name):
                lake.void(name, night)
                mended.append(f"Table {name} of {night} was emptied, until it is built again.")
        for name in lake.tables.names():
            rewriting.drop(lake, name, [each.snapshot_id for each in lake.unreadable(name)])
        if is_verified and open_warehouse(settings.warehouse, settings.root).set_aside():
            mended.append("The damaged warehouse was put aside.")
        mended += [f"Night {night} was published again from the lake." for night in _publish_again(settings, lake)]
    after = examine(settings, is_verified)
    return Findings(
        (*before.damages, *(each for each in after.damages if each not in before.damages)),
        tuple(mended),
        after.to_build,
    )


def _damaged(lake: Lake, is_verified: bool) -> dict[Damaged, str]:
    lake.tables.all()
    found = {}
    for name in (step.table for step in steps.steps().values()):
        for night, build in sorted(lake.builds(name).items()):
            if not build.is_void and (sentence := lake.damage(name, night, is_verified)):
                found[name, night] = sentence
        for snapshot in lake.unreadable(name) if is_verified else ():
            for build in builds_in(name, snapshot):
                if lake.builds(name)[build.night].snapshot_id == build.snapshot_id:
                    found[name, build.night] = f"Table {name} has damaged metadata of {build.night}: {WAY_BACK}"
    return found


def _require_readable(lake: Lake) -> None:
    """Raises `IolausError` unless catalog and metadata of what stands in every table can be read."""
    for table in lake.tables.all():
        with readable(".".join(table.name()[-2:])):
            if (snapshot := table.current_snapshot()) is not None:
                lake.manifests.in_snapshot(table, snapshot)


def _lost(lake: Lake, gone_back: Collection[str]) -> list[Damaged]:
    """Nights that tables had before they went back: those that were judged since the first that they still have."""
    known = {night for name in (steps.JUDGED, steps.RUNS) for night in lake.builds(name)}
    return [
        (name, night)
        for name in gone_back
        for night in sorted(known - set(lake.builds(name)))
        if name != steps.RUNS and night >= min(lake.builds(name), default=night)
    ]


def _void(lake: Lake) -> tuple[date, ...]:
    tables = [step.table for step in steps.steps().values()]
    return tuple(sorted({night for name in tables for night, build in lake.builds(name).items() if build.is_void}))


def _built_from(lake: Lake, damaged: Collection[Damaged]) -> list[Damaged]:
    """What is damaged, and what was built from it, in the order in which it was built."""
    builds = {step.table: set(lake.builds(step.table)) for step in steps.steps().values()}
    tainted = set(damaged)
    for night in sorted({night for each in builds.values() for night in each}):
        for step in steps.steps().values():
            if night not in builds[step.table]:
                continue
            reads = recipes.reads(step, night) if step.builder is not Builder.STAGE else {}
            if any((name, day) in tainted for name, days in reads.items() for day in days):
                tainted.add((step.table, night))
    return sorted(tainted, key=lambda each: (each[1], each[0]))


def _publish_again(settings: Settings, lake: Lake) -> list[date]:
    """Let the warehouse have every night that the lake has published and that can be read."""
    warehouse = open_warehouse(settings.warehouse, settings.root)
    names = contracts.names("published")
    lost = sorted(set(lake.builds(steps.RUNS)) - set(warehouse.nights()))
    whole = [night for night in lost if not any((b := lake.builds(name).get(night)) and b.is_void for name in names)]
    for night in whole:
        warehouse.publish(night, {contracts.load(name).table: lake.read_arrow(name, night, night) for name in names})
    return whole

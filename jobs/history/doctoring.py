"""Finds what is damaged in lake and warehouse, and mends what can be mended from what is left.

A catalog is written anew from the tables' own metadata. A night that does not hold what its build wrote is emptied and
marked, with everything that was built from it, so that nobody reads it until it is built again. Nights that the warehouse
lost are published again from the lake.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from jobs import contracts
from jobs.errors import IolausError
from jobs.lake import catalog, locks
from jobs.lake.lake import Lake
from jobs.nights import agreement, recipes, steps
from jobs.nights.steps import Builder
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
        lake = Lake(settings.root, settings.catalog)
        found = _damaged(lake, is_verified)
        disagreement = agreement.disagreement(lake, open_warehouse(settings.warehouse, settings.root))
    except IolausError as error:
        return Findings((str(error),))
    return Findings((*found.values(), *([disagreement] if disagreement else [])), to_build=_void(lake))


def mend(settings: Settings, is_verified: bool = False) -> Findings:
    """Mend what is damaged. Raises `IolausError` when a night is being built, or nothing is left to mend from."""
    mended = []
    if not (settings.root / "lake").is_dir():
        raise IolausError(
            f"There is no lake below {settings.root}: put it back from a backup, or build its nights again."
        )
    with locks.alone(settings.root / "lake"):
        before = examine(settings, is_verified)
        try:
            Lake(settings.root, settings.catalog).tables.all()
        except catalog.MovedLake:
            raise
        except IolausError:
            if settings.catalog:
                raise
            tables = catalog.recovered(settings.root / "lake")
            mended.append(f"The catalog was written anew from the metadata of {tables} tables.")
        lake = Lake(settings.root, settings.catalog)
        found = _damaged(lake, is_verified)
        for name, night in _built_from(lake, found):
            lake.void(name, night)
            mended.append(f"Table {name} of {night} was emptied, until it is built again.")
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
    return found


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

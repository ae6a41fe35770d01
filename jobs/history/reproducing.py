"""Builds a published run's night once more from the snapshots it was built from, aside, and compares what comes out.

The recorded inputs are the staged tables of the night and what it read of earlier nights, by Iceberg snapshot: raw files
may be gone by then. Neither the lake nor the warehouse is written to.
"""

from __future__ import annotations

import contextlib
import json
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pyarrow as pa

from jobs import contracts
from jobs.errors import IolausError, QualityRefusal
from jobs.lake.builds import Build
from jobs.lake.lake import Lake
from jobs.nights import fingerprints, steps
from jobs.nights.listening import Built
from jobs.nights.records import Judged, Transformed
from jobs.nights.run import runner
from jobs.nights.steps import JUDGED, RUNS
from jobs.privacy import erasures
from jobs.settings import DEFAULT_WAREHOUSE, Settings
from jobs.warehouse import open_warehouse


@dataclass(frozen=True)
class Difference:
    """A table that came out otherwise: rows only published, and rows only built now."""

    table: str
    lost: int
    gained: int


@dataclass(frozen=True)
class Reproduction:
    """What became of it. `code_then` and `code_now` differ when this is not the code that built the night."""

    night: date
    code_then: str
    code_now: str
    tables: int
    differences: tuple[Difference, ...]


def reproduce(settings: Settings, run_id: str, done: Callable[[Built], None] = lambda built: None) -> Reproduction:
    """Rebuild the night of `run_id` in a temporary folder and compare every table that was published.

    Raises `IolausError` when no run has that id, or a snapshot that it needs has expired or was changed by an erasure.
    """
    lake = Lake(settings.root, settings.catalog)
    with lake.shared():
        return _reproduced(settings, lake, run_id, done)


def _reproduced(settings: Settings, lake: Lake, run_id: str, done: Callable[[Built], None]) -> Reproduction:
    night, code, snapshots = _recorded(lake, run_id)
    own = [name for name in snapshots if not name.startswith("staged.") and name != JUDGED]
    with tempfile.TemporaryDirectory(prefix="iolaus-reproduce-") as folder:
        # Publishing is no part of it; with a warehouse of its own it has no history to agree with.
        aside = replace(settings, root=Path(folder).resolve(), catalog=None, warehouse=DEFAULT_WAREHOUSE)
        copy = Lake(aside.root)
        register = lake.note(erasures.REGISTER)
        if register is not None:  # nights that left somebody out are not built without it
            copy.write_note(erasures.REGISTER, register)
        for build in _inputs(lake, night, snapshots, own):
            files = lake.paths(build.table, build.night, build.night, build.snapshot_id)
            copy.commit(build.table, build.night, files, build.fingerprint, build.properties, build.code)
        with runner(aside) as again:
            for step in (each for each in steps.upstream() if each in own):
                done(again.build(step, night))
            with contextlib.suppress(QualityRefusal):  # what it refuses now is a difference like others
                done(again.build(steps.QUALITY, night))
            then = _published(settings, lake, run_id, night, snapshots)
            found = [_difference(name, then[name], again.lake.read_arrow(name, night, night)) for name in then]
    differences = tuple(each for each in found if each is not None)
    return Reproduction(night, code, fingerprints.code_version(), len(found), differences)


def _recorded(lake: Lake, run_id: str) -> tuple[date, str, Mapping[str, int]]:
    """Night, code version and the snapshot of every table of a run, also of one that was published over since."""
    for build in reversed(lake.history(RUNS)):
        rows = lake.read_arrow(RUNS, build.night, build.night, snapshot_id=build.snapshot_id).to_pylist()
        for row in rows:
            if row["run_id"] == run_id and row["snapshots"]:
                return build.night, row["code_version"], json.loads(row["snapshots"])
    raise IolausError(
        f"No published run has the id {run_id} in the lake: take run_id from attribution.runs; a run whose snapshot in "
        f"{RUNS} has expired cannot be reproduced."
    )


def _published(
    settings: Settings, lake: Lake, run_id: str, night: date, snapshots: Mapping[str, int]
) -> dict[str, pa.Table]:
    """What the run published: from the warehouse, or from the lake's snapshots when a later run replaced it there."""
    warehouse = open_warehouse(settings.warehouse, settings.root)
    is_current = run_id in warehouse.read("runs", night)["run_id"].to_pylist()
    names = [name for name in snapshots if name.startswith("published.")]
    if is_current:
        return {name: warehouse.read(contracts.load(name).table, night) for name in names}
    then = {name: lake.build_of(name, night, snapshots[name]).snapshot_id for name in names}
    return {name: lake.read_arrow(name, night, night, snapshot_id=then[name]) for name in names}


def _inputs(lake: Lake, night: date, snapshots: Mapping[str, int], own: list[str]) -> Iterator[Build]:
    """What the night was built from: its staged tables, and each earlier night as it was when it was read."""
    wanted = {(name, night): snapshots[name] for name in snapshots if name.startswith("staged.")}
    for step in own:
        read = Transformed.of(lake.build_of(step, night, snapshots[step])).inputs
        wanted |= {
            (name, date.fromisoformat(day)): number
            for name, days in read.items()
            for day, number in days.items()
            if day != night.isoformat()
        }
    compared = Judged.of(lake.build_of(JUDGED, night, snapshots[JUDGED])).volumes
    wanted |= {
        (name, date.fromisoformat(day)): number for name, days in compared.items() for day, number in days.items()
    }
    for (name, day), number in sorted(wanted.items()):
        yield lake.build_of(name, day, number)


def _difference(name: str, then: pa.Table, now: pa.Table) -> Difference | None:
    """Rows compared as wholes, whatever their order; None when they are the same."""
    before, after = _rows(then), _rows(now)
    if before == after:
        return None
    return Difference(contracts.load(name).table, (before - after).total(), (after - before).total())


def _rows(table: pa.Table) -> Counter[str]:
    return Counter(json.dumps(row, default=str, sort_keys=True) for row in table.to_pylist())

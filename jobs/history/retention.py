"""Shortens the lake's history: old snapshots, and files that no snapshot refers to any more.

A table as it stands, the newest build of every night, and what is published of it always stay. A snapshot that stays keeps
all files of its table as they were when it was made, so a version of another night that was replaced later goes with the last
one of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from jobs.lake import rewriting
from jobs.lake.lake import Lake
from jobs.lake.snapshots import Version
from jobs.lake.tags import tag_of
from jobs.nights import leftovers, staging
from jobs.nights.steps import RUNS
from jobs.settings import Settings


@dataclass(frozen=True)
class Expired:
    """What went: snapshots by table, files, and their bytes; snapshots older than `before` were looked at."""

    before: datetime
    snapshots: Mapping[str, int]
    files: int
    bytes: int


def expire(settings: Settings, keep_days: int, now: datetime) -> Expired:
    """Drop snapshots that were committed more than `keep_days` before `now`, then files that nothing refers to.

    Raises `IolausError` when a night is being built.
    """
    before = now - timedelta(days=keep_days)
    lake = Lake(settings.root, settings.catalog)
    with rewriting.alone(lake):
        dropped = {name: _old(rewriting.versions(lake, name), before) for name in lake.tables.names()}
        runs = lake.read_arrow(RUNS, date.min, date.max, ["as_of_date", "run_id"]).to_pylist()
        published = {tag_of(run["as_of_date"], run["run_id"]) for run in runs}
        for name, snapshot_ids in dropped.items():
            rewriting.drop(lake, name, snapshot_ids, published)
        leftovers.remove(lake, settings.root)
        keep = staging.files_to_keep(lake)
        files, freed = rewriting.sweep(lake, keep, before=float("inf"), metadata_before=before.timestamp())
    return Expired(before, {name: len(each) for name, each in dropped.items() if each}, files, freed)


def _old(versions: list[Version], before: datetime) -> list[int]:
    newest = {build.night: build.snapshot_id for each in versions for build in each.builds}
    kept = {*newest.values(), *(each.snapshot_id for each in versions[-1:])}
    limit = before.timestamp() * 1000
    return [each.snapshot_id for each in versions if each.committed_ms < limit and each.snapshot_id not in kept]

"""History's side of the lake, for erasure, a change of the key and retention: what snapshots name, and how to let them not.

History is only rewritten by those two (`replace`) and only shortened by retention (`drop`). Both first commit tables
that do without a file; `sweep` removes files later, so that a process that dies leaves too much and never too little.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Collection, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from pyiceberg.exceptions import CommitFailedException
from pyiceberg.table import Table

from jobs import contracts, store
from jobs.errors import IolausError
from jobs.lake import locks
from jobs.lake.builds import ERASED_ON, PREFIX, REKEYED_ON, Build, said
from jobs.lake.catalog import Change, append_files
from jobs.lake.datafiles import digest_of, rows_in
from jobs.lake.lake import Lake
from jobs.lake.layout import PARTITION, of_night, plain
from jobs.lake.snapshots import Version, live_entries
from jobs.lake.tags import after_erasure, night_of_tag, point, tags

Revised = Callable[[Build], Mapping[str, str]]


@contextlib.contextmanager
def alone(lake: Lake) -> Iterator[None]:
    """Hold while history is rewritten or removed; ends with the process, however that ends.

    Raises `IolausError` when somebody holds the lake, or when it is a copy whose tables are still in another folder.
    """
    with locks.alone(lake.folder):
        lake.tables.forget_loaded()
        for name in lake.tables.names():
            lake.tables.open(name, fresh=True, create=False)
        yield


def versions(lake: Lake, name: str) -> list[Version]:
    """Every snapshot of a table with the files that its metadata name, oldest first; the last one is current."""
    table = lake.tables.existing(name, fresh=True)
    return [] if table is None else lake.manifests.versions(name, table)


def replace(
    lake: Lake,
    name: str,
    successors: Mapping[str, str | None],
    revised: Revised,
    today: date,
    why: str = ERASED_ON,
) -> bool:
    """Let no snapshot name the files in `successors`, nor hold a build that `revised` gives other properties.

    One transaction puts the successors (None: nothing is left) into the current rows and commits every night again
    whose builds lose their snapshots; another one drops those snapshots. Run again, it goes on where it was killed.
    `why`: what is recorded of the day, ERASED_ON or REKEYED_ON. Gives whether there was anything to do. Raises `IolausError`
    when another writer is at work.
    """
    table = lake.tables.existing(name, fresh=True)
    versions = [] if table is None else lake.manifests.versions(name, table)

    def is_old(version: Version) -> bool:
        changed = any(revised(build) != build.properties for build in version.builds)
        return changed or bool(version.named & successors.keys())

    old = {each.snapshot_id for each in versions if is_old(each)}
    if table is None or not old:
        return False
    try:
        if again := _to_commit_again(versions, old):
            if name in contracts.names():
                table = lake.tables.evolved(name, table)
            live = versions[-1].live
            removed = live & successors.keys()
            added = {path: new for path in sorted(removed) if (new := successors[path])}
            again_said = [
                said(
                    build.night,
                    build.fingerprint,
                    sum(
                        rows_in(added.get(path, path))
                        for path in of_night(live, build.night) - (removed - added.keys())
                    ),
                    build.code,
                    revised(build),
                    digest_of(added.get(path, path) for path in of_night(live, build.night) - (removed - added.keys())),
                )
                | {
                    "committed_ms": build.committed_ms,
                    "replaces": sorted(_stands_for(versions, build.night, old)),
                    **_days(build),
                    why: today.isoformat(),
                    **({"renamed": sorted({build.snapshot_id, *build.renamed})} if why == REKEYED_ON else {}),
                }
                for build in again
            ]
            with Change(table) as transaction:
                if removed:
                    with _one_by_one(transaction.update_snapshot().overwrite()) as overwritten:
                        for entry in live_entries(table):
                            if plain(entry.data_file.file_path) in removed:
                                overwritten.delete_data_file(entry.data_file)
                append_files(transaction, table, list(added.values()), {PREFIX + "builds": json.dumps(again_said)})
        table = lake.tables.open(name, fresh=True, create=False)
        versions = lake.manifests.versions(name, table)
        old = {each.snapshot_id for each in versions if is_old(each)}
        point(table, after_erasure(tags(table), versions, old))
        _drop(table, old)
    except CommitFailedException as error:
        raise IolausError(f"Table {name} was changed by another writer: run the command again.") from error
    return True


def _one_by_one(update: Any) -> Any:
    """PyIceberg's threads ask one object about several manifests at once, which mixes them up; here each is asked of its own."""
    made = update._build_manifest_evaluator
    update._build_manifest_evaluator = lambda spec_id: lambda manifest: made(spec_id)(manifest)
    return update


def _days(build: Build) -> dict[str, str]:
    """The days on which a build was rewritten before."""
    days = {ERASED_ON: build.erased_on, REKEYED_ON: build.rekeyed_on}
    return {why: day.isoformat() for why, day in days.items() if day}


def drop(lake: Lake, name: str, snapshot_ids: Collection[int], kept_tags: Collection[str] = ()) -> None:
    """Forget snapshots of a table with the tags of their nights; their files stay until `sweep`.

    What is current, has one of `kept_tags`, or a tag that is of no night, stays.
    """
    table = lake.tables.existing(name, fresh=True)
    if table is not None:
        named = tags(table)
        kept = {each for tag, each in named.items() if tag in kept_tags or night_of_tag(tag) is None}
        chosen = set(snapshot_ids) - kept
        point(table, {tag: None for tag, each in named.items() if each in chosen})
        _drop(table, chosen)


def sweep(lake: Lake, needed: Collection[str], before: float, metadata_before: float | None = None) -> tuple[int, int]:
    """Delete what no snapshot refers to and was last written before `before` (seconds since 1970); gives files, bytes.

    `needed` are data files that are about to be committed. Table metadata that are not current are deleted when older
    than `metadata_before`. Only files below the lake's folder are looked at. Call it with the lake held `alone`.
    """
    referred = set(needed)
    for name in lake.tables.names():
        table = lake.tables.open(name, fresh=True, create=False)
        referred |= {path for version in lake.manifests.versions(name, table) for path in version.live}
        referred |= {plain(table.metadata_location)}
        for snapshot in table.snapshots():
            referred.add(plain(snapshot.manifest_list))
            referred |= {plain(each.manifest_path) for each in snapshot.manifests(table.io)}
    files = freed = 0
    below = (store.files_below(lake.folder / layer) for layer in contracts.LAYERS)
    for path, stat in [each for found in below for each in found.items()]:
        is_metadata = path.name.endswith(".metadata.json")
        limit = metadata_before if is_metadata else before
        if str(path) in referred or limit is None or stat.st_mtime >= limit:
            continue
        path.unlink()
        files, freed = files + 1, freed + stat.st_size
        is_in_folders = path.parent.name != "metadata" and not store.is_object(path)
        for folder in (path.parent, path.parent.parent) if is_in_folders else ():
            with contextlib.suppress(OSError):
                folder.rmdir()  # only when empty
    return files, freed


def sweep_night(lake: Lake, night: date, needed: Collection[str]) -> None:
    """Delete data files of a night that no snapshot names and that are not `needed`. Call it while nobody builds."""
    for name in lake.tables.names():
        layer, table = name.split(".")[-2:]
        found = set((lake.folder / layer / table / "data" / f"{PARTITION}={night.isoformat()}").glob("*/*"))
        if not found:
            continue
        known = {Path(path) for path in needed} | {
            Path(path) for version in versions(lake, name) for path in version.named
        }
        for path in found - known:
            path.unlink(missing_ok=True)
        for folder in {path.parent for path in found - known}:
            with contextlib.suppress(OSError):
                folder.rmdir()  # only when empty


def _drop(table: Table, snapshot_ids: Collection[int]) -> None:
    known = {each.snapshot_id for each in table.snapshots()} - {each.snapshot_id for each in table.refs().values()}
    if chosen := sorted(known & set(snapshot_ids)):
        table.maintenance.expire_snapshots().by_ids(chosen).commit()


def _to_commit_again(versions: list[Version], old: Collection[int]) -> list[Build]:
    """The standing build of every night whose builds lose snapshots, unless it survives and stands for them already."""
    builds = [build for each in versions for build in each.builds]
    standing = {build.night: build for build in builds}  # of a night's builds the last one stands
    lost: dict[date, set[int]] = {}
    for build in builds:
        if build.snapshot_id in old:
            lost.setdefault(build.night, set()).add(build.snapshot_id)
    return [
        build
        for build in builds
        if build is standing[build.night] and not lost.get(build.night, set()) <= set(build.replaces)
    ]


def _stands_for(versions: list[Version], night: date, gone: Collection[int]) -> set[int]:
    """Snapshots of a night's builds that go, and those which they stood for themselves."""
    builds = [build for each in versions for build in each.builds if build.night == night]
    lost = {build.snapshot_id for build in builds if build.snapshot_id in gone}
    return lost.union(*(build.replaces for build in builds))

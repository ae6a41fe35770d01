"""Names of published versions: Iceberg tags, by which any reader finds what a run published of a night in every table.

A snapshot's id changes when rows are erased or a lake is taken over; its tag goes with what it names, or goes away.
"""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping, Sequence
from datetime import date

from pyiceberg.table import Table
from pyiceberg.table.refs import SnapshotRefType

from jobs.lake.snapshots import Version

DATE_LENGTH = len("2026-03-02")


def tag_of(night: date, run_id: str) -> str:
    """The tag of what a run published of a night: `2026-03-02-<run_id>`."""
    return f"{night.isoformat()}-{run_id}"


def night_of_tag(tag: str) -> date | None:
    """The night whose version a tag names; None for a tag or branch that is not of a published night."""
    if tag[DATE_LENGTH : DATE_LENGTH + 1] == "-":
        with contextlib.suppress(ValueError):
            return date.fromisoformat(tag[:DATE_LENGTH])
    return None


def tags(table: Table) -> dict[str, int]:
    """Every tag of a table with the snapshot that it names, also such as are not of a published night."""
    return {name: ref.snapshot_id for name, ref in table.refs().items() if ref.snapshot_ref_type == SnapshotRefType.TAG}


def after_erasure(
    named: Mapping[str, int], versions: Sequence[Version], gone: Collection[int]
) -> dict[str, int | None]:
    """Where tags of snapshots that go are to point: to what stands for the version of their night; None where nothing does.

    `versions` oldest first. An erasure leaves a build its fingerprint: a version with another one than what stands was replaced,
    and it or one that is of no night is not found any more.
    """
    made = {(version.snapshot_id, build.night): build.fingerprint for version in versions for build in version.builds}
    stands = {night: snapshot_id for snapshot_id, night in made if snapshot_id not in gone}
    found: dict[str, int | None] = {}
    for tag, snapshot_id in named.items():
        night = night_of_tag(tag)
        if snapshot_id in gone:
            successor = stands.get(night) if night else None
            is_same = night and successor and made[successor, night] == made.get((snapshot_id, night))
            found[tag] = successor if is_same else None
    return found


def point(table: Table, tags: Mapping[str, int | None]) -> None:
    """Let tags name other snapshots, or nothing, in one commit; no commit where they do already."""
    if changed := {tag: each for tag, each in sorted(tags.items()) if each != _named_by(table, tag)}:
        with table.manage_snapshots() as change:
            for tag, snapshot_id in changed.items():
                if snapshot_id is None:
                    change.remove_tag(tag)
                else:
                    change.create_tag(snapshot_id, tag)


def _named_by(table: Table, tag: str) -> int | None:
    ref = table.refs().get(tag)
    return ref.snapshot_id if ref else None

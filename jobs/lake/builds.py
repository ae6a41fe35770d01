"""A build: one committed night of one table, as its snapshot's properties tell it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pyiceberg.table.snapshots import Snapshot

PREFIX = "iolaus."
ADDED_BYTES = "added-files-size"  # as Iceberg calls it; a snapshot that adds no file does not have it
ERASED_ON, REKEYED_ON = "erased_on", "rekeyed_on"  # why a build stands for another
VOID = "void"  # the fingerprint of a night that was found damaged and has to be built again


@dataclass(frozen=True)
class Build:
    """One committed night of one table. `properties` are what the builder recorded about it; `code` is the code version.

    `digest` is of the bytes of its files, whatever they are called. An erasure and a change of the key leave its fingerprint and
    time as they were, and `replaces` has the snapshots that it stands for since; `renamed` those among them that held the same
    rows with other tokens. `size_bytes` of its files is not known of one after that.
    """

    table: str
    night: date
    fingerprint: str
    rows: int
    snapshot_id: int
    committed_ms: int
    properties: Mapping[str, str]
    code: str | None = None
    replaces: tuple[int, ...] = ()
    erased_on: date | None = None
    rekeyed_on: date | None = None
    renamed: tuple[int, ...] = ()
    digest: str | None = None
    size_bytes: int | None = None

    @property
    def is_void(self) -> bool:
        return self.fingerprint == VOID


def builds_in(name: str, snapshot: Snapshot) -> tuple[Build, ...]:
    """What a snapshot says about the builds that it holds: one, after an erasure many; none where it only removed files."""
    summary = snapshot.summary.additional_properties if snapshot.summary else {}
    said = {key.removeprefix(PREFIX): value for key, value in summary.items() if key.startswith(PREFIX)}
    parts: list[dict[str, Any]] = json.loads(said["builds"]) if "builds" in said else [said] if "night" in said else []
    return tuple(
        Build(
            table=name,
            night=date.fromisoformat(part["night"]),
            fingerprint=part["fingerprint"],
            rows=int(part["rows"]),
            snapshot_id=snapshot.snapshot_id,
            committed_ms=int(part.get("committed_ms", snapshot.timestamp_ms)),
            properties=json.loads(part["properties"]),
            code=part.get("code"),
            digest=part.get("digest"),
            replaces=tuple(part.get("replaces", ())),
            size_bytes=int(summary.get(ADDED_BYTES, 0)) if part is said else None,
            erased_on=_day(part, ERASED_ON),
            rekeyed_on=_day(part, REKEYED_ON),
            renamed=tuple(part.get("renamed", ())),
        )
        for part in parts
    )


def _day(part: Mapping[str, Any], why: str) -> date | None:
    return date.fromisoformat(part[why]) if why in part else None


def said(
    night: date,
    fingerprint: str,
    rows: int,
    code: str | None,
    properties: Mapping[str, str],
    digest: str | None = None,
) -> dict[str, str]:
    """What a snapshot says about one build, without the prefix."""
    made = {
        "night": night.isoformat(),
        "fingerprint": fingerprint,
        "rows": str(rows),
        "properties": json.dumps(dict(properties), sort_keys=True),
    }
    return made | ({"code": code} if code else {}) | ({"digest": digest} if digest else {})

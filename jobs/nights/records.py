"""What a build records about itself in its snapshot's properties, typed.

Properties are texts; only this module writes and reads them. `of` gives what a build recorded, with a default for what
builds of earlier versions did not say.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any

from jobs.lake.builds import Build
from jobs.privacy.erasures import LEFT_OUT

Brought = tuple[int, str]  # rows of an earlier day in a partition, and their digest
Read = tuple[int, int, str]  # of a raw file: bytes, when it was last written (ns), SHA-256
Snapshots = Mapping[str, Mapping[str, int]]  # table to night to the snapshot of it that was read


@dataclass(frozen=True)
class Staged:
    """A staged night: `delivery` is its row of `staged.deliveries`, `key` the id of the chain of keys, `first_key` of its first.

    `knows`: the last partition whose rows it could use. `used_late`: partition to the digest of the rows that it took from
    there. `brings_late`: earlier day to what the night's own partition brings for it. `files`: raw file to how it was when
    read. `rejected_files`: data files of its rejected rows. `left_out`: digest of the erased accounts whose rows it left
    out, None for none; an account that was erased later is not in it, its rows left the night without a new build.
    """

    key: str
    knows: date
    delivery: Mapping[str, Any]
    files: Mapping[str, Read] = field(default_factory=dict)
    rejected_files: Sequence[str] = ()
    used_late: Mapping[str, str] = field(default_factory=dict)
    brings_late: Mapping[str, Brought] | None = None
    left_out: str | None = None
    first_key: str | None = None  # None: it is the only one

    @classmethod
    def of(cls, build: Build) -> Staged | None:
        """What a build recorded; None for one of a table that is not staged from the raw zone."""
        said = build.properties
        if "delivery" not in said:
            return None
        brings = json.loads(said.get("brings_late", "null"))
        return cls(
            key=said["key"],
            knows=date.fromisoformat(said.get("knows", build.night.isoformat())),
            delivery=json.loads(said["delivery"]),
            files={name: tuple(each) for name, each in json.loads(said.get("files", "{}")).items()},
            rejected_files=tuple(json.loads(said.get("rejected_files", "[]"))),
            used_late=json.loads(said.get("used_late", "{}")),
            brings_late=None if brings is None else {day: tuple(each) for day, each in brings.items()},
            left_out=said.get(LEFT_OUT),
            first_key=said.get("first_key"),
        )

    def properties(self) -> dict[str, str]:
        return {
            "key": self.key,
            "knows": self.knows.isoformat(),
            "delivery": json.dumps(dict(self.delivery)),
            "files": json.dumps(dict(self.files)),
            "rejected_files": json.dumps(list(self.rejected_files)),
            "used_late": json.dumps(dict(self.used_late)),
            **({} if self.brings_late is None else {"brings_late": json.dumps(dict(self.brings_late))}),
            **({} if self.left_out is None else {LEFT_OUT: self.left_out}),
            **({} if self.first_key is None else {"first_key": self.first_key}),
        }

    def under(self, ids: Sequence[str], rejected_files: Sequence[str]) -> Staged:
        """The record once the night was brought under a chain of keys, given the ids of its beginnings."""
        return replace(self, key=ids[-1], first_key=ids[0], rejected_files=tuple(rejected_files))

    def without(self, staged: int, rejected: int, rejected_files: Sequence[str]) -> Staged:
        """The record once `staged` and `rejected` rows of the night were erased; they count as erased from then on."""
        counts = dict(self.delivery)
        counts["staged"] -= staged
        counts["rejected"] -= rejected
        counts["erased"] = (counts.get("erased") or 0) + staged + rejected
        return replace(self, delivery=counts, rejected_files=tuple(rejected_files))


def staged(build: Build) -> Staged:
    """The record of a build of a staged table that has a raw table."""
    found = Staged.of(build)
    assert found is not None, f"{build.table} of {build.night} is not staged from the raw zone"
    return found


@dataclass(frozen=True)
class Transformed:
    """A transformed night: the snapshots of what it read."""

    inputs: Snapshots

    @classmethod
    def of(cls, build: Build) -> Transformed:
        return cls(json.loads(build.properties["inputs"]))

    def properties(self) -> dict[str, str]:
        return {"inputs": json.dumps({name: dict(each) for name, each in self.inputs.items()}, sort_keys=True)}


@dataclass(frozen=True)
class Judged:
    """A judged night: whether a critical check refused it, and the snapshots of the nights its volumes were compared with."""

    is_refused: bool
    volumes: Snapshots

    @classmethod
    def of(cls, build: Build) -> Judged:
        return cls(build.properties.get("refused") != "no", json.loads(build.properties.get("volumes", "{}")))

    def properties(self) -> dict[str, str]:
        volumes = {name: dict(each) for name, each in self.volumes.items()}
        return {"refused": "yes" if self.is_refused else "no", "volumes": json.dumps(volumes)}

"""Which code and which inputs made a table: the fingerprint that lets an unchanged step be skipped."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
CANNOT_SHAPE_A_NIGHT = frozenset(
    {"cli", "evaluation", "history", "linking", "simulate", "telemetry", "views"}
)  # rooms of `jobs`, whole


@functools.cache
def code_version() -> str:
    """Digest (16 hex digits) of the source of everything that shapes a table: jobs and contracts."""
    source = hashlib.sha256()
    for path in shaping():
        source.update(f"{path.relative_to(PACKAGE.parent).as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return source.hexdigest()[:16]


def shaping(package: Path = PACKAGE) -> list[Path]:
    """The files that a night's tables depend on: every contract, and every module but those of rooms that cannot shape one."""
    modules = [each for each in package.rglob("*.py") if each.relative_to(package).parts[0] not in CANNOT_SHAPE_A_NIGHT]
    return sorted([*modules, *package.parent.joinpath("schemas").rglob("*.yaml")])


def fingerprint(parts: Mapping[str, object], code: str | None = None) -> str:
    """Digest (32 hex digits) of the code version, this one unless told, and of `parts`, whatever their order."""
    return digest({"code": code or code_version(), **parts})


def digest(value: object) -> str:
    """Digest (32 hex digits) of anything that can be written as JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:32]

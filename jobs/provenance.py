"""Which code and which inputs made a table: the fingerprint that lets an unchanged step be skipped."""

from __future__ import annotations

import functools
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
NOT_PART_OF_A_NIGHT = (
    "simulate",
    "report",
    "cli.py",
    "console.py",
    "dictionary.py",
    "evaluate.py",
    "forgetting.py",
    "reproducing.py",
    "retention.py",
    "staleness.py",
    "status.py",
)


@functools.cache
def code_version() -> str:
    """Digest (16 hex digits) of the source of everything that shapes a table: jobs and contracts."""
    source = hashlib.sha256()
    for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.parent.joinpath("schemas").rglob("*.yaml")]):
        relative = path.relative_to(PACKAGE.parent)
        if not any(part in NOT_PART_OF_A_NIGHT for part in relative.parts):
            source.update(f"{relative.as_posix()}\0".encode() + path.read_bytes() + b"\0")
    return source.hexdigest()[:16]


def fingerprint(parts: Mapping[str, object], code: str | None = None) -> str:
    """Digest (32 hex digits) of the code version, this one unless told, and of `parts`, whatever their order."""
    return digest({"code": code or code_version(), **parts})


def digest(value: object) -> str:
    """Digest (32 hex digits) of anything that can be written as JSON."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, default=str).encode()).hexdigest()[:32]

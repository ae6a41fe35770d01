"""Where the lake keeps what: one folder per table, night and build; names say nothing that metadata do not."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from datetime import date
from pathlib import Path

from jobs import store

PARTITION = "ds"


def fresh_path(folder: Path, name: str, night: date) -> Path:
    """A folder for the data files of a build, which nobody reads yet."""
    layer, table = name.split(".")
    return folder / layer / table / "data" / f"{PARTITION}={night.isoformat()}" / uuid.uuid4().hex


def successor_path(path: str, mark: str) -> Path:
    """Where what is left of a data file goes: the same for the same file and `mark`, however often it is asked for."""
    return store.place(path).parent.parent / uuid.uuid5(uuid.NAMESPACE_URL, f"{path}\0{mark}").hex / "part-0.parquet"


def night_of(path: str) -> date:
    """The night that a data file belongs to."""
    return date.fromisoformat(Path(path).parent.parent.name.removeprefix(f"{PARTITION}="))


def of_night(paths: Collection[str], night: date) -> set[str]:
    return {path for path in paths if night_of(path) == night}


def plain(location: str) -> str:
    """A file's path, of the URL that metadata have."""
    return location.removeprefix("file://")

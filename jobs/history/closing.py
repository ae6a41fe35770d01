"""Which of what iolaus keeps other users of the machine can read, and how it is closed to them.

Commands make files and folders for their own user alone, whatever the umask is. What was made before, or by an engine
elsewhere, may be open. The raw zone belongs to those who deliver it and is not looked at.
"""

from __future__ import annotations

import contextlib
import stat
from collections.abc import Iterable
from pathlib import Path

from jobs import store
from jobs.settings import Settings, warehouse_place

OTHERS = stat.S_IRWXG | stat.S_IRWXO
DUCKDB = "duckdb://"
KEPT = ("lake", "quality", "report")  # below the root


def opened(settings: Settings) -> list[Path]:
    """Files and folders that group or others may read, write or enter, sorted."""
    kept = (
        [] if store.is_object(settings.root) else [settings.root / name for name in KEPT]
    )  # objects have no such rights
    places = [*kept, *_warehouse(settings)]
    found = [each for place in places if place.exists() for each in (place, *place.rglob("*"))]
    return sorted(path for path in found if _mode(path) & OTHERS)


def _mode(path: Path) -> int:
    """Rights of a file or folder; none of a link, and of what another process removed meanwhile."""
    try:
        found = path.lstat().st_mode
    except FileNotFoundError:
        return 0
    return 0 if stat.S_ISLNK(found) else found


def _warehouse(settings: Settings) -> list[Path]:
    """The file of a DuckDB warehouse with what stands beside it on its behalf; none of a server's."""
    if not settings.warehouse.startswith(DUCKDB):
        return []
    file = Path(warehouse_place(settings.warehouse).replace("{root}", str(settings.root))).resolve()
    return [file, *file.parent.glob(f"{file.name}.wal"), *file.parent.glob(f".{file.name}.*")]


def close(paths: Iterable[Path]) -> int:
    """Take every right of group and others away; gives how many were closed."""
    closed = 0
    for path in paths:
        with contextlib.suppress(FileNotFoundError):  # removed meanwhile
            path.chmod(path.stat().st_mode & ~OTHERS)
            closed += 1
    return closed

"""What a process that was killed leaves: intermediate frames, files that no snapshot names, pages and notes half written.

Nobody reads any of it. It may be removed by whoever holds the lake alone, or all of its nights.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable
from datetime import date
from pathlib import Path

from jobs import quality
from jobs.lake import rewriting
from jobs.lake.catalog import CATALOG, HEADS
from jobs.lake.lake import Lake
from jobs.nights import staging

REPORTS = "report"


def remove(lake: Lake, root: Path, night: date | None = None) -> None:
    """Remove it below a root; of data files those of `night`, where one is given.

    Call it while no step is built.
    """
    lake.clear_scratch(left_over_seconds=0)
    if night is not None:
        rewriting.sweep_night(lake, night, staging.files_to_keep(lake))
    quality.remove_left_overs(root / "quality" / "data_docs")
    _unlink(root.glob(f"{REPORTS}/.20*"))
    _unlink((lake.folder / HEADS).glob(".*"))
    _unlink(lake.folder.glob(".*.aside"))
    _unlink(lake.folder.glob(f".{CATALOG}.*"))


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)

"""What was linked, as Parquet or CSV: which, the target's suffix says. A file stands there whole or not at all."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from jobs.errors import UsageError

FORMATS = ("", ".parquet", ".csv")  # of a name without a suffix Parquet is meant


def check_target(source: Path, target: Path) -> None:
    """Raises `UsageError` when the target is of no known format, a folder, or the source itself."""
    if target.suffix.lower() not in FORMATS:
        raise UsageError(f"The file {target} is of no known format: --out takes .parquet or .csv.")
    if target.is_dir():
        raise UsageError(f"The file {target} is a folder: let --out name a file in it.")
    if source.exists() and target.exists() and target.samefile(source):
        raise UsageError(f"The file {target} holds the observations: let --out name another file.")


def write_linked(linked: pa.Table, target: Path) -> None:
    """Account ids stand in a CSV as they were read, each between quotes: the file is for programs and for joins."""
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(target.name + ".tmp")
    if target.suffix.lower() == ".csv":
        pa.csv.write_csv(linked, aside)
    else:
        pq.write_table(linked, aside)
    aside.replace(target)

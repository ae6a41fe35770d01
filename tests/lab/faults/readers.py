"""Somebody who reads lake and warehouse all the time, from another process, while they are written."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from pathlib import Path

from tests.lab.faults.processes import Started, forked
from tests.lab.faults.worlds import State

LAKE = (
    "staged.api_requests",
    "campaigns.clusters",
    "campaigns.members",
    "published.campaigns",
    "published.account_verdicts",
)


def reading(root: Path, allowed: Sequence[State]) -> Started:
    """Start a reader that notes in its output every look that is none of the states `allowed`; it reads until it is killed."""
    return forked(lambda: _read(root, allowed), "reader")


def seen(reader: Started) -> tuple[int, list[str]]:
    """Looks, and those that were none of what may be seen. Ends the reader."""
    reader.kill()
    ended = reader.ended()
    lines = [json.loads(line) for line in ended.told.splitlines() if line.endswith("}")]
    return max((each["looks"] for each in lines), default=0), [each["wrong"] for each in lines if each.get("wrong")]


def _read(root: Path, allowed: Sequence[State]) -> None:
    from jobs import contracts

    tables = contracts.names("published")
    of_warehouse = [{key: rows[0] for key, rows in each.items() if key.startswith("warehouse ")} for each in allowed]
    looks = 0
    while True:
        looks += 1
        wrong = None
        with contextlib.suppress(FileNotFoundError):
            found = _warehouse(root, tables)
            if found is not None and found not in of_warehouse:
                kept = min(of_warehouse, key=lambda each: len(each.items() ^ found.items()))
                wrong = f"warehouse: {sorted(kept.items() ^ found.items())[:4]}"
        wrong = wrong or _lake(root, allowed)
        print(json.dumps({"looks": looks, "wrong": wrong}), flush=True)


def _warehouse(root: Path, tables: Sequence[str]) -> dict[str, int] | None:
    """Rows of every table and night by one connection, as a tool for reports has it."""
    import duckdb

    path = root / "warehouse.duckdb"
    if not path.exists():
        return None
    found = {}
    with duckdb.connect(str(path), read_only=True) as connection:
        held = {row[0] for row in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()}
        for name in tables:
            table = name.split(".")[1]
            if table in held:
                query = f"SELECT as_of_date, count(*) FROM attribution.{table} GROUP BY 1"
                found |= {f"warehouse {name} {night}": rows for night, rows in connection.execute(query).fetchall()}
    return found


def _lake(root: Path, allowed: Sequence[State]) -> str | None:
    """Rows of nights of a table, each as a reader of Iceberg sees it: planned, then read."""
    from jobs.errors import IolausError
    from jobs.lake.lake import Lake

    if not (root / "lake" / "catalog.db").exists():
        return None
    for name in LAKE:
        for key in {key for each in allowed for key in each if key.startswith(f"lake {name} ")}:
            may = {each[key][0] if key in each else 0 for each in allowed}
            from datetime import date

            night = date.fromisoformat(key.split()[-1])
            try:
                rows = Lake(root).read_arrow(name, night, night).num_rows
            except (IolausError, OSError):  # a file of a version that went meanwhile: a reader looks again
                continue
            if rows not in may:
                return f"{key}: {rows} rows, where {sorted(may)} may be"
    return None

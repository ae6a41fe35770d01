"""Reads a published night from a lake as docs/iceberg.md says to in DuckDB: `python -m tests.lab.duckdb_iceberg ROOT`.

DuckDB's extension is made for one release of DuckDB, so both are installed into an environment of their own, from PyPI;
what they find is compared with what the warehouse shows.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Any

from jobs import contracts
from jobs.lake.lake import Lake
from jobs.warehouse import open_warehouse

RELEASE = "1.5.5"  # the newest with packaged extensions
PACKAGES = [f"{name}=={RELEASE}" for name in ("duckdb", "duckdb-extension-avro", "duckdb-extension-iceberg")]
READER = """
import duckdb, importlib, json, pathlib, sys
connection = duckdb.connect()
for name in ("avro", "iceberg"):
    folder = pathlib.Path(importlib.import_module(f"duckdb_extension_{name}").__file__).parent
    (file,) = folder.rglob("*.duckdb_extension")
    connection.execute(f"INSTALL '{file}'")
    connection.execute(f"LOAD {name}")
found = []
for statements in json.load(sys.stdin):
    *before, last = [each for each in statements.split(";") if each.strip()]
    for each in before:
        connection.execute(each)
    found.append(connection.execute(last).fetchall())
print(json.dumps(found, default=str))
"""


def documented() -> tuple[str, str]:
    """The SQL of the page: what chooses the version, and the SELECT."""
    page = Path(__file__).parents[2].joinpath("docs/iceberg.md").read_text(encoding="utf-8")
    (text,) = re.findall(r"```sql\n(INSTALL.*?)```", page, re.DOTALL)
    choice, select = text.split("\n", 1)[1].split(";\n", 1)
    return choice, select


def statements(root: Path) -> tuple[list[str], list[Any]]:
    """What DuckDB is to run for every table but `runs`, and what the warehouse shows: rows, and those of the campaigns' names."""
    shown, lake = open_warehouse("duckdb:///{root}/warehouse.duckdb", root), Lake(root)
    night = shown.newest()
    assert night, "no night is published"
    (run,) = shown.read("runs", night).to_pylist()
    choice, select = documented()
    asked, expected = [], []

    def filled(text: str, metadata: str) -> str:
        return text.replace("METADATA", metadata).replace("2026-03-11", str(night)).replace("RUN_ID", run["run_id"])

    for name in contracts.names("published"):
        if name == "published.runs":
            continue
        table = lake.tables.open(name, create=False)
        if name == "published.campaigns":
            asked.append(filled(f"{choice}; {select}", table.metadata_location))
            rows = shown.read("campaigns", night).select(["name", "verdict", "accounts"]).to_pylist()
            expected.append(sorted(list(row.values()) for row in rows))
        count = f"SELECT count(*) FROM iceberg_scan('METADATA', snapshot_from_id = getvariable('version')) WHERE ds = '{night}'"
        asked.append(filled(f"{choice}; {count}", table.metadata_location))
        expected.append([[shown.read(contracts.load(name).table, night).num_rows]])
    return asked, expected


def main() -> None:
    """Print what was compared; exit code 1 where it differs."""
    asked, expected = statements(Path(sys.argv[1]))
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = f"{folder}/bin/python"
        own = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True, env=own)
        text = json.dumps(asked)
        done = subprocess.run([python, "-c", READER], input=text, capture_output=True, text=True, check=True, env=own)
    found = [sorted(each) for each in json.loads(done.stdout)]
    print(
        f"DuckDB {RELEASE}, {len(found)} queries: {'as in the warehouse' if found == expected else 'not as in the warehouse'}"
    )
    sys.exit(found != expected)


if __name__ == "__main__":
    main()

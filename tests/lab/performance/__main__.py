"""Measures nights of growing size, one night in each way to run it, and linking a file: `make bench`, `make bench-large`.

    python -m tests.lab.performance FOLDER ACCOUNTS [ACCOUNTS ...] [--memory 8GB]

Writes docs/performance.md with its picture. Worlds of `simulate --preset small --seed 5` are made below FOLDER and kept. Every
figure is of a process of its own; a size that was measured before is measured again, so that all figures of a page are of one
run on one machine.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

from jobs.settings import MEMORY, PSEUDONYM_KEY
from jobs.simulate.worlds import write_world
from tests.lab.performance.report import Size, write

SEED, FIRST = 5, date(2026, 3, 2)


def world(folder: Path, accounts: int) -> Path:
    """The root of a world of so many accounts and one night."""
    root = folder / f"accounts-{accounts}"
    if not (root / "truth").exists():
        root.mkdir(parents=True, exist_ok=True)
        write_world(root, "small", SEED, accounts, 1, FIRST, None)
    return root


def told(module: str, *arguments: str, limit: str) -> Any:
    """What a measuring program prints last."""
    environment = {**os.environ, MEMORY: limit, PSEUDONYM_KEY: "key-of-the-benchmark-only"}
    command = [sys.executable, "-m", f"tests.lab.performance.{module}", *arguments]
    ended = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(ended.stdout.splitlines()[-1])


def measured(folder: Path, accounts: int, limit: str) -> Size:
    """One night of a fresh lake on the embedded engine, and the lower bound beside it."""
    root, lake = world(folder, accounts), folder / "lake"
    shutil.rmtree(lake, ignore_errors=True)
    lake.mkdir()
    (lake / "raw").symlink_to(root.resolve() / "raw")
    night = told("night", str(lake), limit=limit)
    shutil.rmtree(lake)
    return Size(accounts, night, told("bound", str(root), limit=limit))


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("accounts", type=int, nargs="+")
    parser.add_argument("--memory", default="8GB", help="what a night may take")
    given = parser.parse_args()
    sizes = []
    for accounts in sorted(given.accounts):
        sizes.append(measured(given.folder, accounts, given.memory))
        write(sizes, given.memory)
    write(sizes, given.memory, told("ways", limit=given.memory), told("linking", limit=given.memory))


if __name__ == "__main__":
    main()

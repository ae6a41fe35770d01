"""Ten nights, built in every way there is: one by one, as a backfill, after kills, and with a process for every step.

    python -m tests.lab.ten_nights FOLDER [NIGHTS]

Says for each way whether every published table is equal to the last digit, and ends with exit code 1 where one is not.
It takes about twenty minutes; the tests do the same with two nights.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from jobs import contracts
from jobs.nights import steps
from jobs.settings import PSEUDONYM_KEY
from jobs.warehouse import open_warehouse
from tests.conftest import TEST_KEY
from tests.worlds import FIRST, exact_text, golden_world

TABLES = [name.split(".")[1] for name in contracts.names("published") if name != "published.runs"]
KILLS = 4


def published(root: Path) -> dict[str, str]:
    """Every published table but `runs`, which holds times, with every digit of every night."""
    warehouse = open_warehouse("duckdb:///{root}/warehouse.duckdb", root)
    return {name: exact_text(warehouse.read(name, None)) for name in TABLES}


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "jobs.cli", *words]


def backfill(root: Path, nights: list[date]) -> list[str]:
    return command("backfill", "--root", str(root), "--from", f"{nights[0]}", "--to", f"{nights[-1]}")


def killed(line: list[str], reached: Callable[[], bool]) -> int:
    """Start a command and end it with SIGKILL as soon as `reached`; gives its return code."""
    process = subprocess.Popen(line, start_new_session=True, stderr=subprocess.DEVNULL)
    try:
        while process.poll() is None and not reached():
            time.sleep(0.05)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return process.wait()


def begun(root: Path, step: str, night: date) -> Callable[[], bool]:
    """Whether files of a step of a night are being written."""
    layer, table = step.split(".")
    return (root / "lake" / layer / table / "data" / f"ds={night}").exists


def _one_by_one(root: Path, nights: list[date]) -> None:
    for night in nights:
        subprocess.run(command("run", "--root", str(root), "--date", f"{night}"), check=True)


def _derived_deleted(root: Path, nights: list[date]) -> None:
    shutil.rmtree(root / "lake")
    subprocess.run(backfill(root, nights), check=True)


def _killed_often(root: Path, nights: list[date]) -> None:
    shutil.rmtree(root / "lake")
    chance = random.Random(7)
    tables = [step for step in steps.upstream() if "." in step]
    for night in sorted(chance.sample(nights, min(KILLS, len(nights)))):
        step = chance.choice(tables)
        code = killed(backfill(root, nights), begun(root, step, night))
        print(f"  killed at {step} of {night}: return code {code}")
    subprocess.run(backfill(root, nights), check=True)


def _a_process_for_every_step(root: Path, nights: list[date]) -> None:
    shutil.rmtree(root / "lake")
    for night in nights:
        for step in steps.upstream():
            line = command("build", step, "--root", str(root), "--date", f"{night}")
            subprocess.run(line, check=True, stderr=subprocess.DEVNULL)


WAYS = {
    "backfill after the lake was deleted": _derived_deleted,
    "backfill killed and run again": _killed_often,
    "a process for every step": _a_process_for_every_step,
}


def main(folder: str, count: str = "10") -> int:
    os.environ.setdefault(PSEUDONYM_KEY, TEST_KEY)
    nights = [FIRST + timedelta(days=n) for n in range(int(count))]
    root = golden_world(Path(folder), days=len(nights))
    _one_by_one(root, nights)
    expected = published(root)
    failed = 0
    for way, build in WAYS.items():
        started = time.monotonic()
        build(root, nights)
        different = [name for name, text in published(root).items() if text != expected[name]]
        failed += bool(different)
        said = f"differs in {', '.join(different)}" if different else f"equal in all {len(expected)} tables"
        print(f"{way}: {said}, {time.monotonic() - started:.0f} s", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

"""Times one night of the small world on each engine and under Airflow, whole process, with peak memory: prints JSON.

Figures are for comparing engines and versions on one machine in one run; the second night is timed, so that the first
one's files exist and nothing is skipped.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path

from jobs.simulate.worlds import write_world
from tests.e2e.airflows import airflow, airflow_home
from tests.worlds import copy_of

FIRST = date(2026, 3, 2)
ENGINES = ("sail", "spark")
KEY = {"IOLAUS_PSEUDONYM_KEY": "key-of-the-benchmark-only"}


def one_night(root: Path, engine: str, night: date) -> tuple[float, float]:
    """Seconds and peak memory (GB, largest process) of one `iolaus run`."""
    command = [sys.executable, "-m", "jobs.cli", "run", "--root", str(root), "--engine", engine]
    started = time.monotonic()
    subprocess.run([*command, "--date", night.isoformat()], check=True, stdout=sys.stderr, env={**os.environ, **KEY})
    seconds = time.monotonic() - started
    return seconds, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6


def one_airflow_night(root: Path, home: Path, night: date) -> float:
    """Seconds of one `airflow dags test` of the night, its seven tasks one after the other; the database is made before."""
    ours = {name: value for name, value in os.environ.items() if name.startswith("IOLAUS")}
    environment = {**airflow_home(home), **ours, "IOLAUS_ROOT": str(root), **KEY}
    started = time.monotonic()
    airflow(environment, "dags", "test", "campaign_attribution", night.isoformat()).check_returncode()
    return time.monotonic() - started


def measured() -> list[dict[str, float | str]]:
    """Way, seconds and peak memory (GB, of the largest process so far; not told under Airflow) of the second of two nights."""
    found: list[dict[str, float | str]] = []
    with tempfile.TemporaryDirectory(prefix="iolaus-bench-") as folder:
        world = Path(folder) / "world"
        world.mkdir()
        write_world(world, "small", 1, None, 2, FIRST, None)
        for engine in ENGINES:
            root = copy_of(world, Path(folder) / engine)
            one_night(root, engine, FIRST)
            seconds, peak = one_night(root, engine, FIRST + timedelta(days=1))
            found.append({"way": f"`iolaus run`, {engine}", "seconds": seconds, "peak": peak})
        root = copy_of(world, Path(folder) / "airflow")
        one_night(root, ENGINES[0], FIRST)
        seconds = one_airflow_night(root, Path(folder) / "airflow-home", FIRST + timedelta(days=1))
        found.append({"way": f"`airflow dags test`, {ENGINES[0]}", "seconds": seconds})
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measured()) + "\n")

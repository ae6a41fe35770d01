"""Runs one peer as a process of its own, in its own environment, and measures it: wall seconds, peak memory, outcome."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
REPOSITORY = HERE.parents[3]
ENVIRONMENTS = REPOSITORY / ".venv-peers"
LIMIT_SECONDS = 600
SAMPLED_SECONDS = 0.1


@dataclass(frozen=True)
class Outcome:
    """What came of one run; `said` is account to cluster, `failure` a sentence, empty if there was none."""

    said: dict[str, str]
    seconds: float
    peak_mb: float
    failure: str


def python_of(environment: str | None) -> Path:
    """The interpreter with `<environment>.requirements.txt` installed, made if need be; None is the project's own.

    The text that was installed is kept inside, so that changed pins make the environment anew.
    """
    if environment is None:
        return Path(sys.executable)
    wanted = HERE / f"{environment}.requirements.txt"
    folder = ENVIRONMENTS / environment
    ready = folder / "installed.txt"
    if not ready.exists() or ready.read_text() != wanted.read_text():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", "-r", str(wanted)], check=True)
        ready.write_text(wanted.read_text())
    return folder / "bin" / "python"


def run(command: list[str], folder: Path, found: Path, limit_seconds: float = LIMIT_SECONDS) -> Outcome:
    """Run to the end or the limit, with two threads for whatever asks; `found` is the file of clusters it writes."""
    found.unlink(missing_ok=True)
    log = found.with_suffix(".log")
    threads = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "2")
    env = {**os.environ, **threads, "PYTHONHASHSEED": "0", "PYTHONPATH": str(REPOSITORY)}
    started, peak = time.monotonic(), 0.0
    with log.open("w") as out:
        process = subprocess.Popen(command, cwd=folder, env=env, stdout=out, stderr=out, start_new_session=True)
        try:
            while process.poll() is None:
                peak = max(peak, _memory_mb(process.pid))
                if time.monotonic() - started > limit_seconds:
                    return Outcome({}, limit_seconds, peak, f"no result within {limit_seconds:g} s")
                time.sleep(SAMPLED_SECONDS)
        finally:
            if process.poll() is None:  # over the limit, or we were interrupted: leave no worker behind
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    seconds = time.monotonic() - started
    if process.returncode or not found.exists():
        last = (log.read_text().strip().splitlines() or ["no message"])[-1]
        return Outcome({}, seconds, peak, f"exit code {process.returncode}: {last[:200]}")
    with found.open(newline="") as rows:
        said = {row["account_id"]: row["cluster_id"] for row in csv.DictReader(rows)}
    return Outcome(said, seconds, peak, "")


def _memory_mb(session: int) -> float:
    """Proportional memory of all processes of a session: pages shared by forked workers count once."""
    total = 0
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(status.read_text().rpartition(")")[2].split()[3]) == session:
                lines = (status.parent / "smaps_rollup").read_text().splitlines()
                total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        except (OSError, ValueError, IndexError):
            continue  # it ended between listing and reading
    return total / 1024

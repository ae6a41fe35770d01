"""Times `iolaus link` on a million observations of 40,000 accounts against a lower bound: `make bench`.

The lower bound is DuckDB reading the same columns once and counting accounts per entity: no linking can do less. Each is
a whole process on its own, with its peak memory; one warm-up, then the median of three runs.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

ACCOUNTS, OBSERVATIONS, SEED = 40_000, 1_000_000, 11
SIGNALS = {"card": 40_000, "device": 40_000, "address": 60_000, "client": 400, "topic": 20_000}  # entities of each
HANDS, HAND_ACCOUNTS = 40, 60
RUNS = 3
LOWER_BOUND = "SELECT signal, entity, count(DISTINCT account_id) FROM read_parquet('{}') GROUP BY ALL"


def observations() -> pa.Table:
    """Strangers who meet things of Zipf popularity, and planted hands that share a few things of every signal."""
    chance = np.random.default_rng(SEED)
    account = chance.integers(0, ACCOUNTS, OBSERVATIONS)
    signal = chance.integers(0, len(SIGNALS), OBSERVATIONS)
    sizes = np.array(list(SIGNALS.values()))[signal]
    entity = (sizes * chance.random(OBSERVATIONS) ** 3).astype(np.int64)  # the popular ones are met far more often
    hand = account // HAND_ACCOUNTS
    shared = (hand < HANDS) & (chance.random(OBSERVATIONS) < 0.4)
    entity = np.where(shared, 10_000_000 + hand * 8 + chance.integers(0, 4, OBSERVATIONS), entity)
    names = np.array(list(SIGNALS), dtype=object)
    columns = {
        "account_id": [f"a{number:06d}" for number in account],
        "signal": pa.array(names[signal]),
        "entity": [str(number) for number in entity],
    }
    return pa.table(columns)


def timed(command: list[str]) -> tuple[float, float]:
    """Median seconds and largest peak memory (GB) of a command as a whole process."""
    seconds, peak = [], 0.0
    for turn in range(RUNS + 1):
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, command
        if turn:
            seconds.append(time.monotonic() - started)
            peak = max(peak, usage.ru_maxrss / 1e6)
    return statistics.median(seconds), peak


def main() -> None:
    table = Table("", "seconds", "times the lower bound", "peak GB", title="Linking a million observations")
    with tempfile.TemporaryDirectory(prefix="iolaus-bench-") as folder:
        source = Path(folder) / "observations.parquet"
        pq.write_table(observations(), source)
        bound = [sys.executable, "-c", f"import duckdb; duckdb.sql({LOWER_BOUND.format(source)!r}).fetchall()"]
        link = [
            sys.executable,
            "-m",
            "jobs.cli",
            "link",
            "--observations",
            str(source),
            "--out",
            f"{folder}/out.parquet",
        ]
        least, least_peak = timed(bound)
        seconds, peak = timed(link)
        table.add_row("read and group once (DuckDB)", f"{least:.1f}", "1.0", f"{least_peak:.2f}")
        table.add_row("iolaus link", f"{seconds:.1f}", f"{seconds / least:.1f}", f"{peak:.2f}")
        found = pq.read_table(f"{folder}/out.parquet")
    Console().print(table)
    Console().print(f"{found.num_rows:,} accounts linked; {HANDS * HAND_ACCOUNTS:,} were planted.")


if __name__ == "__main__":
    main()

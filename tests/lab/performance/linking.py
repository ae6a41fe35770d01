"""Times `iolaus link` on a million observations of 40,000 accounts against a lower bound: prints JSON.

The lower bound is DuckDB reading the same columns once and counting accounts per entity: no linking can do less. Each is
a whole process on its own, with its peak memory; one warm-up, then the median of three runs. Then one thing is given to a share of
all accounts, as a popular program or a carrier's address is: what is said of everybody else must stay as it was.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

ACCOUNTS, OBSERVATIONS, SEED = 40_000, 1_000_000, 11
SHARES = (0.05, 0.2)  # of all accounts, that meet the one thing
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


def with_hub(rows: pa.Table, share: float) -> pa.Table:
    """The observations and one address that this share of the accounts has met, drawn evenly."""
    accounts = pc.unique(rows["account_id"]).take(pa.array(np.arange(0, ACCOUNTS, round(1 / share))))
    hub = pa.table(
        {
            "account_id": accounts,
            "signal": pa.repeat("address", len(accounts)),
            "entity": pa.repeat("everybodys", len(accounts)),
        }
    )
    return pa.concat_tables([rows, hub])


def timed(command: list[str], runs: int = RUNS) -> dict[str, float]:
    """Median CPU seconds and seconds, and the largest peak memory (GB), of a whole process, after one run to warm up."""
    cpu, seconds, peak = [], [], 0.0
    for turn in range(runs + 1):
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        assert status == 0, command
        if turn:
            cpu.append(usage.ru_utime + usage.ru_stime)
            seconds.append(time.monotonic() - started)
            peak = max(peak, usage.ru_maxrss / 1e6)
    return {"cpu": statistics.median(cpu), "seconds": statistics.median(seconds), "peak": peak}


def link(source: Path, out: Path) -> list[str]:
    return [sys.executable, "-m", "jobs.cli", "link", "--observations", str(source), "--out", str(out)]


def groups(found: Path) -> dict[str, frozenset[str]]:
    """Account to the accounts it is linked with."""
    of: dict[str, set[str]] = {}
    rows = pq.read_table(found, columns=["account_id", "cluster_id"]).to_pylist()
    for row in rows:
        of.setdefault(row["cluster_id"], set()).add(row["account_id"])
    return {row["account_id"]: frozenset(of[row["cluster_id"]]) for row in rows}


def measured() -> list[dict[str, float | str | int]]:
    """What was done, its costs, how many accounts were linked, and of how many accounts a hub changed what is said."""
    found: list[dict[str, float | str | int]] = []
    with tempfile.TemporaryDirectory(prefix="iolaus-bench-") as name:
        folder = Path(name)
        source, out = folder / "observations.parquet", folder / "out.parquet"
        rows = observations()
        pq.write_table(rows, source)
        bound = [sys.executable, "-c", f"import duckdb; duckdb.sql({LOWER_BOUND.format(source)!r}).fetchall()"]
        found.append({"what": "lower bound (DuckDB reads and groups once)", **timed(bound)})
        found.append({"what": "`iolaus link`", **timed(link(source, out))})
        usual = groups(out)
        found[-1]["linked"] = len(usual)
        for share in SHARES:
            pq.write_table(with_hub(rows, share), source)
            costs = timed(link(source, out), runs=1)
            said = groups(out)
            changed = sum(said.get(account) != usual.get(account) for account in said.keys() | usual.keys())
            what = f"the same with one thing on {share:.0%} of all accounts"
            found.append({"what": what, **costs, "linked": len(said), "changed": changed})
    return found


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measured()) + "\n")

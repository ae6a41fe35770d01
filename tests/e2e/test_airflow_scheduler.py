"""`airflow backfill create` on a running scheduler: LocalExecutor, api-server, SQLite, steps side by side in own processes."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import TEST_KEY
from tests.e2e.airflows import BIN, AirflowHome, airflow, run
from tests.lab.ten_nights import published
from tests.worlds import FIRST, SECOND, copy_of, golden_world

DAG = "campaign_attribution"
LIMIT_SECONDS = 1200  # two nights took 300 to 370 s on two cores that others used as well


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def scheduling(home: AirflowHome, port: int, logs: Path) -> Iterator[None]:
    """A scheduler with the api-server that its tasks report to."""
    commands = (
        ("api-server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1", "--apps", "execution"),
        ("scheduler",),
    )
    with contextlib.ExitStack() as stack:
        for command in commands:
            log = stack.enter_context((logs / f"{command[0]}.log").open("w"))
            process = subprocess.Popen(
                [str(BIN / "airflow"), *command], env=home, stdout=log, stderr=log, start_new_session=True
            )
            stack.callback(ended, process)
        yield


def ended(process: subprocess.Popen[bytes]) -> None:
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(30)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def states(home: AirflowHome) -> list[str]:
    """State of every run of the backfill, in order of their nights; unpaused, the DAG also runs by its schedule."""
    query = "SELECT state FROM dag_run WHERE run_type = 'backfill' ORDER BY logical_date"
    database = f"file:{home['AIRFLOW_HOME']}/airflow.db?mode=ro"
    with contextlib.closing(sqlite3.connect(database, uri=True, timeout=60)) as connection:
        return [row[0] for row in connection.execute(query)]


@pytest.mark.slow
def test_nights_backfilled_by_a_running_scheduler_are_those_of_the_command(
    forking: AirflowHome, tmp_path: Path
) -> None:
    scheduled, nightly = golden_world(tmp_path / "scheduled"), tmp_path / "nightly"
    copy_of(scheduled / "raw", nightly / "raw")
    port = free_port()
    home = {
        **forking,
        "AIRFLOW__CORE__EXECUTOR": "LocalExecutor",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        "AIRFLOW__API_AUTH__JWT_SECRET": "of this test only " * 4,
        "IOLAUS_ROOT": str(scheduled),
        "IOLAUS_ENGINE": "sail",
        "IOLAUS_PSEUDONYM_KEY": TEST_KEY,
    }
    # SQLite lets one process write at a time: wait for it, and unpause last, so that the scheduler is idle until then.
    home["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"] += "?timeout=120"
    known = airflow(home, "dags", "reserialize")
    assert known.returncode == 0, known.stderr
    with scheduling(home, port, tmp_path):
        nights = ("--from-date", f"{FIRST}", "--to-date", f"{SECOND}T23:59", "--max-active-runs", "1")
        made = airflow(home, "backfill", "create", "--dag-id", DAG, *nights)
        assert made.returncode == 0, made.stderr
        unpaused = airflow(home, "dags", "unpause", DAG)
        assert unpaused.returncode == 0, unpaused.stderr
        until = time.monotonic() + LIMIT_SECONDS
        while set(states(home)) - {"success", "failed"} and time.monotonic() < until:
            time.sleep(2)
    assert states(home) == ["success", "success"], (tmp_path / "scheduler.log").read_text()[-3000:]

    done = run(home, "iolaus", "backfill", "--root", str(nightly), "--from", f"{FIRST}", "--to", f"{SECOND}")
    assert done.returncode == 0, done.stderr
    tables = published(scheduled)
    assert SECOND.isoformat() in tables["campaigns"]
    for name, text in published(nightly).items():
        assert tables[name] == text, name

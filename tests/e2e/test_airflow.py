"""A real night under Airflow: a fresh metadata database, the DAG file as it is, the real command, published tables."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

REPOSITORY = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
AirflowHome = dict[str, str]

# A step is small and its imports take seconds: one process imports once and forks for every call of the command.
FORKING_SERVER = """
import importlib, json, os, signal, socket, sys
from jobs.cli import main
for heavy in ("jobs.run", "jobs.engine", "pysail.spark", "pyspark.sql.connect.session"):
    importlib.import_module(heavy)
importlib.import_module("jobs.steps").upstream()
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
calls = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
calls.bind(sys.argv[1])
calls.listen()
while True:
    call, _ = calls.accept()
    asked, streams, _, _ = socket.recv_fds(call, 1 << 20, 2)
    if os.fork() == 0:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        sys.argv, environment, folder = json.loads(asked)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(folder)
        os.dup2(streams[0], 1)
        os.dup2(streams[1], 2)
        try:
            main()
            code = 0
        except SystemExit as ended:
            code = ended.code or 0
        sys.stdout.flush()
        sys.stderr.flush()
        call.send(bytes([code]))
        os._exit(code)
    for stream in streams:
        os.close(stream)
    call.close()
"""
CALL = """#!{python} -SE
import json, os, socket, sys
call = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
call.connect({address!r})
socket.send_fds(call, [json.dumps([sys.argv, dict(os.environ), os.getcwd()]).encode()], [1, 2])
code = call.recv(1)
sys.exit(code[0] if code else "iolaus was killed")
"""


def run(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def airflow(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(environment, str(BIN / "airflow"), *arguments)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> AirflowHome:
    """The environment of an Airflow that knows this repository's DAGs and pools and has never run anything."""
    folder = tmp_path_factory.mktemp("airflow")
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "IOLAUS"))},
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__CORE__DAGS_FOLDER": str(REPOSITORY / "dags"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "PATH": f"{BIN}:{os.environ['PATH']}",
    }
    for arguments in (("db", "migrate"), ("pools", "import", str(REPOSITORY / "infra/airflow/pools.json"))):
        done = airflow(environment, *arguments)
        assert done.returncode == 0, done.stderr
    return environment


@pytest.fixture
def home(migrated: AirflowHome, tmp_path_factory: pytest.TempPathFactory) -> AirflowHome:
    """A copy of it for one test: migrating a database takes longer than a night."""
    folder = tmp_path_factory.mktemp("airflow")
    shutil.copytree(migrated["AIRFLOW_HOME"], folder, dirs_exist_ok=True)
    return {
        **migrated,
        "AIRFLOW_HOME": str(folder),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/airflow.db",
    }


@pytest.fixture
def forking(home: AirflowHome, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AirflowHome]:
    """The same Airflow with an `iolaus` on the PATH that runs this repository's command in a forked process."""
    folder = tmp_path_factory.mktemp("bin")
    script, address = folder / "iolaus", folder / "calls"
    script.write_text(CALL.format(python=sys.executable, address=str(address)))
    script.chmod(0o755)
    server = subprocess.Popen([sys.executable, "-c", FORKING_SERVER, str(address)], cwd=REPOSITORY, env=home)
    try:
        while not address.exists() and server.poll() is None:
            time.sleep(0.1)
        yield {**home, "PATH": f"{folder}:{home['PATH']}"}
    finally:
        server.terminate()
        server.wait()


def with_command(home: AirflowHome, folder: Path, lines: str) -> AirflowHome:
    """The same Airflow with an `iolaus` that notes its calls in `folder/calls` and then does what `lines` say."""
    script = folder / "iolaus"
    script.write_text(f'#!/bin/sh\necho "$2" >> {folder}/calls\n{lines}\n')
    script.chmod(0o755)
    return {**home, "PATH": f"{folder}:{home['PATH']}"}


def test_one_night_of_a_simulated_world_ends_in_published_tables(forking: AirflowHome, tmp_path: Path) -> None:
    lake = {
        **forking,
        "IOLAUS_ROOT": str(tmp_path),
        "IOLAUS_ENGINE": "sail",
        "IOLAUS_PSEUDONYM_KEY": "a key that only this test knows",
    }
    made = run(lake, "iolaus", "simulate", "--root", str(tmp_path), "--preset", "tiny", "--seed", "7")
    assert made.returncode == 0, made.stderr
    nights = sorted(folder.name.removeprefix("ds=") for folder in (tmp_path / "raw" / "api_requests").iterdir())
    assert len(nights) > 1
    before = run(lake, "iolaus", "backfill", "--root", str(tmp_path), "--from", nights[0], "--to", nights[-2])
    assert before.returncode == 0, before.stderr

    night = airflow(lake, "dags", "test", "campaign_attribution", nights[-1])

    assert night.returncode == 0, night.stdout[-3000:] + night.stderr[-3000:]
    with duckdb.connect(str(tmp_path / "warehouse.duckdb"), read_only=True) as warehouse:
        newest = warehouse.sql(
            "SELECT max(as_of_date)::varchar, count(*) FROM attribution.campaigns_current"
        ).fetchall()[0]
        runs = warehouse.sql("SELECT DISTINCT as_of_date::varchar FROM attribution.runs ORDER BY 1").fetchall()
    assert newest is not None
    assert newest[0] == nights[-1]
    assert newest[1] > 0
    assert runs[-1] == (nights[-1],)


def test_a_night_refused_by_quality_is_not_retried_and_not_published(home: AirflowHome, tmp_path: Path) -> None:
    refusing = with_command(
        home, tmp_path, '[ "$2" != quality ] || { echo "Campaigns is empty: see it." >&2; exit 3; }'
    )

    night = airflow(refusing, "dags", "test", "campaign_attribution", "2026-03-02")

    assert night.returncode != 0
    assert "quality (refused by a quality check): Campaigns is empty: see it." in night.stdout
    called = (tmp_path / "calls").read_text().splitlines()
    assert called[-1] == "quality"
    assert "publish" not in called
    assert len(called) == len(set(called)) > 20


def test_nights_keep_their_order_and_a_gap_or_a_red_night_stops_the_next_one(home: AirflowHome, tmp_path: Path) -> None:
    """Only the gate runs here, every other task is marked as success: the states are Airflow's own."""
    recorded = with_command(home, tmp_path, "exit 0")
    program = f"""
import sys
from datetime import UTC, datetime
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
folder = Path({str(REPOSITORY / "dags")!r})
bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder")
for night in sys.argv[1:]:
    at = datetime.fromisoformat(night).replace(tzinfo=UTC)
    run = bag.dags["campaign_attribution"].test(logical_date=at, mark_success_pattern="(?!night_before).*")
    print("NIGHT", night, run.state.value)
"""
    nights = ("2026-04-01", "2026-04-02", "2026-04-04", "2026-04-05")

    done = run(recorded, sys.executable, "-c", program, *nights)

    states = [line.split()[2] for line in done.stdout.splitlines() if line.startswith("NIGHT ")]
    assert states == ["success", "success", "failed", "failed"], done.stdout[-3000:] + done.stderr[-3000:]
    assert "--from-date 2026-04-03 --to-date 2026-04-04" in done.stdout
    assert "Night 2026-04-04 is failed" in done.stdout
    assert not (tmp_path / "calls").exists()

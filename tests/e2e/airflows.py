"""How the tests call Airflow, and how a worker of theirs calls this repository's command without paying its imports."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPOSITORY = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
AirflowHome = dict[str, str]

# A step is small and its imports take seconds: one process imports once and forks for every call of the command.
FORKING_SERVER = """
import importlib, json, os, signal, socket, sys
from jobs.cli.commands import command
for heavy in ("jobs.nights.run", "jobs.engine", "pysail.spark", "pyspark.sql.connect.session"):
    importlib.import_module(heavy)
importlib.import_module("jobs.nights.steps").upstream()
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
        code = command()
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


def airflow_home(folder: Path) -> AirflowHome:
    """The environment of a new Airflow in `folder` that knows this repository's DAGs and pools and has never run anything."""
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


def run(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def airflow(environment: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    return run(environment, str(BIN / "airflow"), *arguments)

"""A real Airflow for the tests: a fresh metadata database, the DAG files as they are, the real command."""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from tests.e2e.airflows import CALL, FORKING_SERVER, REPOSITORY, AirflowHome, airflow_home


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> AirflowHome:
    """An Airflow that has never run anything."""
    return airflow_home(tmp_path_factory.mktemp("airflow"))


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

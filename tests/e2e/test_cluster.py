"""The small world on a Spark cluster of a master and two workers: the tables of the embedded engine, also when a worker dies."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jobs import contracts
from jobs.settings import PSEUDONYM_KEY
from jobs.simulate.worlds import write_world
from jobs.warehouse import open_warehouse
from tests.worlds import FIRST, SECOND, copy_of, exact_text, golden_world

pytestmark = pytest.mark.slow
REPOSITORY = Path(__file__).parents[2]
SCRIPT = REPOSITORY / "infra" / "spark" / "cluster.sh"
FACTS_ABOUT_THE_RUN = {"published.runs"}  # engine and times differ by nature
PUBLISHED = [name.split(".")[1] for name in contracts.names("published") if name not in FACTS_ABOUT_THE_RUN]
START_SECONDS = 120
NIGHT_SECONDS = 900  # four minutes on two cores that do nothing else


@dataclass(frozen=True)
class Cluster:
    """Where its server listens, its workers' processes by name, and the folder with a folder per worker."""

    engine: str
    workers: dict[str, int]
    folder: Path

    def executors_of(self, worker: str) -> list[Path]:
        return list((self.folder / worker).glob("app-*/*/stderr"))


@contextlib.contextmanager
def cluster(folder: Path, *options: str) -> Iterator[Cluster]:
    """A cluster of this machine, up and listening, gone at the end."""
    master, server = free_port(), free_port()
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "SPARK_MASTER_PORT": str(master),
        "SPARK_CONNECT_PORT": str(server),
        "SPARK_CLUSTER_FOLDER": str(folder),
    }
    folder.mkdir()
    said = folder / "said.log"
    command = ["bash", str(SCRIPT), "--conf", "spark.sql.shuffle.partitions=4", *options]
    with said.open("w") as file:
        script = subprocess.Popen(command, env=environment, stdout=file, stderr=file)
    try:
        until(lambda: listens(server) or script.poll() is not None, START_SECONDS)
        assert script.poll() is None, said.read_text()[-2000:]
        workers = re.findall(r"cluster: (worker-\d) is process (\d+)", said.read_text())
        yield Cluster(f"sc://localhost:{server}", {name: int(process) for name, process in workers}, folder)
    finally:
        script.terminate()
        script.wait(60)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def until(is_so: Callable[[], bool], seconds: float) -> None:
    ends = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.2)


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def started(root: Path, engine: str, night: object) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "jobs.cli", "run", "--root", str(root), "--engine", engine, "--date", str(night)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=REPOSITORY)


def ended(run: subprocess.Popen[str]) -> str:
    said, _ = run.communicate(timeout=NIGHT_SECONDS)
    assert run.returncode == 0, said[-2000:]
    return said


@dataclass(frozen=True)
class Nights:
    """Two nights by the embedded engine and by a cluster that lost a worker in the midst of the second."""

    on_sail: Path
    on_cluster: Path
    executors: dict[str, int]
    is_survivor_alive: bool
    is_other_alive: bool


@pytest.fixture(scope="module")
def nights(tmp_path_factory: pytest.TempPathFactory) -> Nights:
    folder = tmp_path_factory.mktemp("cluster")
    world = folder / "world"
    world.mkdir()
    write_world(world, "small", 1, None, 2, FIRST, None)
    on_sail, on_cluster = copy_of(world, folder / "sail"), copy_of(world, folder / "spark")
    for night in (FIRST, SECOND):
        ended(started(on_sail, "sail", night))
    with cluster(folder / "cluster") as up:
        ended(started(on_cluster, up.engine, FIRST))
        executors = {name: len(up.executors_of(name)) for name in up.workers}
        run = started(on_cluster, up.engine, SECOND)
        staging = on_cluster / "lake" / "staged" / "api_requests" / "data" / f"ds={SECOND}"
        until(lambda: staging.exists() or run.poll() is not None, NIGHT_SECONDS)
        os.kill(up.workers["worker-1"], signal.SIGKILL)
        ended(run)
        alive = {name: is_alive(process) for name, process in up.workers.items()}
    return Nights(on_sail, on_cluster, executors, alive["worker-2"], alive["worker-1"])


def test_both_workers_take_part(nights: Nights) -> None:
    assert nights.executors == {"worker-1": 1, "worker-2": 1}


def test_a_night_goes_on_without_the_worker_that_was_killed(nights: Nights) -> None:
    assert (nights.is_survivor_alive, nights.is_other_alive) == (True, False)


@pytest.mark.parametrize("night", [FIRST, SECOND], ids=["whole", "worker killed"])
@pytest.mark.parametrize("table", PUBLISHED)
def test_the_tables_of_a_cluster_are_byte_equal(nights: Nights, table: str, night: object) -> None:
    on_sail, on_cluster = (
        open_warehouse("duckdb:///{root}/warehouse.duckdb", root).read(table, night)  # type: ignore[arg-type]
        for root in (nights.on_sail, nights.on_cluster)
    )
    assert on_sail.num_rows
    assert exact_text(on_sail).encode() == exact_text(on_cluster).encode()


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("", f"error: The pseudonym key is not set: put a secret of 16 bytes or more into {PSEUDONYM_KEY}."),
        ("another-key-than-that-of-the-lake", "error: A worker of the engine has another pseudonym key"),
    ],
    ids=["none", "another"],
)
def test_a_worker_without_the_key_is_one_sentence(tmp_path: Path, key: str, sentence: str) -> None:
    world = golden_world(tmp_path / "world", 1)
    with cluster(tmp_path / "cluster", "--conf", f"spark.executorEnv.{PSEUDONYM_KEY}={key}") as up:
        run = started(world, up.engine, FIRST)
        said, _ = run.communicate(timeout=NIGHT_SECONDS)
    assert run.returncode == 2, said
    assert sentence in said
    assert "Traceback" not in said

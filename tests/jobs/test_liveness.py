"""An engine elsewhere that is not there, ends or freezes is told in a sentence, and soon."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from jobs import liveness
from jobs.engine import session
from jobs.errors import IolausError

SERVER = """
import time
from pysail.spark import SparkConnectServer
server = SparkConnectServer(ip="127.0.0.1", port=0)
server.start(background=True)
print(server.listening_address[1], flush=True)
time.sleep(600)
"""


@pytest.fixture
def server() -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process that serves, and how it is called."""
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout
    yield process, f"sc://127.0.0.1:{process.stdout.readline().strip()}"
    process.kill()
    process.wait()


@pytest.fixture(autouse=True)
def _haste(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CONNECT_SECONDS", "ANSWER_SECONDS", "SILENCE_SECONDS", "LOOKS_EVERY_SECONDS", "STOP_SECONDS"):
        monkeypatch.setattr(liveness, name, 0.5)
    monkeypatch.setattr(liveness, "RETRIES", {"max_retries": 2})


def test_nobody_who_listens_is_said() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        engine = f"sc://127.0.0.1:{free.getsockname()[1]}"
        with pytest.raises(IolausError, match=r"cannot be used \(no Spark Connect server answers at"), session(engine):
            pass


def test_somebody_who_listens_and_says_nothing_is_no_engine() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        engine = f"sc://127.0.0.1:{mute.getsockname()[1]}"
        with pytest.raises(IolausError, match="check IOLAUS_ENGINE"), session(engine):
            pass


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP], ids=lambda each: each.name)
def test_an_engine_that_is_lost_ends_what_waits_for_it(
    server: tuple[subprocess.Popen[str], str], number: signal.Signals, monkeypatch: pytest.MonkeyPatch
) -> None:
    process, engine = server
    monkeypatch.setattr(liveness, "CONNECT_SECONDS", 20.0)

    def lose_it_and_ask() -> None:
        with session(engine) as spark:
            assert spark.range(3).count() == 3
            process.send_signal(number)
            if number == signal.SIGKILL:
                process.wait()
            spark.range(4).count()

    with pytest.raises(IolausError, match=f"The engine {engine} was lost"):
        lose_it_and_ask()


def test_an_engine_that_works_is_left_alone(server: tuple[subprocess.Popen[str], str]) -> None:
    with session(server[1]) as spark:
        assert [spark.range(n).count() for n in range(5)] == [0, 1, 2, 3, 4]
    assert not liveness.is_lost(ValueError("a column is missing"))


def test_a_warehouse_that_refuses_connections_is_no_lost_engine() -> None:
    assert not liveness.is_lost(IolausError("The warehouse postgresql://... cannot be reached (Connection refused)"))
    assert liveness.is_lost(OSError("Connection refused"))

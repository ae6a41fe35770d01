"""A command that is told to end does, says what stands and leaves nothing; one that nobody listens to goes on quietly."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from jobs.cli import causes
from jobs.settings import PSEUDONYM_KEY
from tests.conftest import TEST_KEY
from tests.jobs.cli.test_commands import PROJECT
from tests.worlds import FIRST, golden_world

ENVIRONMENT = {**os.environ, "PYTHONPATH": str(PROJECT), PSEUDONYM_KEY: TEST_KEY}
DEAF = """
import time
from jobs.cli import ends
ends.GRACE_SECONDS = 0.2
with ends.interruptible("Interrupted: nothing was lost."):
    while True:
        try:
            print("ready", flush=True)
            time.sleep(60)
        except BaseException:
            pass
"""
LINGERING = """
import threading, time
from jobs.cli import ends
ends.LEAVING_SECONDS = 0.2
threading.Thread(target=time.sleep, args=(60,)).start()
ends.leave(3)
"""


def started(*words: str) -> subprocess.Popen[str]:
    """With SIGHUP as usual, though the tests may have been started by `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        return subprocess.Popen(
            [sys.executable, *words], env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
    finally:
        signal.signal(signal.SIGHUP, before)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda each: each.name)
def test_a_run_that_waits_ends_with_a_sentence_that_says_what_stands(number: signal.Signals, tmp_path: Path) -> None:
    root = golden_world(tmp_path, days=1)
    place = root / "lake" / "_leases" / "nights"
    place.parent.mkdir(parents=True)
    with place.open("a+") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        process = started("-m", "jobs.cli", "run", "--root", str(root), "--date", f"{FIRST}")
        assert process.stderr
        assert "waits for another writer" in process.stderr.readline()
        process.send_signal(number)
        assert process.wait(20) == 1
    said = process.stderr.read()
    assert said.startswith(f"error: Interrupted by {number.name}: every step that was finished stands")
    assert said.count("\n") == 1
    assert not [path for path in root.rglob("*") if "aside" in path.name or path.parent.name == "_scratch"]


def test_what_does_not_hear_a_signal_is_ended_with_the_sentence() -> None:
    process = started("-c", DEAF)
    assert process.stdout
    assert process.stderr
    process.stdout.readline()
    process.send_signal(signal.SIGTERM)
    assert process.wait(20) == 1
    assert process.stderr.read() == "error: Interrupted: nothing was lost.\n"


def test_a_thread_that_never_ends_does_not_keep_the_command() -> None:
    began = time.monotonic()
    assert started("-c", LINGERING).wait(30) == 3
    assert time.monotonic() - began < 30


@pytest.mark.parametrize(
    "line", ["steps --json | head -n 1", "steps | head -n 1", "steps >&-", "steps 2>&- >&-", "steps <&-"]
)
def test_an_output_that_is_closed_is_no_error(line: str) -> None:
    command = f"set -o pipefail; {sys.executable} -m jobs.cli {line}"
    done = subprocess.run(["bash", "-c", command], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_output_that_cannot_be_written_is_an_error_of_one_sentence() -> None:
    line = f"{sys.executable} -m jobs.cli steps > /dev/full"
    done = subprocess.run(["bash", "-c", line], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "disk is full" in done.stderr


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/data/x"), "The disk is full (/data/x): free space"),
        (RuntimeError("IO error: cannot create /data/y: Read-only file system (os error 30)"), "read-only (/data/y)"),
        (RuntimeError("Unable to copy data to file: File too large (os error 27)"), "ulimit -f"),
        (OSError(errno.EMFILE, "Too many open files"), "ulimit -n"),
        (PermissionError(errno.EACCES, "Permission denied", "/data/z"), "read or write (/data/z): run the command as"),
        (ValueError("database disk image is malformed"), "iolaus doctor --mend"),
    ],
)
def test_what_the_machine_refuses_is_a_sentence_with_the_way_back_however_it_is_wrapped(
    error: Exception, said: str
) -> None:
    wrapped = RuntimeError("a library gave up")
    wrapped.__cause__ = error
    assert said in str(causes.sentence(wrapped))
    assert causes.sentence(ValueError("a bug")) is None

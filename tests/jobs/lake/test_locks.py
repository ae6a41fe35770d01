"""Leases: one writer of a night, told who holds it; a lease ends with its holder."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from jobs.errors import IolausError
from jobs.lake import locks
from jobs.lake.locks import NIGHTS, lease

HOLDER = """
import sys, time
from pathlib import Path
from jobs.lake.locks import lease
with lease(Path(sys.argv[1]), "nights", "The run of 2026-03-02"):
    print("held", flush=True)
    time.sleep(600)
"""


def hold(folder: Path) -> subprocess.Popen[str]:
    holder = subprocess.Popen([sys.executable, "-c", HOLDER, str(folder)], stdout=subprocess.PIPE, text=True)
    assert holder.stdout is not None
    assert holder.stdout.readline() == "held\n"
    return holder


def test_a_lease_ends_with_its_holder_and_who_waits_says_for_whom(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr(locks._log, "warning", lambda text, *about: said.append(text % about))
    holder = hold(tmp_path)

    def end_it() -> None:
        given_up = time.monotonic() + 20
        while not said and time.monotonic() < given_up:
            time.sleep(0.01)
        os.kill(holder.pid, signal.SIGKILL)

    ending = threading.Thread(target=end_it)
    ending.start()
    with lease(tmp_path, NIGHTS, "The run of 2026-03-03"):
        pass
    ending.join()
    holder.wait()
    assert [
        f"waits for another writer of this lake: The run of 2026-03-02, process {holder.pid}" in each for each in said
    ] == [True]


def test_who_waits_too_long_says_whom_to_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "PATIENCE_SECONDS", 0)
    holder = hold(tmp_path)
    try:
        with pytest.raises(IolausError, match=f"process {holder.pid}.*end that process"), lease(tmp_path, NIGHTS, "I"):
            pass
    finally:
        holder.kill()
        holder.wait()


def test_single_steps_share_the_nights_but_not_a_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "PATIENCE_SECONDS", 0)
    with lease(tmp_path, NIGHTS, "one", exclusive=False), lease(tmp_path, "signals.devices", "one"):
        with lease(tmp_path, NIGHTS, "two", exclusive=False), lease(tmp_path, "signals.referrals", "two"):
            pass
        with pytest.raises(IolausError), lease(tmp_path, "signals.devices", "three"):
            pass
        with pytest.raises(IolausError), lease(tmp_path, NIGHTS, "a whole night"):
            pass

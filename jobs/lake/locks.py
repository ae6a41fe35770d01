"""Who may use the lake beside whom: one builds a night or a table, one alone rewrites history. A lock ends with its process."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from jobs.errors import IolausError

NIGHTS = "nights"  # the lease of whoever builds a whole night; single steps share it
PATIENCE_SECONDS = 6 * 3600  # no night takes longer; who still holds a lease then is stuck
LOOKS_EVERY_SECONDS = 0.2
_log = logging.getLogger(__name__)


@contextlib.contextmanager
def lease(folder: Path, name: str, doing: str, exclusive: bool = True) -> Iterator[None]:
    """Hold the lease `name` of the lake, once nobody else does, and tell others that this process is `doing` something.

    Says on stderr whom it waits for. Raises `IolausError` when that takes longer than a night can.
    """
    place = folder / "_leases" / name
    place.parent.mkdir(parents=True, exist_ok=True)
    with place.open("a+", encoding="utf-8") as file:
        _taken(file, fcntl.LOCK_EX if exclusive else fcntl.LOCK_SH, doing)
        if exclusive:
            file.truncate(0)
            file.write(f"{doing}, process {os.getpid()} on {socket.gethostname()}")
            file.flush()
        yield


def _taken(file: IO[str], kind: int, doing: str) -> None:
    ends = time.monotonic() + PATIENCE_SECONDS
    is_told = False
    while True:
        try:
            fcntl.flock(file, kind | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            file.seek(0)
            holder = file.read() or "another process"
        if time.monotonic() > ends:
            raise IolausError(
                f"{doing} waited {PATIENCE_SECONDS // 3600} hours for another writer of this lake ({holder}): "
                f"end that process and run this again."
            )
        if not is_told:
            _log.warning("%s waits for another writer of this lake: %s.", doing, holder)
            is_told = True
        time.sleep(LOOKS_EVERY_SECONDS)


@contextlib.contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Waits until nobody holds the lake alone."""
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Raises `IolausError` when somebody holds the lake."""
    with (folder / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise IolausError(
                f"A night is being built in {folder}, or another `iolaus forget` or `expire` is at work: "
                f"run this again when it is done."
            ) from None
        yield

"""Who may use the lake beside whom: one builds a night or a table, one alone rewrites history.

On this machine's disks a lock of the operating system, which ends with its process; on an object store a lease (`leases`).
"""

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
from jobs.lake import leases
from jobs.store import ObjectPath

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
    if isinstance(place, ObjectPath):
        with _leased(place, doing, exclusive):
            yield
        return
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
            raise _waited(doing, holder)
        if not is_told:
            _tell(doing, holder)
            is_told = True
        time.sleep(LOOKS_EVERY_SECONDS)


@contextlib.contextmanager
def _leased(place: ObjectPath, doing: str, exclusive: bool) -> Iterator[None]:
    try:
        with leases.held(place, doing, exclusive, PATIENCE_SECONDS, lambda holder: _tell(doing, holder)):
            yield
    except leases.Waited as error:
        raise _waited(doing, error.holder) from None


def _tell(doing: str, holder: str) -> None:
    _log.warning("%s waits for another writer of this lake: %s.", doing, holder)


def _waited(doing: str, holder: str) -> IolausError:
    return IolausError(
        f"{doing} waited {PATIENCE_SECONDS // 3600} hours for another writer of this lake ({holder}): "
        f"end that process and run this again."
    )


@contextlib.contextmanager
def shared(folder: Path) -> Iterator[None]:
    """Waits until nobody holds the lake alone."""
    if isinstance(folder, ObjectPath):
        with _leased(folder / "_leases" / ".lock", "A reader of this lake", exclusive=False):
            yield
        return
    with (folder / ".lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH)
        yield


@contextlib.contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Raises `IolausError` when somebody holds the lake."""
    if isinstance(folder, ObjectPath):
        place, doing = folder / "_leases" / ".lock", "A change of this lake's history"
        try:
            # Patient enough to tell who is at work from who died.
            with leases.held(place, doing, True, leases.DEAD_SECONDS + leases.BEAT_SECONDS, lambda holder: None):
                yield
        except leases.Waited:
            raise _busy(folder) from None
        return
    with (folder / ".lock").open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise _busy(folder) from None
        yield


def _busy(folder: Path) -> IolausError:
    return IolausError(
        f"A night is being built in {folder}, or another `iolaus forget` or `expire` is at work: "
        f"run this again when it is done."
    )

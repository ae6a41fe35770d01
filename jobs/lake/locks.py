"""Who may use the lake beside whom: many build nights, one alone rewrites history. A lock ends with its process."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from jobs.errors import IolausError


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

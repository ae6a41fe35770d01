"""Standard streams that were closed before the command began, or that nobody reads any more."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import IO


def hold() -> None:
    """Let descriptors 0 to 2 and their streams exist: what is written to one that was closed goes nowhere.

    A descriptor that is free is given to the next file, so that messages would be written into a catalog or a database.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            if opened != descriptor:
                os.dup2(opened, descriptor)
                os.close(opened)
    sys.stdout = sys.stdout or os.fdopen(1, "w", closefd=False)
    sys.stderr = sys.stderr or os.fdopen(2, "w", closefd=False)


def silence(stream: IO[str]) -> None:
    """Let all that is still to be written to a stream go nowhere."""
    with contextlib.suppress(OSError, ValueError):  # a stream without a descriptor
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def flushed(stream: IO[str]) -> str | None:
    """Write what waits to be written; why it could not be, or None. Nobody reading any more is no failure."""
    try:
        stream.flush()
    except BrokenPipeError:
        silence(stream)
    except OSError as error:
        silence(stream)
        return error.strerror
    return None

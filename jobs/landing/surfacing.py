"""Errors raised inside an engine's worker come back wrapped in stack traces: find the sentence that was meant."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator

from jobs import errors
from jobs.errors import IolausError

_SENTENCE = re.compile(r"jobs\.errors\.(\w+): ([^\n]+)")


@contextlib.contextmanager
def surfaced() -> Iterator[None]:
    """Run an engine action; an `IolausError` raised in a worker leaves as that error with its own sentence.

    Any other error leaves as it is.
    """
    try:
        yield
    except IolausError:
        raise
    except Exception as error:
        if found := _SENTENCE.search(str(error)):
            kind = getattr(errors, found[1], IolausError)
            raise kind(found[2].strip()) from error
        raise

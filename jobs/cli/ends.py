"""How a command ends when it is told to: it takes back what is half done, says what stands, and is gone within seconds.

SIGINT, SIGTERM and SIGHUP raise `Interrupted` in the main thread, so that every block that cleans up does. Where that does not
come through, as in a library that waits for another machine, a thread ends the process.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any, NoReturn

from jobs import logs
from jobs.cli import streams

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
GRACE_SECONDS = 7  # for what is half done; whoever stops services kills after ten
LEAVING_SECONDS = 3  # for threads and servers of libraries, when all is said


class Interrupted(BaseException):
    """The command was told to end. No `except Exception` stops it."""


@contextlib.contextmanager
def interruptible(otherwise: str) -> Iterator[None]:
    """Within it, a signal to end raises `Interrupted`, and what has not ended GRACE_SECONDS later says `otherwise` and exits 1.

    A signal that is ignored, as SIGHUP by `nohup`, stays so. A second one changes nothing.
    """
    before = {each: signal.getsignal(each) for each in ENDING}
    heard, spoken = os.pipe()
    os.set_blocking(spoken, False)
    wakeup = signal.set_wakeup_fd(spoken, warn_on_full_buffer=False)  # heard also while the main thread waits elsewhere
    told: list[int] = []
    done = threading.Event()

    def on_signal(number: int, _: Any) -> None:
        told.append(number)
        if len(told) == 1:
            raise Interrupted(signal.Signals(number).name)

    def watch() -> None:
        while numbers := os.read(heard, 1):
            if signal.Signals(numbers[0]) in ENDING and not done.wait(GRACE_SECONDS):
                say(otherwise)
                os._exit(1)
        os.close(heard)

    for each in ENDING:
        if before[each] != signal.SIG_IGN:
            signal.signal(each, on_signal)
    threading.Thread(target=watch, name="ends", daemon=True).start()
    try:
        yield
    finally:
        done.set()
        for each, handler in before.items():
            signal.signal(each, signal.SIG_IGN if told else handler)  # whoever is ending is not told again
        signal.set_wakeup_fd(wakeup)
        os.close(spoken)


def say(sentence: str) -> None:
    """Tell why the command ends, past a console that was stopped while it printed."""
    with contextlib.suppress(OSError):
        os.write(2, f"{logs.sentence(sentence)}\n".encode())


def leave(code: int) -> NoReturn:
    """Exit: what libraries do at the end has LEAVING_SECONDS, and none of their threads outlives it or stops it."""
    last = threading.Thread(target=atexit._run_exitfuncs, name="leave", daemon=True)
    last.start()
    last.join(LEAVING_SECONDS)
    for stream in (sys.stdout, sys.stderr):
        streams.flushed(stream)
    os._exit(code)

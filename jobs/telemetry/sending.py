"""Sends events beside the night: it never waits for a server, and what a server does not take is given up after seconds."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable
from typing import Any

from jobs.nights.listening import reason

THREAD = "lineage"
PATIENCE_SECONDS = 5.0  # at the end of a night, for a server that takes nothing more
log = logging.getLogger(__name__)


class Sender:
    """Hands events one after the other, in order, to `emit` in a thread of its own. One that fails ends it, and is said once."""

    def __init__(self, emit: Callable[[Any], None], patience: float = PATIENCE_SECONDS) -> None:
        self._emit, self._patience = emit, patience
        self._waiting: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._lock = threading.Condition()
        self._asked = self._sent = 0
        self._is_off = False
        _hush()
        threading.Thread(target=self._work, name=THREAD, daemon=True).start()

    def send(self, event: Any) -> None:
        with self._lock:
            if self._is_off:
                return
            self._asked += 1
        self._waiting.put(event)

    def settle(self) -> None:
        """Wait for what was sent: as long as events go out, and PATIENCE_SECONDS for one that does not."""
        with self._lock:
            while not self._is_off and self._sent < self._asked:
                sent, until = self._sent, time.monotonic() + self._patience
                while self._sent == sent and not self._is_off and (left := until - time.monotonic()) > 0:
                    self._lock.wait(left)
                if self._sent == sent and not self._is_off:
                    self._give_up(f"no answer within {self._patience:.0f} s")

    def _work(self) -> None:
        while True:
            event = self._waiting.get()
            try:
                self._emit(event)
            except Exception as error:
                with self._lock:
                    if not self._is_off:
                        self._give_up(reason(error))
            with self._lock:
                if self._is_off:
                    return
                self._sent += 1
                self._lock.notify_all()

    def _give_up(self, because: str) -> None:
        self._is_off = True
        self._lock.notify_all()
        log.warning(
            "OpenLineage events are not taken (%s): no more are sent by this command; the night goes on.", because
        )


def _hush() -> None:
    """Let nothing be said of each try, in that thread: what came of it is said once."""
    logging.getLogger("openlineage").setLevel(logging.CRITICAL)
    logging.getLogger("urllib3.connectionpool").addFilter(lambda record: record.threadName != THREAD)

"""Who hears what becomes of a night while it is built. Hearing of it changes nothing, and cannot make it fail.

The runner tells; what is made of it (log lines, metrics, lineage, messages) is in `jobs.telemetry`.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date

from jobs import memory

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Built:
    """What became of one step: `rows` written (None when skipped), how long it took, and what the night of its table holds now.

    `bytes_held` is None where an erasure has rewritten it. `cpu_seconds` and `peak_bytes` are of this process, with the embedded
    engine in it; an engine elsewhere is not counted.
    """

    step: str
    rows: int | None
    seconds: float
    cpu_seconds: float = 0.0
    peak_bytes: int = 0
    rows_held: int = 0
    bytes_held: int | None = None


@dataclass
class Meter:
    """What a step costs from the moment that this was made: seconds, CPU seconds, and the most memory in bytes."""

    _started: float = field(default_factory=time.monotonic)
    _cpu: float = field(default_factory=time.process_time)

    def __post_init__(self) -> None:
        memory.forget_peak()

    def read(self) -> tuple[float, float, int]:
        return time.monotonic() - self._started, time.process_time() - self._cpu, memory.peak()


class Listener:
    """Hears of a night. `error` is what ended a step or the night, None for nothing."""

    def began(self, night: date, names: Sequence[str]) -> None:
        """These steps of the night are about to be built, in this order."""

    def step_began(self, night: date, step: str) -> None:
        """A step is about to be built or skipped."""

    def step_done(self, night: date, built: Built) -> None:
        """A step was built or skipped."""

    def step_failed(self, night: date, failed: Built, error: BaseException) -> None:
        """A step was given up; what it holds is that of an earlier build, if there is one."""

    def ended(self, night: date, error: BaseException | None) -> None:
        """All that began is over."""


@dataclass
class Listeners(Listener):
    """Several that hear the same. One that fails is said once and hears nothing more."""

    each: list[Listener]

    def began(self, night: date, names: Sequence[str]) -> None:
        self._tell(lambda one: one.began(night, names))

    def step_began(self, night: date, step: str) -> None:
        self._tell(lambda one: one.step_began(night, step))

    def step_done(self, night: date, built: Built) -> None:
        self._tell(lambda one: one.step_done(night, built))

    def step_failed(self, night: date, failed: Built, error: BaseException) -> None:
        self._tell(lambda one: one.step_failed(night, failed, error))

    def ended(self, night: date, error: BaseException | None) -> None:
        self._tell(lambda one: one.ended(night, error))

    def _tell(self, what: Callable[[Listener], None]) -> None:
        for one in list(self.each):
            try:
                what(one)
            except Exception as error:
                self.each.remove(one)
                log.warning("%s failed (%s) and is left out; the night goes on.", type(one).__name__, reason(error))


def reason(error: BaseException) -> str:
    """Why something failed, in a few words: of an operating system's error what it says, of others their class alone."""
    said = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {said}" if said else type(error).__name__

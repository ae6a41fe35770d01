"""A log line for everything that becomes of a night."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from datetime import date

from jobs import logs
from jobs.nights.listening import Built, Listener
from jobs.telemetry.outcomes import outcome, why

log = logging.getLogger(logs.NIGHTS)


class Logged(Listener):
    """Says `run_began`, `step_done` or `step_failed` of each step, and `run_done`, `run_failed` or `run_refused`."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._built = self._unchanged = 0

    def began(self, night: date, names: Sequence[str]) -> None:
        self._started, self._built, self._unchanged = time.monotonic(), 0, 0
        log.info("%s: begins", night, extra=logs.about("run_began", night=night, steps=len(names)))

    def step_done(self, night: date, built: Built) -> None:
        self._built += built.rows is not None
        self._unchanged += built.rows is None
        rows = "unchanged" if built.rows is None else f"{built.rows} rows"
        log.info("%s: %s, %.1f s", built.step, rows, built.seconds, extra=_about("step_done", night, built))

    def step_failed(self, night: date, failed: Built, error: BaseException) -> None:
        about = _about("step_failed", night, failed)
        log.info("%s: %s after %.1f s", failed.step, outcome(error), failed.seconds, extra=about)

    def ended(self, night: date, error: BaseException | None) -> None:
        seconds, how = time.monotonic() - self._started, outcome(error)
        about = logs.about(
            f"run_{how}", night=night, seconds=_rounded(seconds), built=self._built, unchanged=self._unchanged
        )
        said = f"{self._built} steps built, {self._unchanged} unchanged" if error is None else why(error)
        log.info("%s: %s: %s, %.1f s", night, how, said, seconds, extra=about)


def _about(event: str, night: date, built: Built) -> dict[str, object]:
    """Figures of a step; `rows` and `bytes` are what the night of its table holds, built now or earlier."""
    held = {} if event == "step_failed" else {"rows": built.rows_held, "bytes": built.bytes_held}
    return logs.about(
        event,
        night=night,
        step=built.step,
        seconds=_rounded(built.seconds),
        cpu_seconds=_rounded(built.cpu_seconds),
        peak_bytes=built.peak_bytes,
        is_unchanged=built.rows is None if event == "step_done" else None,
        **held,
    )


def _rounded(seconds: float) -> float:
    return round(seconds, 3)

"""Metrics of a night, written whole at its begin and at its end, for whoever watches many of them.

`metrics/<night>.prom` below the root is the newest run of each night; tasks that build a night layer by layer add to it. The folder
that IOLAUS_METRICS names gets the newest of all as `iolaus.prom`, for node_exporter's textfile collector. Samples have no time
of their own, which that collector refuses, and no label for the night, of which there would be a new one every day.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from jobs import store
from jobs.lake.lake import Lake
from jobs.nights import fingerprints, steps
from jobs.nights.listening import Built, Listener
from jobs.nights.records import staged
from jobs.telemetry.exposition import document, family_of, labels_of, sample, samples_in
from jobs.telemetry.outcomes import Outcome, outcome

FOLDER, NAME = "metrics", "iolaus.prom"
READABLE = 0o644  # counts only; the collector is another user
COUNTED = ("landed", "staged", "duplicates", "rejected", "erased", "late")
# Families of the whole run, then those of a step, which say so by the label `step`.
RUN = {
    "iolaus_night_timestamp_seconds": "The night that these metrics are of: its first second, since 1970.",
    "iolaus_run_started_timestamp_seconds": "When the newest run of it began.",
    "iolaus_run_ended_timestamp_seconds": "When that ended; missing while it goes on, and when it was killed.",
    "iolaus_run_state": "1 for what that run is: running (or killed), done, failed or refused.",
    "iolaus_run_info": "Code version and engine of that run.",
}
STEP = {
    "iolaus_step_seconds": "How long a step took.",
    "iolaus_step_cpu_seconds": "CPU seconds of the process during a step; an engine elsewhere is not counted.",
    "iolaus_step_peak_memory_bytes": "Most memory that the process held during a step.",
    "iolaus_step_built": "1 when a step was built, 0 when nothing had changed.",
    "iolaus_step_failed": "1 for the step that ended the run.",
    "iolaus_step_rows": "Rows of the night in the table of a step.",
    "iolaus_step_bytes": "Bytes of the night in the table of a step.",
    "iolaus_delivery_rows": "Rows of a delivery by what became of them.",
    "iolaus_delivery_bytes": "Bytes of the files of a delivery.",
    "iolaus_checks": "Quality checks by severity and outcome.",
    "iolaus_check_failed": "1 for every quality check that failed.",
}


class Metrics(Listener):
    """Writes the metrics of a night. A whole night replaces what an earlier run said, single steps only what is theirs.

    `collected`: a folder of this machine that gets a copy, or None.
    """

    def __init__(self, root: Path, lake: Lake, engine: str, collected: Path | None) -> None:
        self._root, self._lake, self._engine, self._collected = root, lake, engine.split(":")[0], collected
        self._started = 0.0
        self._names: Sequence[str] = ()
        self._samples: list[str] = []

    def began(self, night: date, names: Sequence[str]) -> None:
        self._started, self._names, self._samples = time.time(), names, []
        self._write(night, Outcome.RUNNING)

    def step_done(self, night: date, built: Built) -> None:
        self._samples += _cost(built)
        self._samples += [
            sample("iolaus_step_built", built.rows is not None, step=built.step),
            sample("iolaus_step_rows", built.rows_held, step=built.step),
        ]
        if built.bytes_held is not None:
            self._samples.append(sample("iolaus_step_bytes", built.bytes_held, step=built.step))
        if built.step in steps.staged_sources():
            self._samples += self._delivered(night, built.step)
        if built.step == steps.QUALITY:
            self._samples += self._checks(night)

    def step_failed(self, night: date, failed: Built, error: BaseException) -> None:
        self._samples += [*_cost(failed), sample("iolaus_step_failed", 1, step=failed.step)]
        if outcome(error) is Outcome.REFUSED:
            self._samples += self._checks(night)

    def ended(self, night: date, error: BaseException | None) -> None:
        self._write(night, outcome(error), sample("iolaus_run_ended_timestamp_seconds", time.time()))

    def _write(self, night: date, state: Outcome, *more: str) -> None:
        midnight = datetime.combine(night, datetime.min.time(), UTC)
        run = [
            sample("iolaus_night_timestamp_seconds", midnight.timestamp()),
            sample("iolaus_run_started_timestamp_seconds", self._started),
            *(sample("iolaus_run_state", each is state, state=each) for each in Outcome),
            sample("iolaus_run_info", 1, code_version=fingerprints.code_version(), engine=self._engine),
        ]
        said = document([*run, *more, *self._of_other_steps(night), *self._samples], RUN | STEP)
        self._file(night).parent.mkdir(parents=True, exist_ok=True)
        store.write_whole(self._file(night), said, is_synced=False)
        if self._collected is not None:
            _hand_over(self._collected, said)

    def _file(self, night: date) -> Path:
        return self._root / FOLDER / f"{night}.prom"

    def _of_other_steps(self, night: date) -> list[str]:
        """What other runs of the night said of steps that this one does not build."""
        file = self._file(night)
        found = samples_in(file.read_text(encoding="utf-8")) if file.exists() else []
        return [each for each in found if family_of(each) in STEP and labels_of(each)["step"] not in self._names]

    def _delivered(self, night: date, step: str) -> list[str]:
        said = staged(self._lake.builds(step)[night]).delivery
        rows = [sample("iolaus_delivery_rows", said.get(each) or 0, step=step, outcome=each) for each in COUNTED]
        return [*rows, sample("iolaus_delivery_bytes", said["bytes"], step=step)]

    def _checks(self, night: date) -> list[str]:
        columns = ["table_name", "expectation", "severity", "success"]
        checks = self._lake.read_arrow(steps.JUDGED, night, night, columns).to_pylist()
        counts: dict[tuple[str, str], int] = {}
        for each in checks:
            kind = (each["severity"], "passed" if each["success"] else "failed")
            counts[kind] = counts.get(kind, 0) + 1
        counted = [
            sample("iolaus_checks", count, step=steps.QUALITY, severity=severity, outcome=how)
            for (severity, how), count in sorted(counts.items())
        ]
        failed = {(each["severity"], each["table_name"], each["expectation"]) for each in checks if not each["success"]}
        return counted + [
            sample("iolaus_check_failed", 1, step=steps.QUALITY, severity=severity, table=table, check=check)
            for severity, table, check in sorted(failed)
        ]


def _cost(built: Built) -> list[str]:
    return [
        sample("iolaus_step_seconds", built.seconds, step=built.step),
        sample("iolaus_step_cpu_seconds", built.cpu_seconds, step=built.step),
        sample("iolaus_step_peak_memory_bytes", built.peak_bytes, step=built.step),
    ]


def _hand_over(folder: Path, said: str) -> None:
    """A copy that the collector, which runs as somebody else, may read; whole or not at all."""
    aside = folder / f".{NAME}.{os.getpid()}"  # the collector takes *.prom only
    aside.write_text(said, encoding="utf-8")
    aside.chmod(READABLE)
    aside.replace(folder / NAME)

"""One night, step by step, with what each step costs.

    python -m tests.lab.performance.night ROOT [ENGINE]

builds the first landed night of ROOT in this process and prints JSON: per step its rows, CPU seconds (all threads, the embedded
engine's too), seconds and peak memory (GB, of the process). A JVM engine is another process: of it only the peak of the largest
process and the seconds are comparable. Each step is told on stderr when it is done.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from jobs import memory
from jobs.nights import steps
from jobs.nights.run import landed_nights, runner
from jobs.settings import settings

LOOKS_PER_SECOND = 50


@dataclass(frozen=True)
class Cost:
    """One step: `rows` written, `cpu` and `seconds`, and the `peak` of the process while it ran, in GB."""

    step: str
    rows: int | None
    cpu: float
    seconds: float
    peak: float


class Peak:
    """The most memory that the process held since it was last asked, in GB."""

    def __init__(self) -> None:
        self._most = 0
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while True:
            self._most = max(self._most, memory.taken())
            time.sleep(1 / LOOKS_PER_SECOND)

    def ask(self) -> float:
        most, self._most = max(self._most, memory.taken()), 0
        return most / 1e9


def costs(root: Path, engine: str) -> list[Cost]:
    """Every step of the first landed night, in order."""
    given, peak, found = settings(root, engine), Peak(), []
    night = landed_nights(given)[0]
    with runner(given) as building:
        for name in steps.steps():
            peak.ask()
            cpu, started = time.process_time(), time.monotonic()
            built = building.build(name, night)
            cost = Cost(name, built.rows, time.process_time() - cpu, time.monotonic() - started, peak.ask())
            sys.stderr.write(
                f"{name}: {cost.rows} rows, {cost.cpu:.1f} CPU s, {cost.seconds:.1f} s, {cost.peak:.2f} GB\n"
            )
            found.append(cost)
    return found


def main() -> None:
    root, engine = Path(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else "sail"
    sys.stdout.write(json.dumps([asdict(each) for each in costs(root, engine)]) + "\n")


if __name__ == "__main__":
    main()

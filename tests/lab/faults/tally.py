"""What is counted of the faults that were tried, and the page that says it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

LOSSES = ("rows lost", "rows doubled", "half nights seen", "tracebacks", "too much memory", "hung", "no way back")


@dataclass
class Tally:
    """One kind of fault. `did` says how it was made, `said` what the commands answered and how often.

    `losses` counts by the words of LOSSES; `faults` tells each of them so that it can be made again.
    """

    kind: str
    did: str
    tries: int = 0
    said: Counter[str] = field(default_factory=Counter)
    losses: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    def lost(self, what: str, told: str) -> None:
        assert what in LOSSES, what
        self.losses[what] += 1
        self.faults.append(f"{what}: {told}")

    def heard(self, fault: str | None, told: str) -> None:
        """Count what a command must not do."""
        if fault:
            self.lost("hung" if fault == "hung" else "tracebacks", f"{told}: {fault}")


def write(folder: Path, name: str, tallies: Iterable[Tally]) -> None:
    (folder / f"{name}.json").write_text(json.dumps([vars(each) for each in tallies], indent=1))


def read(folder: Path) -> list[Tally]:
    found = []
    for path in sorted(folder.glob("*.json")):
        for each in json.loads(path.read_text()):
            each["said"], each["losses"] = Counter(each["said"]), Counter(each["losses"])
            found.append(Tally(**each))
    return found


def page(tallies: Iterable[Tally], machine: str, how: str) -> str:
    """The page in Markdown: a row per kind, worst first."""
    ordered = sorted(tallies, key=lambda each: (-sum(each.losses.values()), each.kind))
    head = ("fault", "tries", "what was done", "what the commands said or did", *LOSSES)
    lines = [
        "# What it survives",
        "",
        "Written by `make faults` (`tests/lab/faults`), which breaks the software for real: processes are killed, files are "
        "damaged, disks fill. A half night is one of which a reader saw some rows or tables and not the others. *No way back* "
        "counts damage after which what the commands advise did not bring every row back. A small share runs with the tests.",
        "",
        f"Machine: {machine}. Run as: {how}.",
        "",
        f"| {' | '.join(head)} |",
        f"|{'---|' * len(head)}",
    ]
    for each in ordered:
        said = "; ".join(f"{text} ({times:,})" for text, times in each.said.most_common())
        cells = [each.kind, f"{each.tries:,}", each.did, said, *(f"{each.losses[name]:,}" for name in LOSSES)]
        lines.append(f"| {' | '.join(cell.replace('|', '/') for cell in cells)} |")
    if told := [f"- {each.kind}: {fault}" for each in ordered for fault in each.faults]:
        lines += ["", "## What went wrong", "", *told]
    return "\n".join(lines) + "\n"

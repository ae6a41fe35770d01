"""A detector of coordinated extraction on worlds with known truth; see docs/benchmark.md.

    python -m tests.lab.benchmark worlds FOLDER                write the worlds
    python -m tests.lab.benchmark answer FOLDER DETECTOR       let iolaus or shared-things answer on each
    python -m tests.lab.benchmark score FOLDER DETECTOR ...    print what the answers of each are worth

Another detector writes FOLDER/WORLD/answers/NAME.parquet itself (`tests.lab.benchmark.scoring`). A world or an answer that is
there is not made again.
"""

from __future__ import annotations

import argparse
import functools
import operator
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow.parquet as pq

from jobs.settings import PSEUDONYM_KEY
from tests.lab.accuracy.worlds import KEY
from tests.lab.benchmark.detectors import ANSWERS, DETECTORS
from tests.lab.benchmark.scoring import Score, score
from tests.lab.benchmark.worlds import WORLDS
from tests.lab.judging.groups import truth

COLUMNS: dict[str, Callable[[Score], float]] = {
    "innocent groups `deliberate`": lambda s: s.innocent_groups_accused,
    "`suspicious`": lambda s: s.innocent_groups_suspected,
    "account precision `deliberate`": lambda s: s.accused_operated / s.accused if s.accused else float("nan"),
    "account recall `deliberate`": lambda s: s.accused_operated / s.operated if s.operated else float("nan"),
    "`suspicious` and above": lambda s: s.suspected_operated / s.operated if s.operated else float("nan"),
    "pairwise F1": lambda s: (
        2 * s.pairs_right / (s.pairs_true + s.pairs_said) if s.pairs_true + s.pairs_said else float("nan")
    ),
    "operators told as one": lambda s: s.operators_told_as_one,
    "calibration error": lambda s: s.calibration_gap / s.groups_judged if s.groups_judged else float("nan"),
}


def table(scores: Sequence[tuple[str, str, Score]]) -> str:
    """Markdown, a row per (detector, world, score)."""
    lines = ["| detector | worlds | " + " | ".join(COLUMNS) + " |", "|---" * (len(COLUMNS) + 2) + "|"]
    for detector, worlds, found in scores:
        figures = [measure(found) for measure in COLUMNS.values()]
        cells = [f"{value:.3f}" if isinstance(value, float) else str(value) for value in figures]
        lines.append(f"| {detector} | {worlds} | " + " | ".join(cell.replace("nan", "") for cell in cells) + " |")
    return "\n".join(lines)


def scored(folder: Path, detector: str) -> list[tuple[str, str, Score]]:
    """By writer of worlds, the one with most innocents accused first, then all."""
    by_writer: dict[str, list[Score]] = {}
    for world in WORLDS:
        answers = pq.read_table(folder / world.name / "answers" / f"{detector}.parquet", schema=ANSWERS)
        rows = zip(*(column.to_pylist() for column in answers.columns), strict=True)
        by_writer.setdefault(world.preset, []).append(score(rows, truth(folder / world.name)))
    sums = {writer: functools.reduce(operator.add, found) for writer, found in by_writer.items()}
    worst = sorted(sums.items(), key=lambda each: (-each[1].innocent_groups_accused, each[0]))
    everything = functools.reduce(operator.add, sums.values())
    return [(detector, f"{writer}, {len(by_writer[writer])}", each) for writer, each in worst] + [
        (detector, f"all, {len(WORLDS)}", everything)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.lab.benchmark", description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)  # fmt: skip
    parser.add_argument("what", choices=["worlds", "answer", "score"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("detectors", nargs="*")
    asked = parser.parse_args()
    os.environ.setdefault(PSEUDONYM_KEY, KEY)
    for world in WORLDS if asked.what != "score" else ():
        root = asked.folder / world.name
        if asked.what == "worlds" and not (root / "truth").exists():
            world.write(root)
        for detector in asked.detectors if asked.what == "answer" else ():
            file = root / "answers" / f"{detector}.parquet"
            if not file.exists():
                file.parent.mkdir(parents=True, exist_ok=True)
                found = DETECTORS[detector](root)
                pq.write_table(found, file.with_suffix(".tmp"))
                file.with_suffix(".tmp").replace(file)
        print(world.name, file=sys.stderr, flush=True)
    if asked.what == "score":
        print(table([row for detector in asked.detectors for row in scored(asked.folder, detector)]))


if __name__ == "__main__":
    main()

"""Turns the dials of the operators until detection fails, and keeps the figures of every step.

`python -m tests.lab.accuracy.adversary FOLDER [--seeds 901,902] [--only everything,cards] [--coarse]` writes one JSON file
per step and seed into FOLDER. A step that has its file is not run again unless its dials were changed since, so an
interrupted sweep goes on where it stopped. `--coarse` runs only the first and the last step of each sweep.
"""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from jobs.nights.run import runner
from jobs.settings import PSEUDONYM_KEY, settings
from tests.lab.accuracy.sweeps import SWEEPS
from tests.lab.accuracy.worlds import KEY, keep

SEEDS = "901,902"  # not looked at while anything was tuned


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--seeds", default=SEEDS)
    parser.add_argument("--only", default=",".join(sweep.name for sweep in SWEEPS))
    parser.add_argument("--coarse", action="store_true")
    asked = parser.parse_args()
    os.environ.setdefault(PSEUDONYM_KEY, KEY)
    asked.folder.mkdir(parents=True, exist_ok=True)
    with runner(settings(asked.folder)) as engine:
        for sweep in SWEEPS:
            last = len(sweep.steps) - 1
            for step in (0, last) if asked.coarse else range(last + 1):
                for seed in asked.seeds.split(","):
                    target = asked.folder / f"{sweep.name}_{step}_{seed}.json"
                    world = sweep.world_of(step, seed)
                    if sweep.name in asked.only.split(",") and not _done(target, world):
                        keep(engine, target, world, sweep=sweep.name, step=step, seed=int(seed))


def _done(target: Path, world: str) -> bool:
    return target.exists() and json.loads(target.read_text())["world"] == world


if __name__ == "__main__":
    main()

"""Builds a world with known truth, runs every night of it, and keeps what the last night says against the truth.

`python -m tests.lab.accuracy.worlds FOLDER small:501 varied:601 small:501:accounts=25000 small:501:beat_jitter_seconds=600`
writes one JSON file per world into FOLDER. Publishing is left out: judging quality and copying tables change no figure.
A world that has its JSON file is not built again.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import time
from pathlib import Path
from typing import Any

import pyarrow as pa

from jobs.evaluation.evaluate import PUBLISHED, evaluate, read_truth
from jobs.nights import steps
from jobs.nights.fingerprints import code_version
from jobs.nights.run import Runner, landed_nights, runner
from jobs.settings import PSEUDONYM_KEY, settings
from jobs.simulate.worlds import write_world
from tests.lab.accuracy.innocents import groups_by_kind

KEY = "key-of-simulated-worlds-only"
Figures = dict[str, Any]


def main(folder: Path, worlds: list[str]) -> None:
    os.environ.setdefault(PSEUDONYM_KEY, KEY)
    folder.mkdir(parents=True, exist_ok=True)
    with runner(settings(folder)) as engine:
        for world in worlds:
            target = folder / f"{world.replace(':', '_').replace('=', '-')}.json"
            if target.exists():
                continue
            keep(engine, target, world)


def keep(engine: Runner, target: Path, world: str, **labels: Any) -> None:
    """Run one world beside its JSON file `target`; `labels` are written among its figures. The file appears whole."""
    started = time.monotonic()
    root = target.with_suffix("")
    shutil.rmtree(root, ignore_errors=True)
    figures = run_world(engine, root, world) | labels | {"seconds": round(time.monotonic() - started)}
    aside = target.with_suffix(".tmp")
    aside.write_text(json.dumps(figures, indent=1, sort_keys=True))
    aside.replace(target)
    if not os.environ.get("KEEP_WORLDS"):
        shutil.rmtree(root)
    print(f"{target.stem}: {figures['seconds']} s", flush=True)  # noqa: T201


def parsed(world: str) -> tuple[str, int, dict[str, str]]:
    """Preset, seed and options of PRESET:SEED, then NAME=VALUE for `accounts`, `days` or any dial."""
    preset, seed, *options = world.split(":")
    return preset, int(seed), dict(option.split("=") for option in options)


def run_world(engine: Runner, root: Path, world: str) -> Figures:
    """Simulate the world, build its nights and score the last one."""
    preset, seed, given = parsed(world)
    accounts, days = (int(given.pop(name)) if name in given else None for name in ("accounts", "days"))
    root.mkdir(parents=True)
    write_world(root, preset, seed, accounts, days, dials=[f"{name}={value}" for name, value in given.items()])
    own = Runner(settings(root))
    own._spark = engine.spark
    nights = landed_nights(own.settings)
    for night in nights:
        for step in steps.upstream():
            if step not in (steps.QUALITY, steps.PUBLISH):
                own.build(step, night)
    published = {name: own.lake.read_arrow(f"published.{name}", nights[0], nights[-1]) for name in PUBLISHED}
    return score(published, root / "truth") | {"world": world}


def score(published: dict[str, pa.Table], truth: Path) -> Figures:
    """The evaluation as plain figures, with the groups of each kind of look-alike, the victims and the code beside them."""
    known = read_truth(truth)
    figures: Figures = json.loads(evaluate(published, known).as_json())
    for kind, groups in groups_by_kind(published, known).items():
        figures["lookalikes"].setdefault(kind, {}).update(groups)
    return figures | {"code": code_version()}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])

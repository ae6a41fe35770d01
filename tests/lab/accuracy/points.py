"""One point per step of a sweep: what it costs the operator, and what is still found, as means over its worlds."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from jobs.simulate.dials import turned
from jobs.simulate.specs import PRESETS, campaign_sizes
from tests.lab.accuracy.costs import Cost, mean_cost
from tests.lab.accuracy.sweeps import SWEEPS, Sweep

FIGURES = ("account_recall", "suspected_account_recall", "account_precision", "pairwise_f1", "innocent_campaigns")


@dataclass(frozen=True)
class Point:
    """A step of a sweep. `low` and `high` are the lowest and highest recall at `deliberate` of its worlds."""

    label: str
    cost: Cost
    seeds: tuple[int, ...]
    recall: float
    low: float
    high: float
    suspected: float
    precision: float | None  # None where nobody is accused
    pairwise: float
    innocent: int  # campaigns, over all worlds


def points(folder: Path) -> list[tuple[Sweep, list[Point]]]:
    """The sweeps that were run at all, each with the steps that were; files of dials that changed since are left out."""
    runs: dict[tuple[str, int], list[dict[str, Any]]] = defaultdict(list)
    known = {sweep.name: sweep for sweep in SWEEPS}
    for path in sorted(folder.glob("*.json")):
        figures = json.loads(path.read_text())
        sweep, step = known.get(figures["sweep"]), figures["step"]
        current = sweep is not None and step < len(sweep.steps)
        if sweep and current and sweep.world_of(step, figures["seed"]) == figures["world"]:
            runs[sweep.name, step].append(figures)
    found = []
    for sweep in SWEEPS:
        steps = [step for step in range(len(sweep.steps)) if (sweep.name, step) in runs]
        if steps:
            found.append((sweep, [_point(sweep.steps[step][0], runs[sweep.name, step]) for step in steps]))
    return found


def world_cost(world: str) -> Cost:
    """Of the campaigns of a world, each weighted by its accounts."""
    preset, _, *options = world.split(":")
    accounts = next(int(option[9:]) for option in options if option.startswith("accounts="))
    dials = [option for option in options if not option.startswith(("accounts=", "days="))]
    return mean_cost(campaign_sizes(turned(PRESETS[preset], dials).campaigns, accounts))


def _point(label: str, worlds: list[dict[str, Any]]) -> Point:
    values = {key: [each["overall"][key] for each in worlds if each["overall"][key] is not None] for key in FIGURES}
    recalls = values["account_recall"]

    def mean(key: str) -> float:
        return float(np.mean(values[key]))

    seeds = tuple(sorted(each["seed"] for each in worlds))
    return Point(
        label, world_cost(worlds[0]["world"]), seeds, mean("account_recall"), min(recalls), max(recalls),
        mean("suspected_account_recall"), mean("account_precision") if values["account_precision"] else None,
        mean("pairwise_f1"), int(sum(values["innocent_campaigns"])),
    )  # fmt: skip

"""Turns the figures of many worlds into docs/accuracy.md: means, bootstrap intervals by world, the worst world.

`python -m tests.accuracy.report FOLDER [FOLDER ...]` reads what `tests.accuracy.worlds` and `tests.accuracy.peers`
wrote.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np

from tests.accuracy.intervals import interval
from tests.accuracy.peers.section import section as against_peers

TARGET = Path(__file__).resolve().parent.parent.parent / "docs" / "accuracy.md"
OVERALL = (
    ("account precision at `deliberate`", "account_precision"),
    ("account recall", "account_recall"),
    ("pairwise F1", "pairwise_f1"),
    ("B-cubed F1", "b_cubed_f1"),
    ("innocent campaigns (`deliberate`)", "innocent_campaigns"),
    ("innocent groups (`suspicious`)", "innocent_campaigns_suspected"),
    ("two operators on one network told apart", "operators_told_apart"),
    ("victims spared", "victims_spared_share"),
    ("attributed volume / true volume", "volume_attributed"),
    ("calibration error of account likelihood", "calibration_error"),
    ("nights to detection, median", "median_days_to_detection"),
    ("id persistence", "id_persistence"),
)
TIERS = (("recall", "account_recall"), ("pairwise F1", "pairwise_f1"), ("volume", "volume_attributed"))
INTRODUCTION = """# Accuracy

Simulated worlds with known truth (`iolaus simulate`), one frozen setting, scored on the last night with the same code as
`iolaus evaluate`; `make bench-accuracy` repeats it. The seeds below were not looked at while anything was tuned. `small`
is the fixed roster of eight campaigns, one or more of every tier, among all look-alikes; in `varied` worlds the seed
also draws every dial of the campaigns, their number and sizes, and the sizes of the look-alike groups. Intervals are
95 % bootstrap intervals over worlds. Simulator and detector have the same authors: read the losses first.

What is not good: where an operator mixes unrelated customers into its own accounts (two thirds of the `varied`
campaigns), those of their requests that ask for the campaign's tasks are counted as its own; a stolen account whose owner
does not use it cannot be told from an aged account of the operator.
"""


def main(folders: list[Path]) -> None:
    worlds: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for path in sorted(path for folder in folders for path in folder.glob("*.json")):
        figures = json.loads(path.read_text())
        preset, _, *options = figures["world"].split(":")
        worlds[" ".join([preset, *options])].append(figures)
    sections = [_section(name, worlds[name]) for name in sorted(worlds)]
    TARGET.write_text("\n".join([INTRODUCTION, *sections, against_peers(folders)]), encoding="utf-8")


def _section(name: str, figures: list[dict[str, Any]]) -> str:
    seeds = ", ".join(sorted(each["world"].split(":")[1] for each in figures))
    lines = [f"## {name}, {len(figures)} worlds", "", f"Seeds {seeds}.", ""]
    lines += ["| | mean | 95 % interval | worst |", "|---|---|---|---|"]
    lines += [_row(title, [each["overall"][key] for each in figures], key) for title, key in OVERALL]
    tiers = sorted({tier for each in figures for tier in each["by_tier"]})
    lines += ["", "| tier | " + " | ".join(title for title, _ in TIERS) + " |", "|---|---|---|---|"]
    for tier in tiers:
        cells = []
        for _, key in TIERS:
            values = [each["by_tier"][tier][key] for each in figures if tier in each["by_tier"]]
            cells.append(_mean([value for value in values if value is not None]))
        lines.append(f"| {tier} | {' | '.join(cells)} |")
    accused = sorted(
        {kind for each in figures for kind, row in each["lookalikes"].items() if row["accused"] or row["suspected"]}
    )
    lines += ["", "| look-alike with an account accused | accounts | accused | suspected |", "|---|---|---|---|"]
    for kind in accused:
        rows = [each["lookalikes"].get(kind, {}) for each in figures]
        counts = [sum(row.get(key, 0) for row in rows) for key in ("accounts", "accused", "suspected")]
        lines.append(f"| {kind} | {' | '.join(f'{count:,}' for count in counts)} |")
    return "\n".join([*lines, ""])


def _row(title: str, values: list[float | None], key: str) -> str:
    known = np.array([value for value in values if value is not None], dtype=float)
    if not len(known):
        return f"| {title} | | | |"
    mean, low, high = interval(known.tolist())
    if key == "volume_attributed":
        worst = known[np.argmax(np.abs(known - 1.0))]
    else:
        small_is_good = key.startswith(("innocent", "calibration", "median"))
        worst = known.max() if small_is_good else known.min()
    return f"| {title} | {mean:.3f} | {low:.3f} to {high:.3f} | {worst:.3f} |"


def _mean(values: list[float]) -> str:
    return f"{np.mean(values):.3f}" if values else ""


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])

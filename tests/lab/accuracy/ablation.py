"""What each signal adds, and the null model: worlds already built, one night of them linked and judged again without it.

`python -m tests.lab.accuracy.ablation NUMBER WORLD [WORLD ...]` takes the number of a night (1 is the first) and roots that
`tests.lab.accuracy.worlds` built with KEEP_WORLDS=1, and writes `WORLD/ablation-NUMBER.json`: the figures of every variant by
name, in each regime. A regime hides kinds of evidence altogether, so that a signal which others back up is seen at work.
The registry of the night before stays as it is; nothing is written into the world's lake but that night's tables, which
the last variant, `everything` with all in place, restores. An early night tells more than the last: evidence is still thin.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import defaultdict
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from jobs import signals
from jobs.evaluation.evaluate import PUBLISHED
from jobs.lake.lake import Lake
from jobs.links import cells
from jobs.nights import steps
from jobs.nights.run import Runner, landed_nights, runner
from jobs.nights.steps import Step
from jobs.settings import PSEUDONYM_KEY, Settings, settings
from tests.lab.accuracy.worlds import KEY, score

EVERYTHING = "everything"
NO_SIGNIFICANCE = "null model off"
REGIMES: dict[str, tuple[str, ...]] = {
    "all in place": (),
    "prompts, clients, rhythm hidden": ("content", "software", "synchrony", "rhythm", "pivot"),
    "cards, devices, prompts, rhythm hidden": ("payment", "device", "content", "synchrony", "rhythm"),
}  # families that cannot be seen
COLUMNS = (("account_recall", 3), ("pairwise_f1", 3), ("account_precision", 3), ("innocent_campaigns_suspected", 1))
Figures = dict[str, Any]


class Blind(Lake):
    """A lake in which links and campaigns do not see some signals."""

    signals: tuple[str, ...] = ()

    def read(self, spark: SparkSession, name: str, first: date, last: date) -> DataFrame:
        frame = super().read(spark, name, first, last)
        return frame.where(~F.col("signal").isin(*self.signals)) if self.signals and name in _WITH_SIGNALS else frame


class Without(Runner):
    """A runner over such a lake that builds every step it is told to, changed or not."""

    def __init__(self, settings: Settings, signals: tuple[str, ...]) -> None:
        super().__init__(settings)
        self.lake = Blind(settings.root, settings.catalog)
        self.lake.signals = signals

    def unchanged(self, step: Step, night: date, made: str) -> bool:
        return False


_WITH_SIGNALS = ("links.observations", "links.beats", "links.synchronies")


def variants(hidden: tuple[str, ...] = ()) -> dict[str, tuple[str, ...]]:
    """Name to all signals that are not seen: those of `hidden` families, and each other signal, each family of several, none."""
    never = tuple(signal for signal, family in signals.families().items() if family in hidden)
    families: dict[str, tuple[str, ...]] = {}
    for signal, family in sorted(signals.families().items()):
        if family not in hidden:
            families[family] = (*families.get(family, ()), signal)
    single = {signal: (signal,) for signal, family in signals.families().items() if family not in hidden}
    whole = {f"family {family}": signals for family, signals in families.items() if len(signals) > 1}
    left_out = {**single, **whole, NO_SIGNIFICANCE: (), EVERYTHING: ()}
    return {name: (*never, *signals) for name, signals in left_out.items()}


def main(number: int, roots: list[Path]) -> None:
    os.environ.setdefault(PSEUDONYM_KEY, KEY)
    with runner(settings(roots[0])) as engine:
        for root in roots:
            target = root / f"ablation-{number}.json"
            if target.exists():
                continue
            figures: dict[str, dict[str, Figures]] = {}
            for regime, hidden in reversed(REGIMES.items()):  # the last variant of the last one restores the night
                figures[regime] = {}
                for name, signals in variants(hidden).items():
                    started = time.monotonic()
                    figures[regime][name] = without(engine, root, number, name, signals)
                    seconds = time.monotonic() - started
                    print(f"{root.name}, {regime}, without {name}: {seconds:.0f} s", flush=True)  # noqa: T201
            target.write_text(json.dumps(figures, indent=1, sort_keys=True))


def without(engine: Runner, root: Path, number: int, name: str, signals: tuple[str, ...]) -> Figures:
    own = Without(settings(root), signals)
    own._spark = engine.spark
    night = landed_nights(own.settings)[number - 1]
    unjudged = mock.patch.multiple(cells, ALPHA=1e300, MAX_CHANCE_SHARE=1e9)
    with unjudged if name == NO_SIGNIFICANCE else nullcontext():
        for step in steps.upstream():
            if step.startswith(("links.", "campaigns.", "published.")) and step not in _WITH_SIGNALS:
                own.build(step, night)
    return score(
        {table: own.lake.read_arrow(f"published.{table}", night, night) for table in PUBLISHED}, root / "truth"
    )


def section(folders: list[Path]) -> str:
    """What was lost without each signal, mean over worlds, as a part of docs/accuracy.md; empty when nothing was ablated."""
    parts = []
    by_night: dict[int, list[Path]] = defaultdict(list)
    for path in (path for folder in folders for path in sorted(folder.glob("*/ablation-*.json"))):
        by_night[int(path.stem.removeprefix("ablation-"))].append(path)
    for number, paths in sorted(by_night.items()):
        names = ", ".join(path.parent.name.replace("_", " ") for path in paths)
        worlds = [json.loads(path.read_text()) for path in paths]
        parts += [f"On night {number}, mean over these worlds: {names}.", "", *_table(worlds), ""]
    return "\n".join(["## Ablation", "", *parts]) if parts else ""


def _table(worlds: list[dict[str, dict[str, Figures]]]) -> list[str]:
    first, *others = REGIMES
    titles = ["without", "recall", "pairwise F1", "precision", "innocent groups", "tier that loses most recall"]
    titles += [f"{title}, {regime}" for regime in others for title in ("recall", "F1")]
    lines = [f"| {' | '.join(titles)} |", "|---" * len(titles) + "|"]
    whole = {regime: [world[regime][EVERYTHING] for world in worlds] for regime in REGIMES}
    reached = [_mean(whole[first], key) for key, _ in COLUMNS]
    hidden = [_mean(whole[regime], key) for regime in others for key, _ in COLUMNS[:2]]
    lines.append(f"| nothing: all in place | {' | '.join([*reached, '', *hidden])} |")
    for name in variants():
        if name != EVERYTHING:
            left = [world[first][name] for world in worlds]
            cells = [_change(left, whole[first], key, places) for key, places in COLUMNS]
            cells.append(_worst_tier(left, whole[first]))
            for regime in others:
                seen = [world[regime][name] for world in worlds if name in world[regime]]
                cells += [_change(seen, whole[regime], key, places) if seen else "" for key, places in COLUMNS[:2]]
            lines.append(f"| {name.replace('_', ' ')} | {' | '.join(cells)} |")
    return lines


def _mean(figures: list[Figures], key: str) -> str:
    return f"{np.mean([each['overall'][key] or 0.0 for each in figures]):.3f}"


def _change(left: list[Figures], whole: list[Figures], key: str, places: int) -> str:
    change = np.mean(
        [(a["overall"][key] or 0.0) - (b["overall"][key] or 0.0) for a, b in zip(left, whole, strict=True)]
    )
    return f"{change:+.{places}f}" if abs(change) >= 0.5 * 10.0**-places else "0"


def _worst_tier(left: list[Figures], whole: list[Figures]) -> str:
    lost: dict[str, list[float]] = {}
    for a, b in zip(left, whole, strict=True):
        for tier, row in b["by_tier"].items():
            lost.setdefault(tier, []).append(
                (a["by_tier"][tier]["account_recall"] or 0.0) - (row["account_recall"] or 0.0)
            )
    tier = min(sorted(lost), key=lambda name: float(np.mean(lost[name])))
    change = float(np.mean(lost[tier]))
    return f"{tier} {change:+.3f}" if change <= -0.0005 else ""


if __name__ == "__main__":
    main(int(sys.argv[1]), [Path(each) for each in sys.argv[2:]])

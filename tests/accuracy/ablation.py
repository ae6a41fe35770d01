"""What each signal adds, and the null model: worlds already built, their last night linked and judged again without it.

`python -m tests.accuracy.ablation WORLD [WORLD ...]` takes roots that `tests.accuracy.worlds` built with KEEP_WORLDS=1 and
writes `WORLD/ablation.json`: the figures of every variant by name. The registry of the night before stays as it is; nothing
is written into the world's lake but the last night's tables, which the last variant, `everything`, restores.
"""

from __future__ import annotations

import json
import os
import sys
import time
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any
from unittest import mock

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import steps
from jobs.graph.families import FAMILIES
from jobs.links import cells
from jobs.run import Runner, landed_nights, runner
from jobs.settings import PSEUDONYM_KEY, settings
from tests.accuracy.worlds import KEY, SCORED, score

EVERYTHING = "everything"
NO_SIGNIFICANCE = "null model off"
Figures = dict[str, Any]


class Without(Runner):
    """A runner whose links and campaigns do not see some signals."""

    signals: tuple[str, ...] = ()

    def _read(self, name: str, first: date, last: date) -> DataFrame:
        frame = super()._read(name, first, last)
        return frame.where(~F.col("signal").isin(*self.signals)) if self.signals and name in _WITH_SIGNALS else frame

    def _unchanged(self, table: str, night: date, made: str) -> bool:
        return False


_WITH_SIGNALS = ("links.observations", "links.synchronies")


def variants() -> dict[str, tuple[str, ...]]:
    """Name to the signals left out: each signal, each family of several, nothing."""
    families: dict[str, tuple[str, ...]] = {}
    for signal, family in sorted(FAMILIES.items()):
        families[family] = (*families.get(family, ()), signal)
    whole = {f"family {family}": signals for family, signals in families.items() if len(signals) > 1}
    return {**{signal: (signal,) for signal in FAMILIES}, **whole, NO_SIGNIFICANCE: (), EVERYTHING: ()}


def main(roots: list[Path]) -> None:
    os.environ.setdefault(PSEUDONYM_KEY, KEY)
    with runner(settings(roots[0])) as engine:
        for root in roots:
            target = root / "ablation.json"
            if target.exists():
                continue
            figures: dict[str, Figures] = {}
            for name, signals in variants().items():
                started = time.monotonic()
                figures[name] = without(engine, root, name, signals)
                print(f"{root.name} without {name}: {time.monotonic() - started:.0f} s", flush=True)  # noqa: T201
            target.write_text(json.dumps(figures, indent=1, sort_keys=True))


def without(engine: Runner, root: Path, name: str, signals: tuple[str, ...]) -> Figures:
    own = Without(settings(root))
    own._spark, own.signals = engine.spark, signals
    night = landed_nights(own.settings)[-1]
    unjudged = mock.patch.multiple(cells, ALPHA=1e300, MAX_CHANCE_SHARE=1e9)
    with unjudged if name == NO_SIGNIFICANCE else nullcontext():
        for step in steps.upstream():
            if step.startswith(("links.", "campaigns.", "published.")) and step not in _WITH_SIGNALS:
                own.build(step, night)
    return score({table: own.lake.read_arrow(f"published.{table}", night, night) for table in SCORED}, root / "truth")


if __name__ == "__main__":
    main([Path(each) for each in sys.argv[1:]])

"""What the gates say of nights on which nothing is wrong: three worlds, twenty nights each, every word a false one.

    python -m tests.lab.quiet_nights FOLDER

Stages every night, counts its figures, and asks all gates on deliveries: figures against the nights before, rows against the
week, what was rejected, repeated or left out. Ends with exit code 1 where a night is refused, or a world is warned more than
once a week. It takes about five minutes.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from jobs import quality
from jobs.nights import publishing, steps
from jobs.nights.run import landed_nights, runner
from jobs.quality.outcomes import Outcome
from jobs.settings import PSEUDONYM_KEY, settings
from jobs.simulate.worlds import write_world
from tests.conftest import TEST_KEY

WORLDS = (("small", 301), ("varied", 302), ("innocent", 303))  # with campaigns, with others, and with none
ACCOUNTS, NIGHTS = 800, 20
WARNINGS_A_WEEK = 1.0


def outcomes(root: Path) -> Iterator[tuple[date, list[Outcome]]]:
    """What the gates say of each night of a world, knowing the nights before."""
    gates = steps.step(steps.QUALITY)
    with runner(settings(root)) as built:
        for night in landed_nights(built.settings):
            for name in steps.upstream():
                if name.startswith("staged.") or name == steps.FIGURES:
                    built.build(name, night)
            told = {name: built.lake.read_arrow(name, night, night) for name in (steps.DELIVERIES, steps.FIGURES)}
            held = publishing.usual(built, publishing.compared_with(built, gates, night), night)
            yield night, quality.judge(told, *held, night, root / "quality")


def main(folder: Path) -> int:
    os.environ.setdefault(PSEUDONYM_KEY, TEST_KEY)
    weeks, failed = timedelta(days=NIGHTS) / timedelta(weeks=1), 0
    lines = [
        "| world | nights | checks a night | refused | nights with a warning | warnings a week |",
        "|---|---|---|---|---|---|",
    ]
    for preset, seed in WORLDS:
        root = folder / preset
        if not (root / "raw").exists():
            root.mkdir(parents=True)
            write_world(root, preset, seed, ACCOUNTS, NIGHTS)
        refused, warned, checks = 0, [], 0
        for night, found in outcomes(root):
            wrong = [each for each in found if not each.success and each.severity != "info"]
            for each in wrong:
                print(
                    f"{preset} {night}: {each.severity} {each.table_name} {each.expectation}: {each.observed}",
                    flush=True,
                )
            refused += any(each.severity == "critical" for each in wrong)
            warned.append(len(wrong))
            checks = max(checks, len(found))
        rate = sum(warned) / weeks
        failed += refused > 0 or rate > WARNINGS_A_WEEK
        lines.append(
            f"| {preset} {seed} | {len(warned)} | {checks} | {refused} | {sum(count > 0 for count in warned)} | {rate:.1f} |"
        )
    print("\n".join(lines))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))

"""What a night costs as history grows, and what a night costs in which nothing changed.

`python -m tests.lab.bench_nights FOLDER` simulates sixty nights of a steady world, runs and publishes them one by one, each
in a process of its own as a scheduler does, and compares nights 58 to 60 with nights 26 to 28 (the window is full by
then), and a second run of the last night with its first. Figures are ratios within one run on one machine.
"""

from __future__ import annotations

import sys
from pathlib import Path
from statistics import median

from jobs.nights.run import landed_nights
from jobs.settings import settings
from jobs.simulate.worlds import write_world
from tests.lab.performance.ways import one_night

ACCOUNTS, DAYS, SEED = 2_500, 60, 51
MOST_GROWTH, MOST_UNCHANGED = 1.3, 0.1


def main(root: Path) -> None:
    if not (root / "raw").exists():
        write_world(root, "small", SEED, ACCOUNTS, DAYS)
    nights = landed_nights(settings(root))
    seconds = []
    for night in nights:
        seconds.append(one_night(root, "sail", night)[0])
        print(f"{night}: {seconds[-1]:.1f} s", flush=True)
    again = median(one_night(root, "sail", nights[-1])[0] for _ in range(3))
    early, late = median(seconds[25:28]), median(seconds[57:60])
    print(
        f"nights 26 to 28: {early:.1f} s; nights 58 to 60: {late:.1f} s; ratio {late / early:.2f} (at most {MOST_GROWTH})"
    )
    print(f"the last night again: {again:.1f} s; ratio {again / late:.2f} (at most {MOST_UNCHANGED})")


if __name__ == "__main__":
    main(Path(sys.argv[1]))

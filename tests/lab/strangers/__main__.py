"""Command line: `python -m tests.lab.strangers OUT --seed N --accounts 5000 --days 3 [--no-campaign]`."""

from __future__ import annotations

import argparse
from pathlib import Path

from .deliver import deliver
from .population import populate
from .world import World


def main() -> None:
    """Build a world and write it."""
    parser = argparse.ArgumentParser(
        prog="strangers", description="Write a synthetic world: OUT/raw by the input contract, OUT/truth beside it."
    )
    parser.add_argument("out", type=Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--accounts", type=int, default=5000)
    parser.add_argument("--days", type=int, default=3)
    parser.add_argument("--no-campaign", action="store_true", help="innocents only")
    options = parser.parse_args()
    world = World(options.seed, options.days, options.accounts)
    populate(world, campaigns=not options.no_campaign)
    counts = deliver(world, options.out)
    print(" ".join(f"{name}={count}" for name, count in counts.items()))


if __name__ == "__main__":
    main()

"""Break the software for real, and write what came of it.

    python -m tests.lab.faults [--share 0.1] [--only KIND ...] [--folder DIR] [--page FILE] [--seed N]

With `--share 1` it kills 200 commands and reads 10,000 broken files, which takes an hour or more. It needs root, for small and
read-only file systems; without, those kinds are told as not tried. Ends with 1 when anything was lost.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pyspark.sql.connect.session  # noqa: F401 - what is imported here no command has to import

from jobs.nights import steps
from jobs.settings import PSEUDONYM_KEY
from tests.lab.faults import damages, inputs, kills, machine, overlaps, servers, tally
from tests.lab.faults.tally import Tally
from tests.lab.faults.worlds import World

KEY = "key-of-the-tests-and-of-nothing-else"
KINDS: dict[str, Callable[[World, float, int], Iterator[Tally]]] = {
    "inputs": lambda world, share, seed: inputs.tallies(world.folder, round(10_000 * share), seed * 1_000_000),
    "damages": lambda world, share, seed: damages.tallies(world, share, seed),
    "machine": lambda world, share, seed: machine.tallies(world, share, seed),
    "servers": lambda world, share, seed: servers.tallies(world, share, seed),
    "kills": lambda world, share, seed: kills.tallies(world, round(200 * share), seed),
    "overlaps": lambda world, share, seed: overlaps.tallies(world, share, seed),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--share", type=float, default=1.0)
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS))
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--page", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    os.environ[PSEUDONYM_KEY] = KEY
    os.umask(0o077)
    steps.upstream()
    with contextlib.ExitStack() as stack:
        folder = given.folder or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="iolaus-faults-")))
        folder.mkdir(parents=True, exist_ok=True)
        tempfile.tempdir = str(folder / "tmp")
        Path(tempfile.tempdir).mkdir(exist_ok=True)
        (folder / "results").mkdir(exist_ok=True)
        for kind in given.only:
            found: list[Tally] = []
            for each in KINDS[kind](World(folder), given.share, given.seed):
                found.append(each)
                _say(each)
                tally.write(folder / "results", kind, found)
        shutil.rmtree(folder / "tmp", ignore_errors=True)
        every = tally.read(folder / "results")
    if given.page:
        given.page.write_text(
            tally.page(
                every, _machine(), f"`python -m tests.lab.faults --share {given.share:g}`, {datetime.now(UTC):%Y-%m-%d}"
            )
        )
    return 1 if any(sum(each.losses.values()) for each in every) else 0


def _say(found: Tally) -> None:
    lost = ", ".join(f"{times} {what}" for what, times in found.losses.items()) or "nothing lost"
    print(f"{found.kind}: {found.tries} tries in {found.seconds:.0f} s, {lost}", flush=True)
    for each in found.faults[:20]:
        print(f"  {each[:400]}".replace("\n", " "), flush=True)


def _machine() -> str:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    system = f"{platform.system()} {platform.release()}, Python {platform.python_version()}"
    return f"{os.cpu_count()} cores, {memory:.0f} GB of memory, {system}"


if __name__ == "__main__":
    sys.exit(main())

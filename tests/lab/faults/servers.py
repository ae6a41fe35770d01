"""A PostgreSQL server that is killed while a night is published to it, or while people are forgotten."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.lab.faults.machine import kind_of
from tests.lab.faults.processes import answered, done, iolaus
from tests.lab.faults.tally import Tally
from tests.lab.faults.worlds import State, World
from tests.postgres import Server, _plain, binaries, server
from tests.worlds import SECOND


def tallies(world: World, share: float, seed: int) -> Iterator[Tally]:
    world.need("judged")
    found = Tally(
        "PostgreSQL killed",
        "the server killed with SIGKILL at a random moment of publishing or forgetting, started again, the command run again",
    )
    began = time.monotonic()
    chance = random.Random(f"{seed} servers")
    own, tempfile.tempdir = tempfile.tempdir, None  # the server's user may not enter a folder of ours
    with server() as running:
        tempfile.tempdir = own
        os.environ["PGPASSFILE"] = str(running.passfile)
        try:
            for number in range(max(2, round(30 * share))):
                _killed(found, world, running, number, chance)
        finally:
            del os.environ["PGPASSFILE"]
    found.seconds = time.monotonic() - began
    yield found


def _killed(found: Tally, world: World, running: Server, number: int, chance: random.Random) -> None:
    root = world.restored("judged")
    accounts = world.accounts()
    url = answered(lambda: {"url": running.database(f"faults_{number}")})["url"]
    first = done("doctor", "--mend", "--root", root, "--warehouse", url)  # what the lake has published
    found.heard(first.fault, "first publication")
    line = chance.choice((("build", "publish", "--date", f"{SECOND}"), ("forget", *accounts)))
    before = _held(url)
    process = iolaus(*line, "--root", root, "--warehouse", url)
    moment = chance.uniform(0.2, 3.0)
    time.sleep(moment)
    kill(running)
    ended = process.ended()
    told = f"{line[0]}, killed after {moment:.2f} s"
    found.tries += 1
    found.heard(ended.fault, told)
    found.said["done before" if ended.code == 0 else kind_of(ended.sentence)] += 1
    revived(running)
    after = _held(url)
    if line[0] == "build" and after != before and f"runs {SECOND}" not in after:
        found.lost("half nights seen", f"{told}: {sorted(after.items() ^ before.items())[:4]}")
    again = done(*line, "--root", root, "--warehouse", url)
    found.heard(again.fault, f"{told}, again")
    if again.code != 0:
        found.lost("no way back", f"{told}: again it said {again.sentence}")


def _held(url: str) -> dict[str, int]:
    held: State = answered(lambda: _rows(url))
    return held


def _rows(url: str) -> dict[str, int]:
    from jobs import contracts
    from jobs.warehouse import open_warehouse

    warehouse = open_warehouse(url, Path("/"))
    found: dict[str, int] = {}
    for name in contracts.names("published"):
        for night in warehouse.read(name.split(".")[1], None)["as_of_date"].to_pylist():
            key = f"{name.split('.')[1]} {night}"
            found[key] = found.get(key, 0) + 1
    return found


def kill(running: Server) -> None:
    """End the server and every process of it at once, as a power cut does to it."""
    folder = running.passfile.parent
    with contextlib.suppress(OSError, ValueError):
        leader = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{leader}/task/{leader}/children").read_text().split()
        for each in (leader, *map(int, children)):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGKILL)


def revived(running: Server) -> None:
    """Start it again on the files that it left."""
    folder = running.passfile.parent
    for left in (folder / "data" / "postmaster.pid", *folder.glob(".s.PGSQL.*")):
        left.unlink(missing_ok=True)
    owner = (folder / "data").stat().st_uid
    options = [f"port={running.port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "fsync=off"]
    subprocess.Popen(
        [binaries(folder) / "postgres", "-D", folder / "data", *[word for each in options for word in ("-c", each)]],
        user=owner, stdout=subprocess.DEVNULL, stderr=(folder / "log2").open("a"), env=_plain(), cwd=folder,
    )  # fmt: skip
    for _ in range(300):
        with contextlib.suppress(RuntimeError):
            answered(lambda: {"n": _answers(running)})
            return
        time.sleep(0.1)
    raise RuntimeError("PostgreSQL did not come back")


def _answers(running: Server) -> int:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(running.url("postgres")) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return int(cursor.fetchall()[0][0])

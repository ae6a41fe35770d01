"""Commands killed at random moments, then run again: what comes out equals an undisturbed run, and nothing is left over."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import dataclass

from tests.lab.faults.processes import Ended, done, iolaus
from tests.lab.faults.readers import reading, seen
from tests.lab.faults.tally import Tally
from tests.lab.faults.worlds import FAR, State, World, difference, left_overs, must, state_of
from tests.worlds import FIRST, SECOND


@dataclass(frozen=True)
class Way:
    """A command from a state of the world; `again` is what is run after it was killed; `share` of all kills."""

    name: str
    state: str
    line: tuple[str, ...]
    again: tuple[str, ...]
    share: float


def ways(accounts: list[str]) -> list[Way]:
    night = ("run", "--date", f"{SECOND}")
    backfill = ("backfill", "--from", f"{FIRST}", "--to", f"{SECOND}")
    expire, forget = ("expire", "--keep-days", "1", "--date", FAR), ("forget", *accounts)
    return [
        Way("publish", "judged", ("build", "publish", "--date", f"{SECOND}"), night, 0.3),
        Way("forget", "two", forget, forget, 0.25),
        Way("expire", "rebuilt", expire, expire, 0.25),
        Way("night", "one", night, night, 0.12),
        Way("backfill", "one", backfill, backfill, 0.08),
    ]


def tallies(world: World, kills: int, seed: int) -> Iterator[Tally]:
    world.need("rebuilt")
    world.restored("two")
    for way in ways(world.accounts()):
        yield _killed(world, way, max(2, round(kills * way.share)), random.Random(f"{seed} {way.name}"))


def _killed(world: World, way: Way, kills: int, chance: random.Random) -> Tally:
    found = Tally(
        f"SIGKILL during {way.name}",
        f"`iolaus {way.line[0]}` killed at a random moment, run again, compared row by row; readers look on",
    )
    began = time.monotonic()
    before, expected, usual = _undisturbed(world, way)
    for _ in range(kills):
        root = world.restored(way.state)
        reader = reading(root, (before, expected))
        process = iolaus(*way.line, "--root", root)
        moment = chance.uniform(0, usual)
        time.sleep(moment)
        is_killed = process.is_running()
        process.kill()
        told = f"seed of the moment {moment:.2f} s of {usual:.1f} s"
        process.ended()
        found.tries += 1
        again = done(*way.again, "--root", root)
        looks, wrong = seen(reader)
        found.said["killed; run again, it said what it did" if is_killed else "ended before it was killed"] += 1
        found.said["looks of readers: one night whole or none"] += looks
        for each in wrong:
            found.lost("half nights seen", f"{told}: {each}")
        _judge(found, world, again, expected, told)
    found.seconds = time.monotonic() - began
    return found


def _undisturbed(world: World, way: Way) -> tuple[State, State, float]:
    """What is there before, what after, and the seconds it takes."""
    before = world.state(way.state)
    root = world.restored(way.state)
    ended = must(done(*way.line, "--root", root))
    return before, state_of(root), ended.seconds


def _judge(found: Tally, world: World, again: Ended, expected: State, told: str) -> None:
    found.heard(again.fault, told)
    if again.code != 0:
        found.lost("no way back", f"{told}: run again it said {again.sentence}")
        return
    for loss, place in difference(state_of(world.root), expected):
        found.lost(loss, f"{told}: {place}")
    if left := left_overs(world.root):
        found.said["left files over"] += 1
        found.faults.append(f"left over, {told}: {left[:3]}")

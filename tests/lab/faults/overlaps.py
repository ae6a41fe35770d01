"""Every two writing commands at once: what stands afterwards is what one order of them makes, one after the other."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator

from tests.lab.faults.machine import Line
from tests.lab.faults.processes import done, iolaus
from tests.lab.faults.tally import Tally
from tests.lab.faults.worlds import FAR, State, World, difference, state_of
from tests.worlds import FIRST, SECOND

OFFSETS = (0.0, 0.5, 2.0)  # seconds by which the second one starts later
COSTLY = {"run", "backfill"}


def commands(accounts: list[str]) -> dict[str, Line]:
    return {
        "publish": ("build", "publish", "--date", f"{SECOND}"),
        "forget": ("forget", *accounts),
        "expire": ("expire", "--keep-days", "1", "--date", FAR),
        "adopt": ("adopt",),
        "doctor --mend": ("doctor", "--mend"),
        "decide": ("decide", "account", accounts[0], "confirmed", "--analyst", "kim"),
        "build": ("build", "campaigns.judgements", "campaigns.registry", "--date", f"{SECOND}"),
        "run": ("run", "--date", f"{SECOND}"),
        "backfill": ("backfill", "--from", f"{FIRST}", "--to", f"{SECOND}"),
    }


def tallies(world: World, share: float, seed: int) -> Iterator[Tally]:
    """From a lake with one night published and the next built up to its publication. A refused command is run again at the end."""
    world.need("judged")
    world.restored("judged")
    known = commands(world.accounts())
    chance = random.Random(f"{seed} overlaps")
    pairs = list(itertools.combinations_with_replacement(known, 2))
    if share < 1:
        pairs = chance.sample(pairs, max(4, round(len(pairs) * min(1.0, share * 3))))
    did = "pairs of run, backfill, build, publish, forget, expire, adopt, doctor --mend and decide, started within 2 s"
    found = Tally("two commands at once", did)
    began = time.monotonic()
    orders: dict[tuple[str, str], State] = {}
    for pair in pairs:
        for offset in OFFSETS if share >= 1 else (chance.choice(OFFSETS),):
            _overlap(found, world, known, pair, offset, orders)
    found.seconds = time.monotonic() - began
    yield found


def _overlap(
    found: Tally,
    world: World,
    known: dict[str, Line],
    pair: tuple[str, str],
    offset: float,
    orders: dict[tuple[str, str], State],
) -> None:
    root = world.restored("judged")
    told = f"{pair[0]} and {offset:g} s later {pair[1]}"
    first = iolaus(*known[pair[0]], "--root", root)
    time.sleep(offset)
    second = iolaus(*known[pair[1]], "--root", root)
    ended = [first.ended(), second.ended()]
    found.tries += 1
    for each in ended:
        found.heard(each.fault, f"{told}, `{each.words[0]}`")
    refused = [name for name, each in zip(pair, ended, strict=True) if each.code != 0]
    found.said[
        f"{len(refused)} of two refused with a sentence, and done when run again" if refused else "both done"
    ] += 1
    for name in refused:
        again = done(*known[name], "--root", root)
        found.heard(again.fault, f"{told}, {name} again")
        if again.code != 0:
            found.lost("no way back", f"{told}: {name} again said {again.sentence}")
    after = state_of(root)
    wrong = []
    for order in dict.fromkeys((pair, pair[::-1])):
        if order not in orders:
            orders[order] = _serial(world, known, order)
        wrong.append(difference(after, orders[order]))
        if not wrong[-1]:
            return
    for loss, place in min(wrong, key=len)[:5]:
        found.lost(loss, f"{told}: {place}")


def _serial(world: World, known: dict[str, Line], order: tuple[str, str]) -> State:
    root = world.restored("judged")
    for name in order:
        done(*known[name], "--root", root)
    return state_of(root)

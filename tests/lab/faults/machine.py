"""What the machine does to commands: full disks, read-only roots, no handles, signals, an engine that dies or freezes."""

from __future__ import annotations

import contextlib
import ctypes
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from tests.jobs.test_liveness import SERVER
from tests.lab.faults.processes import Ended, done, iolaus, limited, system
from tests.lab.faults.tally import Tally
from tests.lab.faults.worlds import FAR, World, difference, left_overs, state_of
from tests.worlds import SECOND

GRACE_SECONDS = 10.0
NOBODY = 65534
Line = tuple[str, ...]


def lines(accounts: list[str]) -> dict[str, tuple[str, Line]]:
    """Commands that write, with the state each starts from."""
    return {
        "run": ("one", ("run", "--date", f"{SECOND}")),
        "publish": ("judged", ("build", "publish", "--date", f"{SECOND}")),
        "forget": ("two", ("forget", *accounts)),
        "expire": ("rebuilt", ("expire", "--keep-days", "1", "--date", FAR)),
        "decide": ("two", ("decide", "account", accounts[0], "confirmed", "--analyst", "kim")),
        "doctor": ("two", ("doctor", "--mend")),
        "report": ("two", ("report",)),
    }


LOOKING: tuple[Line, ...] = (
    ("status",),
    ("query", "SELECT count(*) FROM campaigns"),
    ("doctor",),
    ("doctor", "--verify"),
)


def tallies(world: World, share: float, seed: int) -> Iterator[Tally]:
    world.need("rebuilt")
    world.restored("two")
    known = lines(world.accounts())
    chance = random.Random(f"{seed} machine")
    yield _timed(_full_disk, world, known, max(2, round(30 * share)), chance)
    yield _timed(_file_size, world, known, max(2, round(20 * share)), chance)
    yield _timed(_read_only, world, known, 0, chance)
    yield _timed(_another_user, world, known, 0, chance)
    yield _timed(_no_handles, world, known, max(2, round(20 * share)), chance)
    yield _timed(_signals, world, known, max(3, round(60 * share)), chance)
    yield _timed(_engine, world, known, max(1, round(6 * share)), chance)


def _timed(work, world: World, known: dict[str, tuple[str, Line]], tries: int, chance: random.Random) -> Tally:  # type: ignore[no-untyped-def]
    began = time.monotonic()
    found: Tally = work(world, known, tries, chance)
    found.seconds = time.monotonic() - began
    return found


def _note(found: Tally, ended: Ended, told: str) -> None:
    found.tries += 1
    found.heard(ended.fault, told)
    found.said["done" if ended.code == 0 else kind_of(ended.sentence)] += 1


def kind_of(sentence: str) -> str:
    """The sentence without what differs each time."""
    words = sentence.removeprefix("error: ").split(":")[0].split("(")[0].strip()
    return f"“{' '.join(words.split()[:9])} ...”"


def _goes_on(found: Tally, world: World, name: str, line: Line, told: str) -> None:
    """Run it again where nothing is in its way; it must make what it makes undisturbed."""
    again = done(*line, "--root", world.root)
    found.heard(again.fault, f"{told}, run again")
    if again.code != 0:
        found.lost("no way back", f"{told}: run again it said {again.sentence}")
        return
    after = {"run": "two", "publish": "two", "expire": "expired"}.get(name)
    if after:
        for loss, place in difference(state_of(world.root), world.state(after)):
            found.lost(loss, f"{told}: {place}")
    left = [each for each in left_overs(world.root) if name in ("run", "forget", "expire")]
    if left:
        found.faults.append(f"left over, {told}: {left[:3]}")


def _picked(known: dict[str, tuple[str, Line]], tries: int, chance: random.Random) -> list[str]:
    names = [name for name in known if name != "run"]
    return (
        [*(chance.choice(names) for _ in range(tries - 1)), "run"]
        if tries < len(names)
        else [*names, "run", *(chance.choice(list(known)) for _ in range(tries - len(names) - 1))]
    )


@contextlib.contextmanager
def _mounted(world: World, size: int) -> Iterator[bool]:
    """The root on a file system of a size (bytes)."""
    world.emptied()
    is_there = system("mount", "-t", "tmpfs", "-o", f"size={size}", "none", world.root)
    try:
        yield is_there
    finally:
        if is_there:
            system("umount", world.root)


def _full_disk(world: World, known: dict[str, tuple[str, Line]], tries: int, chance: random.Random) -> Tally:
    found = Tally("full disk", "the root on a file system with little room left (0 to 4 MB), then with room again")
    for name in _picked(known, tries, chance):
        state, line = known[name]
        source = world.folder / "kept" / state
        used = sum((path.stat().st_size + 4095) // 4096 * 4096 + 4096 for path in source.rglob("*"))
        room = chance.randrange(0, 4 << 20)
        with _mounted(world, used + room) as is_there:
            if not is_there:
                found.said["not tried: no file system can be mounted here"] += 1
                return found
            try:
                shutil.copytree(source, world.root, dirs_exist_ok=True)
            except OSError:
                continue
            told = f"{name} with {room >> 10} kB left"
            _note(found, done(*line, "--root", world.root), told)
            for look in LOOKING[:2]:
                found.heard(done(*look, "--root", world.root).fault, f"{told}, `{look[0]}`")
            system("mount", "-o", f"remount,size={used + (256 << 20)}", world.root)
            _goes_on(found, world, name, line, told)
    return found


def _file_size(world: World, known: dict[str, tuple[str, Line]], tries: int, chance: random.Random) -> Tally:
    found = Tally("files of limited size", "`ulimit -f`: no file may be longer than 4 kB to 2 MB")
    for name in _picked(known, tries, chance):
        state, line = known[name]
        world.restored(state)
        size = int(4096 * 2 ** chance.uniform(0, 9))

        def before(size: int = size) -> None:
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            limited(resource.RLIMIT_FSIZE, size)()

        told = f"{name} with files of at most {size} bytes"
        _note(found, done(*line, "--root", world.root, before=before), told)
        _goes_on(found, world, name, line, told)
    return found


def _read_only(world: World, known: dict[str, tuple[str, Line]], _: int, __: random.Random) -> Tally:
    found = Tally(
        "read-only root", "the root mounted read-only: commands that look answer, commands that write say a sentence"
    )
    root = world.restored("two")
    if not (system("mount", "--bind", root, root) and system("mount", "-o", "remount,ro,bind", root)):
        found.said["not tried: nothing can be mounted here"] += 1
        return found
    try:
        _all_refused(found, world, known, None)
    finally:
        system("umount", root)
    return found


def _another_user(world: World, known: dict[str, tuple[str, Line]], _: int, __: random.Random) -> Tally:
    found = Tally("root of another user", "files that this user may read and not write")
    root = world.restored("two")
    if os.geteuid() != 0:
        found.said["not tried: only root may give files away"] += 1
        return found
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.chown(path, NOBODY, NOBODY)
    try:
        _all_refused(found, world, known, _without_power)
    finally:
        for path in (root, *root.rglob("*")):
            os.chown(path, 0, 0)
    return found


def _without_power() -> None:
    """Let root be a user like others, whom rights of files bind (capabilities(7): DAC_OVERRIDE, DAC_READ_SEARCH, FOWNER)."""
    system = ctypes.CDLL(None, use_errno=True)
    header, sets = (ctypes.c_uint32 * 2)(0x20080522, 0), (ctypes.c_uint32 * 6)()
    system.capget(header, sets)
    for place in range(2):
        sets[place] &= ~0b1110
    if system.capset(header, sets):
        raise OSError(ctypes.get_errno(), "capset")


def _all_refused(
    found: Tally, world: World, known: dict[str, tuple[str, Line]], before: Callable[[], None] | None
) -> None:
    for line in LOOKING:
        ended = done(*line, "--root", world.root, before=before)
        _note(found, ended, f"`{' '.join(line)}`")
        if ended.code != 0:
            found.lost("no way back", f"`{' '.join(line)}` said {ended.sentence}")
    for name, (_, line) in known.items():
        _note(found, done(*line, "--root", world.root, before=before), name)


def _no_handles(world: World, known: dict[str, tuple[str, Line]], tries: int, chance: random.Random) -> Tally:
    found = Tally("no more file handles", "`ulimit -n` of 12 to 80")
    for name in _picked(known, tries, chance):
        state, line = known[name]
        world.restored(state)
        handles = chance.randrange(12, 80)
        told = f"{name} with {handles} handles"
        _note(found, done(*line, "--root", world.root, before=limited(resource.RLIMIT_NOFILE, handles)), told)
        _goes_on(found, world, name, line, told)
    return found


def _signals(world: World, known: dict[str, tuple[str, Line]], tries: int, chance: random.Random) -> Tally:
    found = Tally(
        "SIGTERM and SIGINT",
        f"told to end at a random moment: ends within {GRACE_SECONDS:.0f} s, says what stands, leaves nothing",
    )
    usual: dict[str, float] = {}
    for name in _picked(known, tries, chance):
        state, line = known[name]
        if name not in usual:
            world.restored(state)
            usual[name] = done(*line, "--root", world.root).seconds
        root = world.restored(state)
        number = chance.choice((signal.SIGTERM, signal.SIGINT))
        process = iolaus(*line, "--root", root)
        moment = chance.uniform(0.05, usual[name])
        time.sleep(moment)
        was_running, asked = process.is_running(), time.monotonic()
        process.send(number)
        ended = process.ended()
        took, told = time.monotonic() - asked, f"{name}, {number.name} after {moment:.2f} s"
        _note(found, ended, told)
        if was_running and took > GRACE_SECONDS:
            found.lost("hung", f"{told}: ended {took:.0f} s later")
        left = [each for each in left_overs(root) if "_scratch" in each or ".aside" in each or "data_docs" in each]
        if left and name == "run":
            found.faults.append(f"left over, {told}: {left[:3]}")
        _goes_on(found, world, name, line, told)
    return found


def _engine(world: World, known: dict[str, tuple[str, Line]], tries: int, chance: random.Random) -> Tally:
    found = Tally("engine that dies or freezes", "a Spark Connect server killed or stopped in the middle of a night")
    for number in ([signal.SIGKILL, signal.SIGSTOP] * tries)[: max(tries, 2)]:
        state, line = known["run"]
        root = world.restored(state)
        server = subprocess.Popen(
            [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        try:
            assert server.stdout
            address = f"sc://127.0.0.1:{server.stdout.readline().strip()}"
            process = iolaus(*line, "--root", root, "--engine", address)
            moment = chance.uniform(3, 15)
            time.sleep(moment)
            server.send_signal(number)
            asked = time.monotonic()
            ended = process.ended(patience=120)
            told = f"{number.name} after {moment:.1f} s"
            _note(found, ended, told)
            found.said[f"ended {10 * round((time.monotonic() - asked) / 10)} s after"] += 1
        finally:
            server.kill()
            server.wait()
        _goes_on(found, world, "run", line, told)
    return found

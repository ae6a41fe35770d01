"""Every kind of file of a lake lost or damaged: it is found and told, and the way back that is told brings every row back."""

from __future__ import annotations

import random
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.lab.faults.processes import Ended, answered, done
from tests.lab.faults.tally import Tally
from tests.lab.faults.worlds import State, World, difference, state_of
from tests.worlds import FIRST

STATE = "one"
REGISTER = "the erasure register"


def _missing(path: Path, _: random.Random) -> None:
    path.unlink()


def _empty(path: Path, _: random.Random) -> None:
    path.write_bytes(b"")


def _cut(path: Path, chance: random.Random) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: chance.randrange(1, len(content))])


def _flipped(path: Path, chance: random.Random) -> None:
    content = bytearray(path.read_bytes())
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    path.write_bytes(bytes(content))


HARMS: dict[str, Callable[[Path, random.Random], None]] = {
    "missing": _missing, "of zero bytes": _empty, "cut short": _cut, "with a flipped bit": _flipped,
}  # fmt: skip


def _data(layer: str) -> Callable[[Path], list[Path]]:
    return lambda root: sorted((root / "lake" / layer).glob("*/data/ds=*/*/*.parquet"))


def _current(pattern: str) -> Callable[[Path], list[Path]]:
    """Files of Iceberg's metadata that the tables name as they stand."""
    return lambda root: [Path(each) for each in answered(lambda: {"files": _named(root, pattern)})["files"]]


def _named(root: Path, pattern: str) -> list[str]:
    from jobs.lake.lake import Lake
    from jobs.lake.layout import plain

    tables = [table for name in Lake(root).tables.names() if (table := Lake(root).tables.existing(name)) is not None]
    found = [plain(table.metadata_location) for table in tables]
    for table in tables:
        snapshot = table.current_snapshot()
        if snapshot is not None:
            found += [
                plain(snapshot.manifest_list),
                *(plain(each.manifest_path) for each in snapshot.manifests(table.io)),
            ]
    return sorted(each for each in found if re.search(pattern, each))


def _file(*names: str) -> Callable[[Path], list[Path]]:
    return lambda root: [root / name for name in names]


KINDS: dict[str, Callable[[Path], list[Path]]] = {
    "a data file of a staged table": _data("staged"),
    "a data file of a derived table": _data("campaigns"),
    "a data file of a published table": _data("published"),
    "a manifest": _current(r"-m\d+\.avro$"),
    "a list of manifests": _current(r"/snap-[^/]*\.avro$"),
    "the metadata of a table": _current(r"\.metadata\.json$"),
    "the catalog": _file("lake/catalog.db"),
    REGISTER: _file("lake/erasures.json"),
    "the key's short id": _file("lake/pseudonym_key"),
    "the warehouse": _file("warehouse.duckdb"),
    "a mark of a table": lambda root: sorted((root / "lake" / "_heads").iterdir()),
}


def tallies(world: World, share: float, seed: int) -> Iterator[Tally]:
    """At full share each kind of file is harmed in each way three times."""
    world.need(STATE)
    world.restored(STATE)
    accounts = world.accounts()
    if not world.has("erased"):
        assert done("forget", accounts[1], "--root", world.root).code == 0
        world.keep("erased")
    expected = world.state("erased") if world.has("erased") else {}
    chance = random.Random(f"{seed} damages")
    every = [(kind, harm) for kind in KINDS for harm in HARMS] * 3
    picked = every if share >= 1 else every[: len(KINDS) * len(HARMS)]
    if share < 0.3:
        picked = chance.sample(picked, max(3, round(share * len(every))))
    did = "missing, of zero bytes, cut short, or with a flipped bit; then the way back that is told"
    for kind in dict.fromkeys(kind for kind, _ in picked):
        tally, began = Tally(f"lost or damaged: {kind}", did), time.monotonic()
        for harm in (harm for each, harm in picked if each == kind):
            _try(tally, world, kind, harm, world.state(_state_for(kind)), chance)
        tally.seconds = time.monotonic() - began
        yield tally
    wal = Tally(
        "lost or damaged: a log of the warehouse",
        "a tool for reports was killed and left a log beside it, its own or another's",
    )
    began = time.monotonic()
    for kind in ("garbage", "of another file"):
        _log_left(wal, world, kind, expected)
    wal.seconds = time.monotonic() - began
    yield wal


def _state_for(kind: str) -> str:
    """What is built again leaves out who was forgotten, and its counts then do too: only the register is tried on such a lake."""
    return "erased" if kind == REGISTER else STATE


def _try(tally: Tally, world: World, kind: str, harm: str, expected: State, chance: random.Random) -> None:
    root = world.restored(_state_for(kind))
    path = chance.choice(KINDS[kind](root))
    backup = path.read_bytes()
    HARMS[harm](path, chance)
    told = f"{path.relative_to(root)} {harm}"
    tally.tries += 1
    looks = [done("status", "--root", root), done("doctor", "--root", root), done("doctor", "--verify", "--root", root)]
    for each in looks:
        tally.heard(each.fault, f"{told}, `{' '.join(each.words[:2])}`")
    if looks[-1].code == 0 and harmless(root, expected):
        tally.said["nothing of it is needed: every row is there"] += 1
        return
    if looks[-1].code == 0:
        tally.lost("no way back", f"{told}: `doctor --verify` found nothing: {looks[-1].told[-200:]}")
    way = _way_back(root, tally, told, looks, path, backup)
    tally.said[way] += 1
    for loss, place in difference(_state(root), expected):
        tally.lost("no way back", f"{told}, {way}: {loss}, {place}")


def harmless(root: Path, expected: State) -> bool:
    return not difference(_state(root), expected)


def _state(root: Path) -> State:
    try:
        return state_of(root)
    except RuntimeError as error:
        return {"unreadable": str(error)[-300:]}


def _way_back(root: Path, tally: Tally, told: str, looks: list[Ended], path: Path, backup: bytes) -> str:
    """Do what the sentences say, from the least to the most: `doctor --mend`, the backfill it names, a backup of the file."""
    way = "mended by `iolaus doctor --verify --mend`"
    mended = done("doctor", "--verify", "--mend", "--root", root)
    tally.heard(mended.fault, f"{told}, `doctor --mend`")
    if mended.code == 0:
        if "backfill" in mended.told + mended.said or done("doctor", "--root", root).told.find("backfill") >= 0:
            filled = done("backfill", "--from", f"{FIRST}", "--to", f"{FIRST}", "--root", root)
            tally.heard(filled.fault, f"{told}, `backfill`")
            way += " and the backfill that it names"
        if done("doctor", "--verify", "--root", root).code == 0:
            return way
    said = mended.sentence + " ".join(each.sentence for each in looks)
    if "backup" not in said:
        tally.lost("no way back", f"{told}: `doctor --mend` said {mended.sentence or mended.told[-200:]!r}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(backup)
    again = done("doctor", "--verify", "--mend", "--root", root)
    tally.heard(again.fault, f"{told}, `doctor` after the backup")
    return "told to put back a backup, and whole with it"


def _log_left(tally: Tally, world: World, kind: str, expected: State) -> None:
    root = world.restored("erased")
    log = root / "warehouse.duckdb.wal"
    if kind == "garbage":
        log.write_bytes(b"\x01garbage" * 500)
    else:
        other = root / "other.duckdb"
        answered(lambda: _other(other))
        shutil.move(f"{other}.wal", log)
        other.unlink()
    tally.tries += 1
    for line in (("status",), ("query", "SELECT count(*) FROM campaigns"), ("run", "--date", f"{FIRST}")):
        ended = done(*line, "--root", root)
        tally.heard(ended.fault, f"a log {kind}, `{line[0]}`")
        if ended.code != 0:
            tally.lost("no way back", f"a log {kind}: `{line[0]}` said {ended.sentence}")
    tally.said["put away, and every command goes on"] += 1
    for loss, place in difference(_state(root), expected):
        tally.lost(loss, f"a log {kind}: {place}")


def _other(path: Path) -> dict[str, str]:
    import duckdb

    connection = duckdb.connect(str(path))
    connection.execute("PRAGMA disable_checkpoint_on_shutdown")
    connection.execute("CREATE TABLE t AS SELECT 1 AS a")
    connection.close()
    return {}

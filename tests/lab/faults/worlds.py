"""The lake that is broken: a small world of two nights, kept in the states that commands start from, always at the same path.

Iceberg's metadata name files by path, so a state is copied back to where it was made.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.lab.faults.processes import Ended, answered, done
from tests.worlds import FIRST, SECOND, golden_world

# What says when something was done, and what names a snapshot by chance, is another each time.
CHANGING = {"started_at", "finished_at", "published_at", "first_published_at", "snapshots"}
FAR = "2999-01-01"
State = dict[str, Any]


@dataclass
class World:
    """`root` is where commands work, below `kept` are its states."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "root"

    def restored(self, state: str) -> Path:
        """Let the root be as it was kept; gives it."""
        self.emptied()
        shutil.copytree(self.folder / "kept" / state, self.root, symlinks=True, dirs_exist_ok=True)
        return self.root

    def emptied(self) -> None:
        """Remove what is below the root, which may be a file system of its own."""
        self.root.mkdir(parents=True, exist_ok=True)
        for each in self.root.iterdir():
            shutil.rmtree(each) if each.is_dir() else each.unlink()

    def keep(self, state: str) -> None:
        shutil.rmtree(self.folder / "kept" / state, ignore_errors=True)
        shutil.copytree(self.root, self.folder / "kept" / state, symlinks=True)

    def has(self, state: str) -> bool:
        return (self.folder / "kept" / state).is_dir()

    def need(self, state: str) -> None:
        """Make a state unless it is kept, from the one it follows on."""
        if self.has(state):
            return
        before, lines = MAKING[state]
        if before is None:
            self.emptied()
            done_here(lambda: golden_world(self.root, days=2))
        else:
            self.need(before)
            self.restored(before)
        for line in lines:
            ended = done(*line, "--root", self.root)
            if ended.code != 0:
                raise RuntimeError(f"the state {state} cannot be made: {ended.said}")
        self.keep(state)

    def state(self, name: str) -> State:
        """What the state holds, without being restored twice."""
        self.need(name)
        place = self.folder / "kept" / f"{name}.json"
        if not place.exists():
            self.restored(name)
            place.write_text(json.dumps(state_of(self.root)))
        found: State = json.loads(place.read_text())
        return found

    def accounts(self) -> list[str]:
        """A member of a campaign and an account that is in none."""
        return [str(each) for each in answered(lambda: {"accounts": _chosen(self.root)})["accounts"]]


def done_here(work: Any) -> None:
    from tests.lab.faults.processes import forked

    ended = forked(work, "simulate").ended()
    assert ended.code == 0, ended.said


def _steps() -> list[str]:
    from jobs.nights import steps

    return [step for step in steps.upstream() if step != "publish"]


MAKING: Mapping[str, tuple[str | None, list[list[str]]]] = {
    "landed": (None, []),
    "one": ("landed", [["run", "--date", f"{FIRST}"]]),
    "judged": ("one", [["build", *_steps(), "--date", f"{SECOND}"]]),
    "two": ("judged", [["run", "--date", f"{SECOND}"]]),
    "rebuilt": ("two", [["backfill", "--stale"]]),
    "expired": ("rebuilt", [["expire", "--keep-days", "1", "--date", FAR]]),
}


def _chosen(root: Path) -> list[str]:
    from jobs.warehouse import open_warehouse

    warehouse = open_warehouse("duckdb:///{root}/warehouse.duckdb", root)
    member = warehouse.query("SELECT min(account_id) AS a FROM campaign_members")["a"].to_pylist()[0]
    other = "SELECT min(account_id) AS a FROM account_verdicts WHERE account_id NOT IN (SELECT account_id FROM campaign_members)"
    return [member, warehouse.query(other)["a"].to_pylist()[0]]


def state_of(root: Path) -> State:
    """Of every table and night, in lake and warehouse, how many rows and a digest of them with every digit."""
    found: State = answered(lambda: _state(root))
    return found


def _state(root: Path) -> State:
    import pyarrow.compute as pc

    from jobs import contracts
    from jobs.lake.lake import Lake
    from jobs.warehouse import open_warehouse

    lake, warehouse = Lake(root), open_warehouse("duckdb:///{root}/warehouse.duckdb", root)
    found: State = {}
    for name in lake.tables.names():
        for night in sorted(lake.builds(name)):
            found[f"lake {name} {night}"] = _said(lake.read_arrow(name, night, night))
    for name in contracts.names("published"):
        rows = warehouse.read(name.split(".")[1], None)
        for night in sorted(set(rows["as_of_date"].to_pylist())):
            found[f"warehouse {name} {night}"] = _said(rows.filter(pc.equal(rows["as_of_date"], night)))
    notes = [root / "lake" / "erasures.json", root / "lake" / "pseudonym_key"]
    return found | {f"note {each.name}": each.read_text() for each in notes if each.exists()}


def _said(rows: Any) -> list[Any]:
    plain = rows.drop_columns([name for name in rows.column_names if name in CHANGING])
    texts = sorted(json.dumps(row, default=str, sort_keys=True) for row in plain.to_pylist())
    return [len(texts), len(set(texts)), hashlib.sha256("\n".join(texts).encode()).hexdigest()]


def difference(found: State, expected: State) -> list[tuple[str, str]]:
    """What is not as it should be: rows lost, or rows doubled, or others, with the place."""
    wrong = []
    for key in sorted(found.keys() | expected.keys()):
        is_, should = found.get(key), expected.get(key)
        if is_ == should:
            continue
        many = isinstance(is_, list) and isinstance(should, list) and is_[0] > should[0]
        wrong.append(("rows doubled" if many or should is None else "rows lost", f"{key}: {is_} instead of {should}"))
    return wrong


def left_overs(root: Path) -> list[str]:
    """Files that nothing refers to and that nobody will read."""
    return [str(each) for each in answered(lambda: {"files": _left_overs(root)})["files"]]


def _left_overs(root: Path) -> list[str]:
    from jobs import contracts
    from jobs.lake import rewriting
    from jobs.lake.lake import Lake
    from jobs.nights import staging

    lake = Lake(root)
    named = {
        path for name in lake.tables.names() for version in rewriting.versions(lake, name) for path in version.named
    }
    named |= set(staging.files_to_keep(lake))
    data = {
        path for layer in contracts.LAYERS for path in (root / "lake" / layer).glob("*/data/**/*") if path.is_file()
    }
    found = {path for path in data if str(path) not in named}
    hidden = [
        path
        for path in root.rglob("*")
        if ".aside" in path.name or path.name.startswith(".20") or path.suffix == ".tmp"
    ]
    found |= {*hidden, *(root / "lake" / "_scratch").glob("*"), *(root / "quality" / "data_docs").glob(".*")}
    return sorted(str(path.relative_to(root)) for path in found if path.name != ".lock")


def must(ended: Ended) -> Ended:
    """What has to succeed for the rest to say anything."""
    if ended.code != 0:
        raise RuntimeError(f"{' '.join(ended.words)} failed with {ended.code}: {ended.said[-1000:]}")
    return ended

"""The groups that a night found, with what is true of them: what judging is fitted to and scored on.

    python -m tests.lab.judging.groups ROOT [ROOT ...] --out FILE.parquet

builds every landed night of each root up to `published.campaigns` and writes one row per campaign of the last night and
feature. The file's metadata says how many accounts there are, and how many of them operators work. A root's
truth/accounts.parquet is that of `tests.lab.strangers` (account_id, operated, cause, group_id) or of `iolaus simulate`, there
with the components of groups drawn by cause. Whose a group is, `majority` says.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from jobs.nights import steps
from jobs.nights.run import Runner, landed_nights, runner
from jobs.settings import PSEUDONYM_KEY, settings
from jobs.vocabulary import Role
from tests.lab.accuracy.worlds import KEY

GROUPS = pa.schema(
    [
        ("world", pa.string()), ("campaign_id", pa.string()), ("kind", pa.string()), ("cause", pa.string()),
        ("group", pa.string()), ("accounts", pa.int64()), ("pure", pa.float64()), ("operated", pa.float64()),
        ("feature", pa.string()), ("strength", pa.float64()), ("figure", pa.float64()),
    ]
)  # fmt: skip


STOLEN = "stolen_keys"  # a cause: the accounts are ordinary, part of their traffic is a thief's


def truth(root: Path) -> dict[str, tuple[str, str, str]]:
    """Account to kind, cause and group; an ordinary account is its own group."""
    drawn = root / "truth" / "groups.parquet"
    causes = {row["group_id"]: row["cause"] for row in pq.read_table(drawn).to_pylist()} if drawn.exists() else {}
    found = {}
    for row in pq.read_table(root / "truth" / "accounts.parquet").to_pylist():
        if "operated" in row:
            said = (_kind(row), row["cause"], row["group_id"])
        elif row["campaign_id"]:
            kind = "operator" if row["role"] == Role.OPERATED else "victim"
            said = (kind, causes.get(row["campaign_id"], row["tier"]), row["campaign_id"])
        else:
            cause = causes.get(row["lookalike_group"], row["lookalike"])
            said = ("innocent" if row["lookalike"] else "ordinary", cause, row["lookalike_group"])
        found[row["account_id"]] = (said[0], said[1] or said[0], said[2] or row["account_id"])
    return found


def _kind(row: Mapping[str, Any]) -> str:
    """Of a row of strangers' truth."""
    if row["operated"]:
        return "operator"
    if row["group_id"] is None:
        return "ordinary"
    return "victim" if STOLEN in row["cause"] else "innocent"


def build(engine: Runner, root: Path) -> Runner:
    """Every landed night, without judging quality and publishing."""
    own = Runner(settings(root))
    own._spark = engine.spark
    for night in landed_nights(own.settings):
        for name in steps.steps():
            if name not in (steps.QUALITY, steps.PUBLISH):
                own.build(name, night)
    return own


def groups(own: Runner, root: Path) -> list[dict[str, Any]]:
    night = landed_nights(own.settings)[-1]
    known = truth(root)
    members = own.lake.read_arrow("campaigns.members", night, night).to_pylist()
    of: dict[str, list[tuple[str, str, str]]] = {}
    for row in members:
        if row["is_current"] and row["role"] == Role.OPERATED:
            of.setdefault(row["campaign_id"], []).append(known[row["account_id"]])
    rows = []
    for row in own.lake.read_arrow("campaigns.features", night, night).to_pylist():
        mine = of.get(row["campaign_id"], [])
        if mine:
            kind, cause, group, share = majority(mine)
            operated = sum(each[0] == "operator" for each in mine) / len(mine)
            rows.append({**row, "world": root.name, "kind": kind, "cause": cause, "group": group,
                         "accounts": len(mine), "pure": share, "operated": operated})  # fmt: skip
    return rows


def majority(members: Sequence[tuple[str, str, str]]) -> tuple[str, str, str, float]:
    """Kind, cause and group of most members, and their share; `members`: kind, cause and group of each.

    A group is an operator's only if more than half of its accounts are operators'. Ordinary accounts count together, though
    they are of no group: a crowd of a hundred of them with three operated ones is theirs.
    """
    kinds = Counter(kind for kind, *_ in members)
    of_operators = kinds.pop("operator", 0)
    kind = "operator" if of_operators * 2 > len(members) else max(sorted(kinds), key=kinds.__getitem__)
    named = Counter((cause, group) if kind != "ordinary" else (kind, kind) for k, cause, group in members if k == kind)
    (cause, group), times = max(sorted(named.items()), key=lambda each: each[1])
    return kind, cause, group, times / len(members)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("roots", nargs="+", type=Path)
    parser.add_argument("--out", required=True, type=Path)
    asked = parser.parse_args()
    os.environ.setdefault(PSEUDONYM_KEY, KEY)
    rows: list[dict[str, Any]] = []
    kinds: Counter[str] = Counter()
    with runner(settings(asked.roots[0])) as engine:
        for root in asked.roots:
            rows += groups(build(engine, root), root)
            kinds.update(kind for kind, *_ in truth(root).values())
    counted = {"accounts": str(kinds.total()), "operated": str(kinds["operator"])}
    pq.write_table(pa.Table.from_pylist(rows, schema=GROUPS.with_metadata(counted)), asked.out)


if __name__ == "__main__":
    main()

"""Who is blamed without having done anything, by kind: what the evaluation counts, and how many groups there are.

The kinds are those of the simulated look-alikes, everybody else as `none`, and `victim`: people whose stolen keys carry
a campaign's traffic. They are known as victims when they are left out or named so, and blamed when taken for operators.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

import pyarrow as pa

from jobs.evaluation.sides import DELIBERATE, SUSPECTED, said_on, truth_on

VICTIM = "victim"


def groups_by_kind(published: Mapping[str, pa.Table], truth: Mapping[str, pa.Table]) -> dict[str, dict[str, Any]]:
    """On the last night: `groups` of each kind, `groups_touched` with an accused account; of victims all figures."""
    night = max(published["account_verdicts"].column("as_of_date").to_pylist())
    known, said = truth_on(truth, night), said_on(published, night)
    accused, suspected = (
        {account for members in said.operated(verdicts).values() for account in members}
        for verdicts in (DELIBERATE, SUSPECTED)
    )
    members: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in truth["accounts"].to_pylist():
        if row["role"] is None and row["account_id"] in known.accounts:
            members[row["lookalike"] or "none", row["lookalike_group"] or ""].add(row["account_id"])
    found: dict[str, dict[str, Any]] = defaultdict(lambda: {"groups": 0, "groups_touched": 0})
    for (kind, _), accounts in members.items():
        found[kind]["groups"] += 1
        found[kind]["groups_touched"] += bool(accounts & accused)
    victims = known.victims
    if victims:
        found[VICTIM] = {"accounts": len(victims), "accused": len(victims & accused),
                         "suspected": len(victims & suspected), "campaigns_accused": 0,
                         "groups": 1, "groups_touched": int(bool(victims & accused))}  # fmt: skip
    return dict(found)


def section(title: str, figures: list[dict[str, Any]]) -> str:
    """One row per kind over all worlds, the most accused first."""
    columns = ("accounts", "groups", "accused", "suspected", "campaigns_accused")
    kinds = {kind for each in figures for kind in each["lookalikes"]}
    sums = {
        kind: [sum(each["lookalikes"].get(kind, {}).get(name, 0) for each in figures) for name in columns]
        for kind in kinds
    }
    total = [sum(row[place] for row in sums.values()) for place in range(len(columns))]
    lines = [f"### Innocent people by kind, {title}, {len(figures)} worlds", ""]
    lines += ["| kind | accounts | groups | accused | suspected | campaigns accused |", "|---|---|---|---|---|---|"]
    for kind in sorted(kinds, key=lambda kind: (-sums[kind][2], -sums[kind][3], kind)):
        lines.append(_row(kind, sums[kind]))
    return "\n".join([*lines, _row("all", total), ""])


def _row(kind: str, counts: list[int]) -> str:
    return f"| {kind} | {' | '.join(f'{count:,}' for count in counts)} |"

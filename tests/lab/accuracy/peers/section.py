"""The section "Against the alternatives" of docs/accuracy.md, from the files that `tests.lab.accuracy.peers` wrote.

`python -m tests.lab.accuracy.peers.section FOLDER [FOLDER ...]` prints it; `tests.lab.accuracy.report` appends it.
"""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from pathlib import Path
from statistics import median
from typing import Any

from tests.lab.accuracy.intervals import interval
from tests.lab.accuracy.peers.__main__ import JUDGED, LINKED
from tests.lab.accuracy.peers.catalogue import PEERS
from tests.lab.accuracy.peers.running import LIMIT_SECONDS
from tests.lab.accuracy.peers.scoring import ACCUSING

TITLES = (JUDGED, LINKED, *(peer.title for peer in PEERS))
OURS = (JUDGED, LINKED, "`iolaus link`, same file")
Worlds = list[dict[str, Any]]
INTRODUCTION = f"""What a team would use instead, on the same worlds, nights and pseudonyms, each with its recommended settings
first; a cut-off without any was chosen on tuning worlds and frozen (tests/lab/accuracy/peers/catalogue.py). A linker does not
judge intent, so look at the tiers: pairwise F1 over the pairs that touch an account of the tier, with 95 % bootstrap
intervals over worlds. For accounts, every cluster of {ACCUSING} or more is read as accused; iolaus accuses what it judges
`deliberate`. Seconds and memory are of the whole process on two threads; iolaus' nightly linking is part of a longer run and
has no time of its own, `iolaus link` reads the peers' file, sees no synchrony and also ties pairs. Training blocks on
which Splink's expectation maximisation stops with an error are left out. A peer without a result after {LIMIT_SECONDS} s counts as
failed, and its means are over the other worlds."""


def section(folders: list[Path]) -> str:
    """Markdown, worlds of another size or with other dials apart; empty when no peer was ever scored."""
    alike: dict[str, Worlds] = defaultdict(list)
    for path in sorted(path for folder in folders for path in (folder / "peers").glob("*.json")):
        world = json.loads(path.read_text())
        alike[" ".join(world["world"].split(":")[2:])].append(world)
    if not alike:
        return ""
    parts = [text for options in sorted(alike) for text in _tables(alike[options], options or "usual size and dials")]
    return "\n".join(["## Against the alternatives", "", INTRODUCTION, "", *parts])


def _tables(worlds: Worlds, title: str) -> list[str]:
    tiers = sorted({tier for world in worlds for tier in world["peers"][JUDGED]["by_tier"]})
    names = ", ".join(sorted(world["world"].replace(":", " ") for world in worlds))
    lines = [f"### {title}, {len(worlds)} worlds", "", f"Worlds: {names}.", ""]
    lines += ["| pairwise F1 | " + " | ".join(tiers) + " |", "|---" * (len(tiers) + 1) + "|"]
    lines += [_line(peer, [_cell(worlds, peer, tier, "pairwise_f1") for tier in tiers]) for peer in TITLES]
    measured = ("account_precision", "account_recall", "pairwise_f1", "b_cubed_f1")
    columns = ["accounts accused: precision", "recall", "pairwise F1", "B-cubed F1", "seconds", "peak MB", "failed"]
    lines += ["", "| over everything | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for peer in TITLES:
        cells = [_cell(worlds, peer, None, name) for name in measured]
        lines.append(_line(peer, [*cells, *_cost(worlds, peer)]))
    ahead = [line for ours in (JUDGED, LINKED) for line in _ahead(worlds, tiers, ours)]
    return [*lines, "", *ahead, *_failures(worlds)]


def _line(title: str, cells: list[str]) -> str:
    return f"| {title} | {' | '.join(cells)} |"


def _values(worlds: Worlds, title: str, tier: str | None, name: str) -> dict[str, float]:
    """World to figure, where there is one."""
    found = {}
    for world in worlds:
        figures = world["peers"].get(title, {})
        row = figures.get("overall", {}) if tier is None else figures.get("by_tier", {}).get(tier, {})
        if row.get(name) is not None:
            found[world["world"]] = row[name]
    return found


def _cell(worlds: Worlds, title: str, tier: str | None, name: str) -> str:
    values = list(_values(worlds, title, tier, name).values())
    if not values:
        return ""
    mean, low, high = interval(values)
    return f"{mean:.3f} ({low:.3f} to {high:.3f})" if len(values) > 1 else f"{mean:.3f}"


def _cost(worlds: Worlds, title: str) -> list[str]:
    runs = [world["peers"][title] for world in worlds if "seconds" in world["peers"].get(title, {})]
    if not runs:
        return ["", "", ""]
    failed = sum(bool(run["failure"]) for run in runs)
    return [
        f"{median(run['seconds'] for run in runs):.1f}",
        f"{median(run['peak_mb'] for run in runs):,.0f}",
        str(failed),
    ]


def _ahead(worlds: Worlds, tiers: list[str], against: str) -> list[str]:
    """Every tier and peer whose mean pairwise F1 exceeds that of `against` on the worlds where both have one."""
    lines = []
    for tier in tiers:
        ours = _values(worlds, against, tier, "pairwise_f1")
        for title in TITLES:
            theirs = _values(worlds, title, tier, "pairwise_f1")
            both = sorted(ours.keys() & theirs.keys())
            if title in OURS or not both:
                continue
            mean_theirs, mean_ours = (sum(side[world] for world in both) / len(both) for side in (theirs, ours))
            if mean_theirs > mean_ours:
                wins = sum(theirs[world] > ours[world] for world in both)
                compared = f"{mean_theirs:.3f} against {mean_ours:.3f}, better in {wins} of {len(both)} worlds"
                lines.append(f"- {tier}: {title}, {compared}")
    if not lines:
        return [f"No peer is ahead of {against} in any tier.", ""]
    return [f"Tiers where a peer is ahead of {against} (mean pairwise F1):", "", *lines, ""]


def _failures(worlds: Worlds) -> list[str]:
    rows = [
        (title, world["world"], world["peers"].get(title, {}).get("failure")) for title in TITLES for world in worlds
    ]
    lines = [f"- {title} on {name.replace(':', ' ')}: {why}" for title, name, why in rows if why]
    return ["Failed:", "", *lines, ""] if lines else []


if __name__ == "__main__":
    print(section([Path(each) for each in sys.argv[1:]]))  # noqa: T201

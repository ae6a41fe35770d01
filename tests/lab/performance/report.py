"""Writes docs/performance.md and docs/performance.svg from what was measured."""

from __future__ import annotations

import math
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parents[3] / "docs"
REQUESTS = "staged.api_requests"
NAMED = 14  # steps that are named; the others are small at every size
WIDTH, ROW, LEFT, RIGHT = 860, 22, 210, 120
COLOURS = ("#9ecae1", "#4292c6", "#08519c", "#08306b")


TEXT = """# Performance

Written by `make bench` (`make bench-large` for twenty million requests): first nights of `simulate --preset small --seed 5` on
the embedded engine, a run held to {limit}, on {machine}. Seconds are of that machine and of
what else it did; compare CPU seconds and ratios.

**The lower bound** is DuckDB on two threads reading the delivered requests and grouping them three times: by account, by account
and what it used, by account and value of its prompts' sketches. No pipeline that links accounts can do less; it checks nothing,
writes nothing and judges nothing.

{whole}

{growth}

![CPU seconds of the dearest steps](performance.svg)

## The dearest steps

CPU seconds, and the process's peak memory while the step ran.

{steps}
{ways}{linking}"""
WAYS = """
## Ways to run a night

The second night of `simulate --preset small --seed 1` (5,000 accounts, about 100,000 requests), as a whole process.

| | seconds | times the first | peak GB of the largest process |
|---|---:|---:|---:|
{rows}
"""
LINKING = """
## Linking a file

A million observations of 40,000 accounts, 2,400 of them in 40 planted groups. `changed`: accounts
that are linked with others than without the one thing that many share.

| | CPU seconds | times the lower bound | seconds | peak GB | accounts linked | changed |
|---|---:|---:|---:|---:|---:|---:|
{rows}
"""
Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class Size:
    """One night of so many accounts: costs of its steps (`night`, as JSON), and what the lower `bound` takes."""

    accounts: int
    night: Sequence[Mapping[str, Any]]
    bound: Mapping[str, Any]

    @property
    def requests(self) -> int:
        return next(int(each["rows"]) for each in self.night if each["step"] == REQUESTS)

    @property
    def cpu(self) -> float:
        return math.fsum(each["cpu"] for each in self.night)

    @property
    def seconds(self) -> float:
        return math.fsum(each["seconds"] for each in self.night)

    @property
    def peak(self) -> float:
        return max(float(each["peak"]) for each in self.night)

    def step(self, name: str) -> Mapping[str, Any]:
        return next(each for each in self.night if each["step"] == name)


def exponent(small: Size, large: Size, what: str) -> float:
    """By which power of the requests a cost grows from one size to another."""
    return math.log(getattr(large, what) / getattr(small, what)) / math.log(large.requests / small.requests)


def write(sizes: Sequence[Size], limit: str, ways: Rows = (), linking: Rows = ()) -> None:
    """Both files; sizes in ascending order, what was not measured left out."""
    (DOCS / "performance.svg").write_text(picture(sizes))
    (DOCS / "performance.md").write_text(page(sizes, limit, ways, linking))


def page(sizes: Sequence[Size], limit: str, ways: Rows = (), linking: Rows = ()) -> str:
    """The text."""
    head = "| | " + " | ".join(f"{size.requests / 1e6:.2f} M requests" for size in sizes) + " |"
    line = "|---|" + "---:|" * len(sizes)

    def row(name: str, cells: Sequence[str]) -> str:
        return f"| {name} | " + " | ".join(cells) + " |"

    whole = [
        row("accounts", [f"{size.accounts:,}" for size in sizes]),
        row("night, CPU seconds", [f"{size.cpu:.0f}" for size in sizes]),
        row("night, seconds", [f"{size.seconds:.0f}" for size in sizes]),
        row("night, peak GB", [f"{size.peak:.1f}" for size in sizes]),
        row("lower bound, CPU seconds", [f"{size.bound['cpu']:.1f}" for size in sizes]),
        row("lower bound, peak GB", [f"{size.bound['peak']:.1f}" for size in sizes]),
        row("**night / lower bound, CPU**", [f"**{size.cpu / size.bound['cpu']:.1f}**" for size in sizes]),
        row("`quality`, share of the night's CPU", [f"{size.step('quality')['cpu'] / size.cpu:.0%}" for size in sizes]),
    ]
    steps = [
        row(f"`{name}`", [f"{size.step(name)['cpu']:.1f} s, {size.step(name)['peak']:.1f} GB" for size in sizes])
        for name in dearest(sizes)
    ]
    growth = [
        f"From {small.requests / 1e6:.2f} to {large.requests / 1e6:.2f} million requests CPU grows with the power "
        f"{exponent(small, large, 'cpu'):.2f} of the requests, peak memory with {exponent(small, large, 'peak'):.2f}."
        for small, large in pairwise(sizes)
    ]
    machine = f"{os.cpu_count()} cores ({platform.machine()}, Python {platform.python_version()})"
    return TEXT.format(
        limit=limit,
        machine=machine,
        whole="\n".join([head, line, *whole]),
        growth=" ".join(growth),
        steps="\n".join([head, line, *steps]),
        ways=WAYS.format(rows="\n".join(_ways(ways))) if ways else "",
        linking=LINKING.format(rows="\n".join(_linking(linking))) if linking else "",
    )


def _ways(ways: Rows) -> list[str]:
    first = ways[0]["seconds"]
    return [
        f"| {each['way']} | {each['seconds']:.1f} | {each['seconds'] / first:.2f} | "
        f"{format(each['peak'], '.2f') if 'peak' in each else ''} |"
        for each in ways
    ]


def _linking(linking: Rows) -> list[str]:
    least = linking[0]["cpu"]
    return [
        f"| {each['what']} | {each['cpu']:.1f} | {each['cpu'] / least:.1f} | {each['seconds']:.1f} | {each['peak']:.2f} | "
        f"{each.get('linked', '')} | {each.get('changed', '')} |"
        for each in linking
    ]


def dearest(sizes: Sequence[Size]) -> list[str]:
    """Steps by what they cost at the largest size."""
    ordered = sorted(sizes[-1].night, key=lambda each: (-each["cpu"], each["step"]))
    return [str(each["step"]) for each in ordered[:NAMED]]


def picture(sizes: Sequence[Size]) -> str:
    """Microseconds of CPU a request of the dearest steps, one bar a size: bars that grow show what does not scale."""
    names = dearest(sizes)
    bar = (ROW - 6) / len(sizes)
    costs = {(name, n): size.step(name)["cpu"] / size.requests * 1e6 for name in names for n, size in enumerate(sizes)}
    scale = (WIDTH - LEFT - RIGHT) / max(costs.values())
    parts = [
        f'<text x="{LEFT}" y="16" font-weight="bold">CPU microseconds a request, by step and size of the night</text>'
    ]
    for n, size in enumerate(sizes):
        x = LEFT + 140 * n
        parts.append(f'<rect x="{x}" y="26" width="10" height="10" fill="{COLOURS[n % len(COLOURS)]}"/>')
        parts.append(f'<text x="{x + 15}" y="35">{size.requests / 1e6:.2f} M requests</text>')
    for place, name in enumerate(names):
        y = 48 + place * ROW
        parts.append(f'<text x="{LEFT - 8}" y="{y + 12}" text-anchor="end">{name}</text>')
        for n in range(len(sizes)):
            width = costs[name, n] * scale
            colour = COLOURS[n % len(COLOURS)]
            parts.append(
                f'<rect x="{LEFT}" y="{y + n * bar:.1f}" width="{width:.1f}" height="{bar - 1:.1f}" fill="{colour}"/>'
            )
        most = costs[name, len(sizes) - 1]
        parts.append(f'<text x="{LEFT + most * scale + 6:.1f}" y="{y + 12}">{most:.1f}</text>')
    height = 48 + len(names) * ROW + 8
    label = "CPU microseconds a request of the dearest steps of a night, by size of the night"
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{label}">'
        '<style>text{font:12px sans-serif;fill:#222}</style><rect width="100%" height="100%" fill="#ffffff"/>'
        f"{''.join(parts)}</svg>\n"
    )

"""Rewrites the block of steps in the DAG file from what the jobs declare: `make generated`; `--check` compares.

The DAG file holds its graph as a literal, so that reading it imports no job; a test fails when they differ.
An edge that follows from other edges is left out, or the picture in Airflow would be unreadable.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

import networkx as nx

DAG_FILE = Path(__file__).parents[2] / "dags" / "campaign_attribution.py"
BEGIN, END = "# steps: begin\n", "# steps: end\n"


def reduced(upstream: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The same order with the fewest edges, steps in the order given and their upstream steps sorted."""
    graph = nx.DiGraph((earlier, step) for step, waits_for in upstream.items() for earlier in waits_for)
    graph.add_nodes_from(upstream)
    fewest = nx.transitive_reduction(graph)
    return {step: tuple(sorted(fewest.predecessors(step))) for step in upstream}


def block(steps: Mapping[str, tuple[str, ...]]) -> str:
    """The literal as `ruff format` leaves it."""
    lines = ["STEPS: dict[str, tuple[str, ...]] = {"]
    for step, waits_for in steps.items():
        values = ", ".join(f'"{earlier}"' for earlier in waits_for) + ("," if len(waits_for) == 1 else "")
        line = f'    "{step}": ({values}),'
        if len(line) <= 120:
            lines.append(line)
        else:
            lines += [f'    "{step}": (', *(f'        "{earlier}",' for earlier in waits_for), "    ),"]
    return "\n".join([*lines, "}", ""])


def rewritten(text: str, upstream: Mapping[str, tuple[str, ...]]) -> str:
    """The DAG file's text with its block of steps replaced. Raises `ValueError` when the markers are missing."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{DAG_FILE} has lost its '{BEGIN.strip()}' or '{END.strip()}' line: put it back.")
    return head + begin + block(reduced(upstream)) + end + tail


def main() -> None:
    """Write the block, or with `--check` exit 1 when it differs from what the jobs declare."""
    from jobs.nights.steps import upstream

    text = rewritten(DAG_FILE.read_text(), upstream())
    if "--check" in sys.argv[1:]:
        sys.exit(0 if DAG_FILE.read_text() == text else "error: the DAG's steps are stale: run `make generated`.")
    DAG_FILE.write_text(text)


if __name__ == "__main__":
    main()

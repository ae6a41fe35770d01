"""Rewrites the block of layers in the DAG file from what the jobs declare: `make generated`; `--check` compares.

The DAG file holds its tables as a literal, so that reading it imports no job; a test fails when they differ.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

DAG_FILE = Path(__file__).parents[2] / "dags" / "campaign_attribution.py"
BEGIN, END = "# steps: begin\n", "# steps: end\n"


def layers(upstream: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Layer to its steps, both in the order of building. `upstream`: step to the steps it waits for, in that order.

    A step without a layer is one of its own. Raises `ValueError` when a step waits for one of a later layer.
    """
    found: dict[str, list[str]] = {}
    for step in upstream:
        found.setdefault(_layer(step), []).append(step)
    order = sorted(found, key=lambda layer: max(list(upstream).index(step) for step in found[layer]))
    for step, waits_for in upstream.items():
        late = [each for each in waits_for if order.index(_layer(each)) > order.index(_layer(step))]
        if late:
            raise ValueError(
                f"{step} waits for {late[0]}, which a later task builds: move one of them to another layer."
            )
    return {layer: tuple(found[layer]) for layer in order}


def _layer(step: str) -> str:
    return step.split(".", maxsplit=1)[0]


def block(steps: Mapping[str, tuple[str, ...]]) -> str:
    """The literal as `ruff format` leaves it."""
    lines = ["STEPS: dict[str, tuple[str, ...]] = {"]
    for layer, tables in steps.items():
        values = ", ".join(f'"{table}"' for table in tables) + ("," if len(tables) == 1 else "")
        line = f'    "{layer}": ({values}),'
        if len(line) <= 120:
            lines.append(line)
        else:
            lines += [f'    "{layer}": (', *(f'        "{table}",' for table in tables), "    ),"]
    return "\n".join([*lines, "}", ""])


def rewritten(text: str, upstream: Mapping[str, tuple[str, ...]]) -> str:
    """The DAG file's text with its block of steps replaced. Raises `ValueError` when the markers are missing."""
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{DAG_FILE} has lost its '{BEGIN.strip()}' or '{END.strip()}' line: put it back.")
    return head + begin + block(layers(upstream)) + end + tail


def main() -> None:
    """Write the block, or with `--check` exit 1 when it differs from what the jobs declare."""
    from jobs.nights.steps import upstream

    text = rewritten(DAG_FILE.read_text(), upstream())
    if "--check" in sys.argv[1:]:
        sys.exit(0 if DAG_FILE.read_text() == text else "error: the DAG's steps are stale: run `make generated`.")
    DAG_FILE.write_text(text)


if __name__ == "__main__":
    main()

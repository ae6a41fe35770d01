"""The block of steps in the DAG file: the same order with the fewest edges, formatted, nothing else touched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from infra.airflow.write_steps import block, reduced, rewritten

UPSTREAM = {
    "staged.logins": (),
    "staged.accounts": ("staged.logins",),
    "signals.devices": ("staged.logins", "staged.accounts"),
    "publish": ("signals.devices", "staged.logins"),
}
TEXT = "before\n# steps: begin\nSTEPS = {}\n# steps: end\nafter\n"


def test_an_edge_that_follows_from_others_is_left_out() -> None:
    assert reduced(UPSTREAM) == {
        "staged.logins": (),
        "staged.accounts": ("staged.logins",),
        "signals.devices": ("staged.accounts",),
        "publish": ("signals.devices",),
    }


def test_only_the_block_is_replaced_and_a_second_time_changes_nothing() -> None:
    once = rewritten(TEXT, UPSTREAM)
    assert once.startswith("before\n# steps: begin\nSTEPS: dict[str, tuple[str, ...]] = {\n")
    assert once.endswith('    "publish": ("signals.devices",),\n}\n# steps: end\nafter\n')
    assert rewritten(once, UPSTREAM) == once


def test_a_file_without_the_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="put it back"):
        rewritten("STEPS = {}\n", UPSTREAM)


def test_the_block_is_as_the_formatter_leaves_it() -> None:
    many = tuple(f"signals.a_rather_long_name_{number}" for number in range(9))
    literal = block({**dict.fromkeys(many, ()), "links.observations": many, "quality": ("links.observations",)})
    ruff = Path(sys.executable).parent / "ruff"
    formatted = subprocess.run(
        [ruff, "format", "--isolated", "--line-length", "120", "-"],
        input=literal,
        capture_output=True,
        text=True,
        check=True,
    )
    assert formatted.stdout == literal

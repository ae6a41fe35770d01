"""The block of steps in the DAG file: every layer with its tables in order, formatted, nothing else touched."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from infra.airflow.write_steps import block, layers, rewritten

UPSTREAM = {
    "staged.logins": (),
    "staged.accounts": ("staged.logins",),
    "signals.devices": ("staged.logins", "staged.accounts"),
    "publish": ("signals.devices", "staged.logins"),
}
TEXT = "before\n# steps: begin\nSTEPS = {}\n# steps: end\nafter\n"


def test_steps_are_grouped_by_layer_in_the_order_of_building() -> None:
    assert layers(UPSTREAM) == {
        "staged": ("staged.logins", "staged.accounts"),
        "signals": ("signals.devices",),
        "publish": ("publish",),
    }


def test_a_step_that_waits_for_a_later_layer_is_refused() -> None:
    with pytest.raises(ValueError, match=r"^staged\.accounts waits for signals\.devices, which a later task builds"):
        layers({"signals.devices": (), "staged.accounts": ("signals.devices",), "signals.bursts": ("staged.accounts",)})


def test_only_the_block_is_replaced_and_a_second_time_changes_nothing() -> None:
    once = rewritten(TEXT, UPSTREAM)
    assert once.startswith("before\n# steps: begin\nSTEPS: dict[str, tuple[str, ...]] = {\n")
    assert once.endswith('    "publish": ("publish",),\n}\n# steps: end\nafter\n')
    assert rewritten(once, UPSTREAM) == once


def test_a_file_without_the_markers_is_refused() -> None:
    with pytest.raises(ValueError, match="put it back"):
        rewritten("STEPS = {}\n", UPSTREAM)


def test_the_block_is_as_the_formatter_leaves_it() -> None:
    many = tuple(f"signals.a_rather_long_name_{number}" for number in range(9))
    literal = block({"signals": many, "quality": ("quality",)})
    ruff = Path(sys.executable).parent / "ruff"
    formatted = subprocess.run(
        [ruff, "format", "--isolated", "--line-length", "120", "-"],
        input=literal,
        capture_output=True,
        text=True,
        check=True,
    )
    assert formatted.stdout == literal

"""The list of causes and styles: `python -m tests.lab.strangers.catalogue > CAUSES.md`."""

from __future__ import annotations

from collections.abc import Callable

from . import habits
from .group import CAUSES, Cause
from .population import populate

assert populate  # importing the population fills the register


def story(tell: Callable[..., None]) -> str:
    """Return a story's one sentence."""
    return (tell.__doc__ or "").strip().splitlines()[0]


def line(cause: Cause) -> str:
    """Return one cause's line: its name, story, size and why it is hard."""
    return f"- `{cause.name}` ({cause.low} to {cause.high}): {story(cause.tell)} *Hard:* {cause.hard}."


def catalogue() -> str:
    """Return the list as Markdown."""
    innocents = [line(cause) for cause in CAUSES.values() if not cause.operated]
    operators = [line(cause) for cause in CAUSES.values() if cause.operated]
    return "\n".join(
        [
            "# Causes and styles",
            "",
            "Every world draws about half of the innocent causes and 6 to 9 operators (none with `--no-campaign`);",
            "every group draws its own dials.  In `truth/accounts.parquet`, `cause` is one of these names, `ordinary` (no group),",
            "or `beside_<style>`: innocents among whom an operator hides.",
            "",
            f"## {len(innocents)} innocent causes",
            "",
            *innocents,
            "",
            f"## {len(operators)} operator styles",
            "",
            *operators,
            "",
            "## Second habits",
            "",
            "Half of the groups have one or two of these as well; `cause` then reads `story+habit`.",
            "",
            *[f"- `{habit.__name__}` (innocents): {story(habit)}" for habit in habits.INNOCENT],
            *[f"- `{habit.__name__}` (operators): {story(habit)}" for habit in habits.OPERATOR],
        ]
    )


if __name__ == "__main__":
    print(catalogue())

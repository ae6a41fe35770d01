"""The data dictionary, generated from the contracts: `python -m jobs.views.dictionary` writes it, `--check` compares."""

from __future__ import annotations

import sys
from pathlib import Path

from jobs import contracts
from jobs.contracts import Check, Contract

TARGET = Path(__file__).resolve().parents[2] / "docs" / "data-dictionary.md"


def render() -> str:
    """The dictionary as Markdown: every table with its grain, key, columns, privacy classes and checks."""
    parts = ["# Data dictionary", "", "Generated from `schemas/` by `python -m jobs.views.dictionary`.", ""]
    for layer in contracts.LAYERS:
        parts += [f"## {layer}", ""]
        for name in contracts.names(layer):
            parts += _table(contracts.load(name))
    return "\n".join(parts).rstrip() + "\n"


def _table(contract: Contract) -> list[str]:
    lines = [f"### {contract.name}", "", contract.description]
    if contract.limitations:
        lines += ["", contract.limitations]
    lines += ["", f"Key: {', '.join(contract.key)}", "", "| column | type | required | privacy | meaning | checks |"]
    lines.append("|---|---|---|---|---|---|")
    for column in contract.columns:
        checks = "; ".join(_check(check) for check in contract.checks if check.column == column.name)
        required = "yes" if column.required else ""
        cells = (column.name, column.type, required, column.privacy, column.description, checks)
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    whole = [_check(check) for check in contract.checks if check.column is None]
    return [*lines, "", *([f"Checks on the table: {'; '.join(whole)}.", ""] if whole else [])]


def _check(check: Check) -> str:
    arguments = ", ".join(f"{key} {value}" for key, value in sorted(check.arguments.items()) if key != "mustBe")
    return f"{check.metric} ({check.severity}{', ' + arguments if arguments else ''})"


def main() -> None:
    """Write the file, or with `--check` exit 1 when it differs from the contracts."""
    if "--check" in sys.argv[1:]:
        sys.exit(0 if TARGET.is_file() and TARGET.read_text() == render() else 1)
    TARGET.write_text(render())


if __name__ == "__main__":
    main()

"""The data dictionary, generated from contracts, signals and queries: `python -m jobs.views.dictionary` writes it.

`--check` compares instead.
"""

from __future__ import annotations

import sys
from dataclasses import fields
from pathlib import Path

from jobs import contracts, signals
from jobs.contracts import Check, Contract
from jobs.views import queries

TARGET = Path(__file__).resolve().parents[2] / "docs" / "data-dictionary.md"


def render() -> str:
    """The dictionary as Markdown: every table with its grain, key, columns, privacy classes and checks."""
    parts = [
        "# Data dictionary",
        "",
        "Generated from `schemas/`, `jobs/signals/` and `jobs/views/queries/` by `make generated`.",
        "",
    ]
    parts += [*_signals(), "", *_queries(), ""]
    for layer in contracts.LAYERS:
        parts += [f"## {layer}", ""]
        for name in contracts.names(layer):
            parts += _table(contracts.load(name))
    return "\n".join(parts).rstrip() + "\n"


def _signals() -> list[str]:
    """Every signal with the table it comes from, its family, and what sharing it can mean."""
    lines = ["## Signals", "", "What accounts can share. Signals of one family move together and count once.", ""]
    lines += ["| signal | family | from | good for |", "|---|---|---|---|"]
    for name, signal in signals.declared().items():
        tables = [table for table, of in signals.by_table().items() if signal in of]
        uses = [each.name for each in fields(signal) if getattr(signal, each.name) is True]
        uses += [f"habit: {signal.habit}"] if signal.habit else []
        uses += [f"indicator {kind}" for kind in signal.indicators]
        words = ", ".join(uses).replace("_", " ")
        lines.append(f"| {name} | {signal.family} | {', '.join(tables)} | {words} |")
    return lines


def _queries() -> list[str]:
    """Every ready query with what a row of its answer means, and the SQL to start from."""
    lines = ["## Ready queries", "", "`iolaus query --named NAME` asks them; a BI tool takes the same SQL."]
    for query in queries.ready().values():
        lines += ["", f"### {query.name}", "", query.meaning, "", "```sql", query.sql, "```"]
    return lines


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
        sys.exit(
            0 if TARGET.read_text() == render() else "error: docs/data-dictionary.md is stale: run `make generated`."
        )
    TARGET.write_text(render())


if __name__ == "__main__":
    main()

"""Quality: expectations generated from the contracts, judged by Great Expectations, and the gate before publishing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pyarrow as pa

from jobs.quality import page
from jobs.quality.crosschecks import crosschecks
from jobs.quality.figures import compare, of_rows
from jobs.quality.outcomes import Outcome, refusal, rows

FIGURES = "signals.delivery_figures"
__all__ = ["Outcome", "judge", "refusal", "rows"]


def judge(
    tables: Mapping[str, pa.Table],
    volumes: Mapping[str, Sequence[int]],
    figures: Mapping[date, pa.Table],
    night: date,
    docs: Path,
) -> list[Outcome]:
    """Every outcome of a night's checks, sorted by table and expectation; writes the night's page below `docs`.

    `tables` maps contract names to their rows of the night; `volumes` gives earlier nights' row counts of a table,
    `figures` their rows of `signals.delivery_figures`, both of nights that nobody refused.
    """
    from jobs.quality.expectations import validate

    outcomes = [*validate(tables), *crosschecks(tables, volumes)]
    if FIGURES in tables:
        earlier = {day: of_rows(each.to_pylist()) for day, each in figures.items()}
        outcomes += compare(night, of_rows(tables[FIGURES].to_pylist()), earlier)
    outcomes.sort(key=lambda outcome: (outcome.table_name, outcome.expectation))
    page.write(outcomes, night, docs)
    return outcomes

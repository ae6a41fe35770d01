"""Quality: expectations generated from the contracts, judged by Great Expectations, and the gate before publishing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from jobs.quality import page
from jobs.quality.crosschecks import Unknown, crosschecks, unknown
from jobs.quality.figures import compare, of_rows
from jobs.quality.outcomes import Outcome, refusal, rows
from jobs.quality.page import remove_left_overs

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

FIGURES, DELIVERIES = "signals.delivery_figures", "staged.deliveries"
__all__ = ["Outcome", "Unknown", "judge", "refusal", "remove_left_overs", "rows", "unknown"]


def judge(
    tables: Mapping[str, pa.Table | DataFrame],
    volumes: Mapping[str, tuple[int, Sequence[int]]],
    figures: Mapping[date, pa.Table],
    strangers: Unknown | None,
    night: date,
    docs: Path,
) -> list[Outcome]:
    """Every outcome of a night's checks, sorted by table and expectation; writes the night's page below `docs`.

    `tables` maps contract names to their rows of the night, in memory or in the engine; `volumes` gives tonight's and earlier
    nights' row counts of a table, `figures` the earlier nights' rows of `signals.delivery_figures`, both of nights that nobody
    refused.
    """
    from jobs.quality.expectations import validate

    told = tables.get(DELIVERIES)
    deliveries = told.sort_by("table_name").to_pylist() if isinstance(told, pa.Table) else []
    outcomes = [*validate(tables), *crosschecks(deliveries, volumes, strangers)]
    tonight = tables.get(FIGURES)
    if isinstance(tonight, pa.Table):
        earlier = {day: of_rows(each.to_pylist()) for day, each in figures.items()}
        outcomes += compare(night, of_rows(tonight.to_pylist()), earlier)
    outcomes.sort(key=lambda outcome: (outcome.table_name, outcome.expectation))
    page.write(outcomes, night, docs)
    return outcomes

"""What a check found, and whether the night may be published. Outcomes carry counts, never values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from jobs.errors import QualityRefusal

MAX_NAMED = 3


@dataclass(frozen=True)
class Outcome:
    """One check of one table. `observed` is a figure as text; the two counts are None for checks on no rows."""

    table_name: str
    expectation: str
    severity: str
    success: bool
    observed: str | None = None
    unexpected_count: int | None = None
    unexpected_percent: float | None = None


def rows(outcomes: Sequence[Outcome]) -> list[dict[str, object]]:
    """The outcomes as rows of `data_quality`, without the night."""
    return [dict(vars(outcome)) for outcome in outcomes]


def refusal(outcomes: Sequence[Outcome], night: date) -> QualityRefusal | None:
    """The refusal to publish a night, when a critical check failed, with the first checks by name."""
    failed = [outcome for outcome in outcomes if not outcome.success and outcome.severity == "critical"]
    if not failed:
        return None
    named = ", ".join(f"{outcome.table_name} {outcome.expectation}" for outcome in failed[:MAX_NAMED])
    more = f" and {len(failed) - MAX_NAMED} more" if len(failed) > MAX_NAMED else ""
    return QualityRefusal(
        f"Night {night} is not published: critical checks failed on {named}{more}; `iolaus status` lists them, "
        f"quality/data_docs/{night}/index.html has their counts; mend the delivery or the rule and run the night again."
    )

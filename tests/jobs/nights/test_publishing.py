"""Which nights tonight is compared with."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from jobs import contracts
from jobs.nights import publishing, steps
from jobs.nights.context import Context
from jobs.nights.records import Judged
from jobs.settings import settings

NIGHT = date(2026, 3, 31)


def back(days: int) -> date:
    return NIGHT - timedelta(days=days)


def committed(context: Context, table: str, night: date, properties: dict[str, str] | None = None) -> None:
    files = context.lake.write_arrow(table, night, contracts.arrow_rows(table, []))
    context.lake.commit(table, night, files, "made", properties or {}, None)


def test_four_weeks_of_figures_are_learnt_from_but_no_night_that_was_refused(tmp_path: Path) -> None:
    context = Context(settings(tmp_path))
    for days in (0, 1, 2, 3, 28, 29):
        committed(context, steps.FIGURES, back(days))
    for days, is_refused in ((1, False), (2, True)):
        committed(context, steps.JUDGED, back(days), Judged(is_refused, {}).properties())

    earlier = publishing.compared_with(context, steps.step(steps.QUALITY), NIGHT)

    assert [build.night for build in earlier[steps.FIGURES]] == [back(28), back(3), back(1)]

"""Which nights of a table a step reads: the spans of the transforms' `INPUTS`, and two that only builders use."""

from __future__ import annotations

from datetime import date, timedelta

from jobs.columns import BEFORE, NIGHT, WINDOW, WINDOW_DAYS

REPEATS = "repeats"  # the nights before that may hold a fact which tonight's delivery repeats
CORRECTIONS = "corrections"  # the same, of facts that may come however late
VOLUMES = "volumes"  # tonight, and the nights whose number of rows it is compared with
USUAL = "usual"  # tonight, and the nights from whose figures it is learnt what is usual
OF_TONIGHT = (NIGHT, WINDOW, VOLUMES, USUAL)  # spans that tonight's build is part of
REPEAT_DAYS = 3  # a repeat of a fact lies at most as far back as a fact may be late
CORRECTION_DAYS = 124  # exports repeat the month so far; a card holder may dispute a charge for 120 days
VOLUME_DAYS = 7
USUAL_DAYS = 28  # four of each weekday: a month-end and a bad week do not make the usual
ONE_DAY = timedelta(days=1)


def spanned(span: str, night: date) -> list[date]:
    """The nights that a span covers, oldest first."""
    return {
        NIGHT: [night],
        WINDOW: [*before(night, WINDOW_DAYS - 1), night],
        BEFORE: before(night, 1),
        REPEATS: before(night, REPEAT_DAYS),
        CORRECTIONS: before(night, CORRECTION_DAYS),
        VOLUMES: [*before(night, VOLUME_DAYS), night],
        USUAL: [*before(night, USUAL_DAYS), night],
    }[span]


def before(night: date, days: int) -> list[date]:
    """The `days` nights before a night, oldest first."""
    return [night - back * ONE_DAY for back in range(days, 0, -1)]

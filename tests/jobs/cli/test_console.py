"""Texts of the data on a terminal: they are shown and do nothing, wherever they stand."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from jobs.cli import console
from jobs.history.doctoring import Findings
from jobs.history.status import NightStatus
from jobs.views.explain import Explanation, Piece, Section
from jobs.views.queries import Query
from tests.published import NIGHT, night

HOSTILE = "t13\x1b]0;owned\x07\x9b31m\u202e[bold]x[/bold][link=http://evil]y[/link]:warning:\r\nerror: all is well"
SHOWN = r"t13\x1b]0;owned\x07\x9b31m\u202e[bold]x[/bold][link=http://evil]y[/link]:warning:\x0d\x0aerror: all is well"
PIECE = Piece(1.5, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
STATUS = NightStatus(date(2026, 3, 3), True, 1, 2, True, HOSTILE, (HOSTILE,))
WORLD = night(campaigns=[{"campaign_id": "c1", "name": HOSTILE, "verdict": HOSTILE, "likelihood_words": HOSTILE}])


@pytest.mark.parametrize(
    "printing",
    [
        lambda: console.say(HOSTILE),
        lambda: console.error(HOSTILE),
        lambda: console.explanation(Explanation(HOSTILE, (HOSTILE,), (Section(HOSTILE, (PIECE,), 1.5, HOSTILE),))),
        lambda: console.status([STATUS]),
        lambda: console.findings(Findings((HOSTILE,), (HOSTILE,))),
        lambda: console.campaigns(WORLD["campaigns"], WORLD["campaign_rankings"]),
        lambda: console.answer(pa.table({HOSTILE: [HOSTILE]})),
        lambda: console.ready_queries([Query(HOSTILE, HOSTILE, "")]),
        lambda: console.rebuilding(NIGHT, HOSTILE),
    ],
)
def test_hostile_text_is_shown_and_does_nothing(
    printing: Callable[[], None], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console.out, "_width", 4000)
    printing()
    said = "".join(capsys.readouterr())
    assert not [each for each in said if (each < " " and each != "\n") or "\x7f" <= each < "\xa0" or each == "\u202e"]
    assert SHOWN in said


def test_what_a_module_logs_is_shown_the_same_way(capsys: pytest.CaptureFixture[str]) -> None:
    console.show_logs()
    logging.getLogger("jobs.lake.locks").warning("waits for %s.", HOSTILE)
    logging.getLogger("jobs.lake.locks").info("not shown")
    logged = logging.LogRecord("jobs", logging.WARNING, str(Path(__file__)), 1, "waits for %s.", (HOSTILE,), None)
    console._Logged().emit(logged)
    assert f"waits for {SHOWN}." in capsys.readouterr().err

"""JSON lines: one object a line, whatever is in a message, and nothing of an exception but its class."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime

import pytest

from jobs import logs
from jobs.logs import Form, JsonLines

HOSTILE = 'a"b\\c\nd\u2028e\x1b[31m'


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    logs.use(Form.TEXT)
    logs.everywhere(run=None)


def written(message: str, name: str = logs.NIGHTS, **more: object) -> dict[str, object]:
    record = logging.LogRecord(name, logging.INFO, "here.py", 1, message, (), None)
    record.created = datetime(2026, 3, 3, 4, 0, tzinfo=UTC).timestamp()
    vars(record).update(more)
    line = JsonLines().format(record)
    assert line.isprintable()
    found: dict[str, object] = json.loads(line)
    return found


def test_what_happens_to_a_night_is_told_with_its_figures_and_the_run() -> None:
    logs.everywhere(run="r1", dag_run=None)
    assert written("devices: 7 rows", **logs.about("step_done", night=date(2026, 3, 2), rows=7, bytes=None)) == {
        "at": "2026-03-03T04:00:00.000Z",
        "level": "info",
        "event": "step_done",
        "run": "r1",
        "night": "2026-03-02",
        "rows": 7,
        "message": "devices: 7 rows",
    }


def test_any_text_stays_on_one_line_and_does_nothing_to_a_terminal() -> None:
    assert written(HOSTILE, "jobs.lake.locks")["message"] == HOSTILE


def test_of_an_exception_only_the_class_is_told() -> None:
    try:
        raise ValueError("zelda.quill@planted.example")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "here.py", 1, "it failed", (), sys.exc_info())
    line = JsonLines().format(record)
    assert json.loads(line)["exception"] == "ValueError"
    assert "zelda" not in line


def test_a_last_sentence_is_in_the_form_that_was_chosen() -> None:
    assert logs.sentence("It is full.") == "error: It is full."
    logs.use(Form.JSON)
    said = json.loads(logs.sentence("It is full."))
    assert (said["level"], said["event"], said["message"]) == ("error", "error", "It is full.")

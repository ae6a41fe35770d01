"""What the command says beside its results: sentences for people, or one JSON object a line for a log store.

Modules log as usual (`logging`). What happens to a night comes with an `event` and its figures, as `extra=about(...)`: the text
form leaves that to whoever shows progress, the JSON form writes it out. No line has more of the data than counts.
"""

from __future__ import annotations

import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

EVENT, FIELDS = "event", "fields"
NIGHTS = "iolaus.nights"  # the logger of what happens to nights


class Form(StrEnum):
    """How it is written."""

    TEXT = "text"
    JSON = "json"


@dataclass
class _Chosen:
    """Of the process, as its streams are."""

    form: Form = Form.TEXT
    everywhere: dict[str, object] = field(default_factory=dict)


_chosen = _Chosen()


def use(form: Form) -> None:
    """Choose the form for this process."""
    _chosen.form = form


def is_json() -> bool:
    return _chosen.form is Form.JSON


def everywhere(**fields: object) -> None:
    """Fields of every line from now on, such as the run; None takes one away."""
    _chosen.everywhere = {k: v for k, v in {**_chosen.everywhere, **fields}.items() if v is not None}


def about(event: str, **fields: object) -> dict[str, Any]:
    """What a log call passes as `extra`: the event's name and its figures; those that are None are left out."""
    return {EVENT: event, FIELDS: {name: value for name, value in fields.items() if value is not None}}


def line(level: str, event: str, message: str, fields: dict[str, object], at: datetime) -> str:
    """One JSON object on one line, in ASCII, so that nothing in it can do something to a terminal."""
    said = {
        "at": at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "level": level,
        "event": event,
        **_chosen.everywhere,
        **fields,
        "message": message,
    }
    return json.dumps(said, default=str)


def sentence(text: str, event: str = "error") -> str:
    """A last sentence in the chosen form, for what writes past logging; without a line break."""
    return line("error", event, text, {}, datetime.now(UTC)) if is_json() else f"error: {text}"


class JsonLines(logging.Formatter):
    """A log record as such a line. Of an exception only its class is told: its message may quote a value."""

    def format(self, record: logging.LogRecord) -> str:
        fields = dict(getattr(record, FIELDS, {}))
        if record.name != NIGHTS:
            fields["logger"] = record.name
        if record.exc_info and record.exc_info[0]:
            fields["exception"] = record.exc_info[0].__name__
        at = datetime.fromtimestamp(record.created, UTC)
        return line(record.levelname.lower(), getattr(record, EVENT, "log"), record.getMessage(), fields, at)

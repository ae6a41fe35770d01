"""Who listens can neither fail a night nor fill its log."""

from __future__ import annotations

import logging
from datetime import date

import pytest

from jobs.nights.listening import Built, Listener, Listeners

NIGHT = date(2026, 3, 2)


class Heard(Listener):
    def __init__(self) -> None:
        self.steps: list[str] = []

    def step_done(self, night: date, built: Built) -> None:
        self.steps.append(built.step)


class Broken(Listener):
    def step_done(self, night: date, built: Built) -> None:
        raise OSError(28, "No space left on device", "/secret/place")


def test_a_listener_that_fails_is_said_once_and_the_others_hear_on(caplog: pytest.LogCaptureFixture) -> None:
    heard = Heard()
    listeners = Listeners([Broken(), heard])
    with caplog.at_level(logging.WARNING):
        for step in ("a", "b", "c"):
            listeners.step_done(NIGHT, Built(step, 1, 0.1))
    assert heard.steps == ["a", "b", "c"]
    assert [record.getMessage() for record in caplog.records] == [
        "Broken failed (OSError: No space left on device) and is left out; the night goes on."
    ]

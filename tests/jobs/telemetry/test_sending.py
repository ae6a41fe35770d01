"""Events go out in order beside the night; a server that is down or silent costs seconds and one sentence."""

from __future__ import annotations

import logging
import threading

import pytest

from jobs.telemetry.sending import Sender


@pytest.fixture(autouse=True)
def _warnings(caplog: pytest.LogCaptureFixture) -> None:
    """Airflow, once imported, lets the root logger say less."""
    caplog.set_level(logging.WARNING)


def test_events_arrive_in_order_and_all_of_them_before_it_settles() -> None:
    taken: list[int] = []
    sender = Sender(taken.append)
    for number in range(200):
        sender.send(number)
    sender.settle()
    assert taken == list(range(200))
    sender.send(200)
    sender.settle()
    assert taken[-1] == 200


def test_a_server_that_is_down_is_asked_once_and_said_once(caplog: pytest.LogCaptureFixture) -> None:
    asked: list[int] = []

    def refuse(event: int) -> None:
        asked.append(event)
        raise ConnectionRefusedError(111, "Connection refused")

    sender = Sender(refuse)
    for number in range(50):
        sender.send(number)
    sender.settle()
    sender.send(50)
    sender.settle()
    assert asked == [0]
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING] == [
        "OpenLineage events are not taken (ConnectionRefusedError: Connection refused): no more are sent by this command; "
        "the night goes on."
    ]


def test_a_server_that_says_nothing_is_waited_for_no_longer_than_patience(caplog: pytest.LogCaptureFixture) -> None:
    answered = threading.Event()
    sender = Sender(lambda event: answered.wait(), patience=0.2)
    sender.send(1)
    sender.send(2)
    sender.settle()  # would wait for ever
    answered.set()
    assert [record.getMessage() for record in caplog.records] == [
        "OpenLineage events are not taken (no answer within 0 s): no more are sent by this command; the night goes on."
    ]

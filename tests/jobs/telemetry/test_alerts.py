"""The message of a refused night: who hears it, and that nothing which goes wrong with it reaches the night."""

from __future__ import annotations

import json
import logging
from datetime import date
from pathlib import Path

import pytest

from jobs.errors import IolausError, QualityRefusal
from jobs.lake.lake import Lake
from jobs.telemetry.alerts import Alert, message

NIGHT = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def _warnings(caplog: pytest.LogCaptureFixture) -> None:
    """Airflow, once imported, lets the root logger say less."""
    caplog.set_level(logging.WARNING)


def told(tmp_path: Path, error: Exception | None, command: str) -> str:
    """What a command, in the shell's words, wrote into the file `said`."""
    alert = Alert(Lake(tmp_path), tmp_path, ["sh", "-c", command], {"PATH": "/usr/bin:/bin"})
    alert.ended(NIGHT, error)
    said = tmp_path / "said"
    return said.read_text() if said.exists() else ""


def test_a_refused_night_is_one_line_and_others_are_none(tmp_path: Path) -> None:
    keep = f"cat >> {tmp_path}/said"
    assert told(tmp_path, None, keep) == ""
    assert told(tmp_path, IolausError("The disk is full."), keep) == ""
    assert json.loads(told(tmp_path, QualityRefusal("Refused."), keep))["key"] == "iolaus-refused-2026-03-02"


@pytest.mark.parametrize(("command", "said"), [("cat > /dev/null; exit 7", "ended with 7"), ("exit 0", None)])
def test_a_command_that_fails_is_said_and_one_that_does_not_read_is_no_failure(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, command: str, said: str | None
) -> None:
    with caplog.at_level(logging.WARNING):
        told(tmp_path, QualityRefusal("Refused."), command)
    found = [record.getMessage() for record in caplog.records]
    assert len(found) == (said is not None)
    assert all(str(said) in each for each in found)


def test_a_command_that_is_not_there_is_said(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    Alert(Lake(tmp_path), tmp_path, ["/no/such/command"], {}).ended(NIGHT, QualityRefusal("Refused."))
    assert "No such file or directory" in caplog.text
    assert str(NIGHT) in caplog.text


def test_many_failed_checks_make_a_short_message_that_counts_them() -> None:
    said = message(Path("/lake"), NIGHT, "Refused.", [{"check": f"c{n}"} for n in range(50)])
    assert len(list(said["checks"])) == 20  # type: ignore[call-overload]
    assert said["failed_checks"] == 50
    assert said["then"] == "iolaus run --root /lake --date 2026-03-02"

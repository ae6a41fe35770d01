"""How a night or a step ended, in one word, and why, in a sentence that quotes nothing of the data."""

from __future__ import annotations

from enum import StrEnum

from jobs.errors import IolausError, QualityRefusal
from jobs.nights.listening import reason


class Outcome(StrEnum):
    """`running` is what stands of a run that was killed."""

    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    REFUSED = "refused"


def outcome(error: BaseException | None) -> Outcome:
    if error is None:
        return Outcome.DONE
    return Outcome.REFUSED if isinstance(error, QualityRefusal) else Outcome.FAILED


def why(error: BaseException) -> str:
    """The sentence of an error of this project; of any other its class, since its message may quote a value."""
    return str(error) if isinstance(error, IolausError) else reason(error)

"""Under which key a lake's tokens are made: recorded with the first of them, and compared before any other is made.

Under another key nobody would be met again: neither devices and cards of the nights before, nor who was forgotten. What is
recorded is a keyed digest, which tells nothing of the key but whether it is the same.
"""

from __future__ import annotations

from jobs.errors import UsageError
from jobs.lake import locks
from jobs.lake.lake import Lake
from jobs.nights import steps
from jobs.nights.records import staged
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.settings import PSEUDONYM_KEY

NOTE = "pseudonym_key"  # beside the tables: the key's short id, as in tokens, and its digest


def require_usual(lake: Lake, pseudonyms: Pseudonyms) -> None:
    """Record the key of a lake that has none yet. Raises `UsageError` when the lake's is another one."""
    if not lake.note(NOTE):
        with locks.lease(lake.folder, NOTE, "Recording the pseudonym key"):
            if not lake.note(NOTE):
                _require_of_builds(lake, pseudonyms)
                lake.write_note(NOTE, _said(pseudonyms))
    require_recorded(lake, pseudonyms)


def require_recorded(lake: Lake, pseudonyms: Pseudonyms) -> None:
    """Raises `UsageError` when another key was recorded."""
    recorded = lake.note(NOTE)
    if recorded and recorded != _said(pseudonyms):
        raise _another(lake, recorded.split()[0], pseudonyms)


def _require_of_builds(lake: Lake, pseudonyms: Pseudonyms) -> None:
    """The same for a lake that was built before the key was recorded: its newest nights say the short id."""
    for name in steps.staged_sources():
        builds = lake.builds(name)
        if builds and (used := staged(builds[max(builds)]).key) != pseudonyms.key_id:
            raise _another(lake, used, pseudonyms)


def _said(pseudonyms: Pseudonyms) -> str:
    return f"{pseudonyms.key_id} {pseudonyms.digest(b'iolaus key of a lake').hex()}\n"


def _another(lake: Lake, recorded: str, pseudonyms: Pseudonyms) -> UsageError:
    return UsageError(
        f"The pseudonym key in {PSEUDONYM_KEY} ({pseudonyms.key_id}) is not the one under which the lake {lake.folder} was built "
        f"({recorded}): set the usual key, since under another one nothing of the nights before would be recognised."
    )

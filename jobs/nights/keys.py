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
from jobs.privacy import erasures
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.settings import PSEUDONYM_KEY

NOTE = "pseudonym_key"  # beside the tables: the key's short id, as in tokens, and its digest


def require_usual(lake: Lake, pseudonyms: Pseudonyms) -> None:
    """Record the key of a lake that has no token yet. Raises `UsageError` when the lake's is another one."""
    if lake.note(NOTE) == _said(pseudonyms):
        return
    with locks.lease(lake.folder, NOTE, "Recording the pseudonym key"):
        if used := _used(lake):
            require_recorded(lake, pseudonyms)
            if used != pseudonyms.key_id:
                raise _another(lake, used, pseudonyms)
        lake.write_note(NOTE, _said(pseudonyms))


def require_recorded(lake: Lake, pseudonyms: Pseudonyms) -> None:
    """Raises `UsageError` when another key was recorded and used."""
    recorded = lake.note(NOTE)
    if recorded and recorded != _said(pseudonyms) and _used(lake):
        raise _another(lake, _used(lake) or recorded.partition(" ")[0], pseudonyms)


def _used(lake: Lake) -> str | None:
    """The short id of the key that the newest tokens of a lake were made with; None while it has none."""
    newest = [builds[max(builds)] for name in steps.staged_sources() if (builds := lake.builds(name))]
    if newest:
        return staged(max(newest, key=lambda build: build.committed_ms)).key
    registered = erasures.read(lake)
    return registered[-1].token.split("_")[1] if registered else None


def _said(pseudonyms: Pseudonyms) -> str:
    return f"{pseudonyms.key_id} {pseudonyms.digest(b'iolaus key of a lake').hex()}\n"


def _another(lake: Lake, recorded: str, pseudonyms: Pseudonyms) -> UsageError:
    if recorded == pseudonyms.key_id:
        return UsageError(
            f"The lake's record of its pseudonym key, {lake.folder / NOTE}, is damaged, or {PSEUDONYM_KEY} holds another key "
            f"of the same short id: set the usual key, or put the file back from a backup; remove it only when you are sure."
        )
    return UsageError(
        f"The pseudonym key in {PSEUDONYM_KEY} ({pseudonyms.key_id}) is not the one under which the lake {lake.folder} was built "
        f"({recorded}): set the usual key, since under another one nothing of the nights before would be recognised."
    )

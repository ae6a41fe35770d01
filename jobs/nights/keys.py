"""Under which keys a lake's tokens are made: recorded with the first of them, and compared before any other is made.

Under another key nobody would be met again: neither devices and cards of the nights before, nor who was forgotten. What is
recorded is a keyed digest, which tells nothing of the keys but whether they are the same. While `iolaus rekey` changes the key,
the record names the keys before and those after, and nobody builds.
"""

from __future__ import annotations

from jobs.errors import UsageError
from jobs.lake import locks
from jobs.lake.lake import Lake
from jobs.nights import steps
from jobs.nights.records import staged
from jobs.privacy import erasures
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.settings import PSEUDONYM_KEY, PSEUDONYM_KEY_BEFORE

NOTE = "pseudonym_key"  # beside the tables: the keys' short id, as in tokens, and their digest
_TO = "to "  # between the keys before and after, while they are changed


def require_usual(lake: Lake, pseudonyms: Pseudonyms) -> None:
    """Record the keys of a lake that has no token yet. Raises `UsageError` when the lake's are others."""
    if lake.note(NOTE) == _said(pseudonyms)[-1]:
        return
    with locks.lease(lake.folder, NOTE, "Recording the pseudonym key"):
        require_recorded(lake, pseudonyms)
        if (used := _used(lake)) and used != pseudonyms.key_id:
            raise _another(lake, used, pseudonyms)
        lake.write_note(NOTE, _said(pseudonyms)[-1])


def require_recorded(lake: Lake, pseudonyms: Pseudonyms) -> None:
    """Raises `UsageError` when other keys were recorded and used, or the lake is still under the first of these."""
    recorded, used = lake.note(NOTE), _used(lake)
    if used is None or recorded == _said(pseudonyms)[-1]:
        return
    if recorded and _is_under_way(recorded):
        raise _unfinished(lake, recorded, pseudonyms)
    if recorded in _said(pseudonyms) or (recorded is None and used in pseudonyms.ids[:-1]):
        raise UsageError(
            f"The lake {lake.folder} is still under an older key ({used}) than the newest ({pseudonyms.key_id}): end what builds "
            f"in it, run `iolaus rekey` with these keys once, which rewrites its tokens, then run this command again."
        )
    if recorded:
        raise _another(lake, used, pseudonyms)


def require_settled(lake: Lake) -> None:
    """Raises `UsageError` while the lake is under two keys; needs none."""
    recorded = lake.note(NOTE)
    if recorded and _is_under_way(recorded):
        raise _unfinished(lake, recorded, None)


def begin(lake: Lake, pseudonyms: Pseudonyms) -> str | None:
    """Record that the lake goes from a beginning of the chain to the whole of it; gives the beginning's id.

    None when the lake is under the whole chain, or has no token. Raises `UsageError` when its keys are others.
    """
    said, recorded, used = _said(pseudonyms), lake.note(NOTE), _used(lake)
    if recorded and _is_under_way(recorded):
        before, after = recorded.splitlines(keepends=True)[:2]
        if before in said and after == f"{_TO}{said[-1]}":
            return pseudonyms.ids[said.index(before)]
        raise _unfinished(lake, recorded, pseudonyms)
    if recorded in said:
        since = pseudonyms.ids[said.index(recorded)]
    elif used is None or (recorded is None and used in pseudonyms.ids):
        since = used or pseudonyms.key_id
    else:
        raise _another(lake, used, pseudonyms)
    if used is None or since == pseudonyms.key_id:
        lake.write_note(NOTE, said[-1])
        return None
    lake.write_note(NOTE, f"{said[pseudonyms.ids.index(since)]}{_TO}{said[-1]}")
    return since


def finish(lake: Lake, pseudonyms: Pseudonyms) -> None:
    """Record that the lake is under the whole chain."""
    lake.write_note(NOTE, _said(pseudonyms)[-1])


def _used(lake: Lake) -> str | None:
    """The short id of the keys that the newest tokens of a lake were made with; None while it has none."""
    newest = [builds[max(builds)] for name in steps.staged_sources() if (builds := lake.builds(name))]
    if newest:
        return staged(max(newest, key=lambda build: build.committed_ms)).key
    registered = erasures.read(lake)
    return registered[-1].token.split("_")[1] if registered else None


def _said(pseudonyms: Pseudonyms) -> list[str]:
    """What is recorded of every beginning of the chain."""
    digests = pseudonyms.digests(b"iolaus key of a lake")
    return [f"{each} {digest.hex()}\n" for each, digest in zip(pseudonyms.ids, digests, strict=True)]


def _is_under_way(recorded: str) -> bool:
    return f"\n{_TO}" in recorded


def _unfinished(lake: Lake, recorded: str, pseudonyms: Pseudonyms | None) -> UsageError:
    after = recorded.splitlines()[1].removeprefix(_TO)
    if pseudonyms is None or f"{after}\n" == _said(pseudonyms)[-1]:
        how = "with the same keys"
    else:
        how = f"with {PSEUDONYM_KEY} and {PSEUDONYM_KEY_BEFORE} as they were then (together {after.partition(' ')[0]})"
    return UsageError(
        f"The change of the pseudonym key of the lake {lake.folder} is not finished, and until then nothing is built: "
        f"run `iolaus rekey` again {how}."
    )


def _another(lake: Lake, recorded: str, pseudonyms: Pseudonyms) -> UsageError:
    if recorded == pseudonyms.key_id:
        return UsageError(
            f"The lake's record of its pseudonym key, {lake.folder / NOTE}, is damaged, or {PSEUDONYM_KEY} holds another key "
            f"of the same short id: set the usual key, or put the file back from a backup; remove it only when you are sure."
        )
    return UsageError(
        f"The pseudonym key in {PSEUDONYM_KEY} ({pseudonyms.key_id}) is not the one under which the lake {lake.folder} was built "
        f"({recorded}): set the usual key, since under another one nothing of the nights before would be recognised; "
        f"to change it, put the usual one into {PSEUDONYM_KEY_BEFORE}."
    )

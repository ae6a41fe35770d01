"""What the machine refused, in one sentence with the way back: a full disk, a read-only root, too few handles.

Libraries tell it in their own words, and often as the cause of another error: SQLite, DuckDB, Arrow, the engine's workers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

_STANDS = "The last published night is untouched."
_REFUSED = (
    (
        r"No space left|disk is full|quota exceeded|errno 28\b|os error 28\b",
        "The disk is full{where}: free space there, or let `iolaus expire --keep-days N` drop old snapshots, and run the command "
        "again.",
    ),
    (
        r"File too large|errno 27\b|os error 27\b",
        "No file may be as large as this here{where}: raise the limit, as with `ulimit -f unlimited`, and run the command again.",
    ),
    (
        r"Read-only file system|readonly database|read-only database|errno 30\b|os error 30\b",
        "The root is read-only{where}: commands that write need it writable; `iolaus status`, `query` and `explain` do not.",
    ),
    (
        r"Too many open files|errno 24\b|os error 24\b",
        "The system gives this process no more open files{where}: raise the limit, as with `ulimit -n 4096`, and run the command "
        "again.",
    ),
    (
        r"Permission denied|Operation not permitted|errno 13\b|os error 13\b",
        "This user may not read or write{where}: run the command as the user who owns the root, or give that file to this user.",
    ),
    (
        r"Input/output error|disk I/O error|errno 5\b|os error 5\b",
        "The disk fails{where}: look at its health, then run `iolaus doctor --verify`, which finds what was lost.",
    ),
    (
        r"Cannot allocate memory|can't start new thread|Resource temporarily unavailable|errno 12\b|os error 12\b|errno 11\b",
        "The system gives this process no more memory or threads{where}: end other programs, or raise the limit, and run the "
        "command again.",
    ),
    (
        r"database is locked|Conflicting lock",
        "Another program holds the lake's catalog or the warehouse{where}: end it, and run the command again.",
    ),
    (
        r"database disk image is malformed|file is not a database|no such table: iceberg_tables",
        "The lake's catalog cannot be read: put lake and warehouse back from one backup, or run `iolaus doctor --mend`.",
    ),
)
_PATH = re.compile(r"(/[^\s'\",:()\]]+)")


def sentence(error: BaseException) -> str | None:
    """What to say of an error that the machine caused, or None. Every error that led to it is looked at."""
    for each in _led_to(error):
        text = str(each)
        for pattern, said in _REFUSED:
            if found := re.search(pattern, text, re.IGNORECASE):
                where = getattr(each, "filename", None) or _path_in(text, found.start())
                return f"{said.format(where=f' ({where})' if where else '')} {_STANDS}"
    return None


def _led_to(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    left: list[BaseException | None] = [error]
    while left:
        each = left.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            left += [each.__context__, each.__cause__]


def _path_in(text: str, place: int) -> str | None:
    """The path that stands in the line around a place of a text."""
    start, end = text.rfind("\n", 0, place) + 1, text.find("\n", place)
    found = _PATH.search(text[start : end if end >= 0 else len(text)])
    return found[1].rstrip(".") if found else None

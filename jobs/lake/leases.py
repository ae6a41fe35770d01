"""Leases on an object store, which has no locks: an object that is put only where none is, kept alive by its holder.

A lease is an object with its holder's name. Only one put of several that ask for "where nothing is" succeeds, and a holder puts
it anew every BEAT_SECONDS on the condition that nobody else did. Whoever waits watches the object: one that has not changed for
DEAD_SECONDS, by the watcher's own clock, belongs to a process that died, and is taken over on the same condition. So clocks need
not agree, and of two who take over one does. A holder that was taken for dead (its machine slept) finds out at its next beat and
says so; meanwhile both build the same night from the same files, and each table of it is replaced in one transaction.

Several share a lease by an object each: who shares puts its own, and takes it away again where one excludes; who excludes puts its
own and then waits for those that share. Whichever came second sees the other.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from jobs.errors import IolausError
from jobs.store import ObjectPath, endpoint

BEAT_SECONDS = 10.0
DEAD_SECONDS = 60.0  # six beats: a pause of the network or of a busy machine is no death
LOOKS_EVERY_SECONDS = 1.0
EXCLUDES, SHARES = (
    "one",
    "many",
)  # below the lease: a folder of at most one object, and one of an object for each that shares
_log = logging.getLogger(__name__)


@dataclass
class _Watched:
    """Other holders' objects: the mark of each as it was first seen so, and when."""

    seen: dict[str, tuple[str, float]] = field(default_factory=dict)

    def is_dead(self, key: str, mark: str) -> bool:
        if self.seen.get(key, ("", 0.0))[0] != mark:
            self.seen[key] = mark, time.monotonic()
        return time.monotonic() - self.seen[key][1] > DEAD_SECONDS


class Waited(Exception):  # noqa: N818 - it tells that one waited, which callers put into words
    """Somebody else held the lease for longer than one had patience."""

    def __init__(self, holder: str) -> None:
        super().__init__(holder)
        self.holder = holder


@dataclass
class _Held:
    """An object of this process, with the mark of its last put."""

    bucket: Any
    key: str
    text: str
    mark: str = ""
    said: bytes = b""
    over: threading.Event = field(default_factory=threading.Event)

    def beat(self) -> None:
        while not self.over.wait(BEAT_SECONDS):
            try:
                if not self.renewed():
                    return  # it is another's: the end tells
            except Exception as error:  # the next beat may get through; if none does, others take over
                _log.warning("The lease %s could not be renewed (%s).", self.key, type(error).__name__)

    def put(self, mode: Any) -> None:
        import obstore

        self.said = f"{self.text}\n{uuid.uuid4().hex}".encode()  # every put has a mark of its own
        self.mark = _mark(obstore.put(self.bucket, self.key, self.said, mode=mode))

    def is_there(self) -> bool:
        """Whether the last put is what is there: one whose answer was lost is tried again by the client, and then refused."""
        import obstore

        with contextlib.suppress(FileNotFoundError):
            found = obstore.get(self.bucket, self.key)
            if bytes(found.bytes()) == self.said:
                self.mark = _mark(found.meta)
                return True
        return False

    def renewed(self) -> bool:
        """Puts the object anew; gives whether it was still this process's."""
        from obstore.exceptions import PreconditionError

        try:
            self.put({"e_tag": self.mark})
        except (FileNotFoundError, PreconditionError):
            return self.is_there()
        return True

    def give_back(self) -> bool:
        """Gives whether it was still this process's."""
        import obstore

        if not self.renewed():
            return False
        obstore.delete(self.bucket, self.key)
        return True


@contextlib.contextmanager
def held(
    place: ObjectPath, doing: str, exclusive: bool, patience: float, waiting: Callable[[str], None]
) -> Iterator[None]:
    """Hold the lease `place`, alone or with others who share it, once nobody stands against it.

    `waiting` hears once who does. Raises `Waited` with who holds it when that takes longer than `patience` (seconds), and
    `IolausError` at the end when the lease was lost meanwhile.
    """
    bucket, folder = _bucket(place), place.key.partition("/")[2]
    text = f"{doing}, process {os.getpid()} on {socket.gethostname()}"
    ends, watched, is_told = time.monotonic() + patience, _Watched(), False

    def wait_for(holder: str) -> None:
        nonlocal is_told
        if time.monotonic() >= ends:
            raise Waited(holder)
        if not is_told:
            waiting(holder)
            is_told = True
        time.sleep(LOOKS_EVERY_SECONDS)

    mine = _Held(bucket, f"{folder}/{EXCLUDES}/holder" if exclusive else f"{folder}/{SHARES}/{uuid.uuid4().hex}", text)
    while (other := (_taken if exclusive else _shared)(mine, folder, watched)) is not None:
        wait_for(other)
    beating = threading.Thread(target=mine.beat, daemon=True)
    beating.start()
    try:
        while exclusive and (other := _alive(bucket, f"{folder}/{SHARES}", watched)) is not None:
            wait_for(other)
        yield
    finally:
        mine.over.set()
        beating.join()
        is_given_back = mine.give_back()
    if not is_given_back:
        raise IolausError(
            f"{doing} was taken for dead, and another process has its lease {place}: run this again when that is done."
        )


def _taken(mine: _Held, folder: str, watched: _Watched) -> str | None:
    """Puts the object that excludes others; gives who has it, or None when it is ours now.

    Raises `IolausError` for a store that puts a second object where one is: there nobody would wait for anybody.
    """
    import obstore
    from obstore.exceptions import AlreadyExistsError, PreconditionError

    with contextlib.suppress(AlreadyExistsError):
        mine.put("create")
        with contextlib.suppress(AlreadyExistsError):
            obstore.put(mine.bucket, mine.key, b"", mode="create")
            raise IolausError(
                "The object store does not check conditions on puts (If-None-Match), of which leases are made: "
                "two runs would write at once; use a store that does."
            )
        return None
    if mine.is_there():
        return None
    try:
        other = obstore.get(mine.bucket, mine.key)
        if not watched.is_dead(mine.key, _mark(other.meta)):
            return _who(other)
        mine.put({"e_tag": _mark(other.meta)})
    except (FileNotFoundError, PreconditionError):
        return "another process"  # it went, or was taken over, this very moment
    return None


def _shared(mine: _Held, folder: str, watched: _Watched) -> str | None:
    """Puts an object beside those of others; gives who excludes it, or None when it may stay."""
    mine.put("create")
    other = _alive(mine.bucket, f"{folder}/{EXCLUDES}", watched)
    if other is not None:
        mine.give_back()
    return other


def _alive(bucket: Any, prefix: str, watched: _Watched) -> str | None:
    """Who holds an object below `prefix`; None for nobody. Those of the dead that shared are removed."""
    import obstore

    alive = []
    for each in [
        each for batch in obstore.list(bucket, prefix=prefix) for each in batch
    ]:  # all are watched from the first look
        with contextlib.suppress(FileNotFoundError):
            if not watched.is_dead(each["path"], _mark(each)):
                alive.append(_who(obstore.get(bucket, each["path"])))
            elif prefix.endswith(SHARES):
                obstore.delete(bucket, each["path"])
    return min(alive, default=None)


def _bucket(place: ObjectPath) -> Any:
    from obstore.store import S3Store

    is_clear = (endpoint() or "").startswith("http://")  # settings allow it on this machine alone
    return S3Store(place.bucket, client_options={"allow_http": is_clear})


def _mark(meta: Any) -> str:
    return str(meta["e_tag"])


def _who(found: Any) -> str:
    return bytes(found.bytes()).decode(errors="replace").partition("\n")[0]

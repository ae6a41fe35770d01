"""Leases on an object store, here one in memory: one holder or several that share, taken over from the dead."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Iterator
from typing import Any

import obstore
import pytest
from obstore.store import MemoryStore

from jobs.errors import IolausError
from jobs.lake import leases
from jobs.lake.leases import Waited, held
from jobs.store import ObjectPath

PLACE = ObjectPath("s3://bucket/lake/_leases/nights")


@pytest.fixture(autouse=True)
def bucket(monkeypatch: pytest.MonkeyPatch) -> MemoryStore:
    """Beats and looks in fractions of a second."""
    made = MemoryStore()
    monkeypatch.setattr(leases, "_bucket", lambda place: made)
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.05)
    monkeypatch.setattr(leases, "DEAD_SECONDS", 1.0)
    monkeypatch.setattr(leases, "LOOKS_EVERY_SECONDS", 0.02)
    return made


@contextlib.contextmanager
def lease(doing: str, exclusive: bool = True, patience: float = 30.0, told: list[str] | None = None) -> Iterator[None]:
    with held(PLACE, doing, exclusive, patience, (told if told is not None else []).append):
        yield


def keys(bucket: MemoryStore) -> list[str]:
    return [each["path"] for batch in bucket.list() for each in batch]


@contextlib.contextmanager
def without_a_beat(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leases that are put within it are never renewed, as those of a process that was killed or sleeps."""
    with monkeypatch.context() as changed:
        changed.setattr(leases._Held, "beat", lambda self: None)
        yield


def test_one_at_a_time_holds_a_lease_and_nothing_of_it_is_left(bucket: MemoryStore) -> None:
    inside, most = 0, 0
    guard = threading.Lock()

    def work(number: int) -> None:
        nonlocal inside, most
        with lease(f"The run {number}"):
            with guard:
                inside += 1
                most = max(most, inside)
            time.sleep(0.05)
            with guard:
                inside -= 1

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert (most, keys(bucket)) == (1, [])


def test_who_waits_is_told_for_whom_and_gives_up_when_patience_ends() -> None:
    told: list[str] = []
    waits = lease("The run of 2026-03-03", patience=0.2, told=told)
    with lease("The run of 2026-03-02"), pytest.raises(Waited, match=r"^The run of 2026-03-02, process \d+ on "), waits:
        pass
    assert [each.partition(",")[0] for each in told] == ["The run of 2026-03-02"]


def test_a_holder_that_is_alive_is_never_taken_for_dead() -> None:
    with lease("The run of 2026-03-02"), pytest.raises(Waited), lease("Another", patience=2.0):
        pass


def test_a_lease_of_the_dead_is_taken_over_and_who_was_only_asleep_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    asleep = contextlib.ExitStack()
    with without_a_beat(monkeypatch):
        asleep.enter_context(lease("The run of 2026-03-02"))
    with (
        lease("The run of 2026-03-03"),
        pytest.raises(IolausError, match=r"^The run of 2026-03-02 was taken for dead, and an"),
    ):
        asleep.close()


def test_who_was_asleep_does_not_remove_the_lease_of_who_took_over(
    monkeypatch: pytest.MonkeyPatch, bucket: MemoryStore
) -> None:
    asleep = contextlib.ExitStack()
    with without_a_beat(monkeypatch):
        asleep.enter_context(lease("The run of 2026-03-02"))
    with lease("The run of 2026-03-03"):
        with pytest.raises(IolausError):
            asleep.close()
        assert len(keys(bucket)) == 1


def test_many_share_a_lease_and_who_excludes_waits_for_them() -> None:
    told: list[str] = []
    run = lease("The run", patience=0.2, told=told)
    with lease("A build", exclusive=False), lease("Another build", exclusive=False), pytest.raises(Waited), run:
        pass
    assert len(told) == 1
    with lease("The run"):
        pass


def test_who_shares_waits_for_the_one_that_excludes_and_neither_blocks_the_other() -> None:
    ended: list[str] = []

    def build() -> None:
        with lease("A build", exclusive=False):
            ended.append("build")

    with lease("The run"):
        building = threading.Thread(target=build)
        building.start()
        time.sleep(0.2)
        assert ended == []
    building.join(20)
    assert ended == ["build"]


def test_the_dead_that_shared_are_passed_over_and_removed(monkeypatch: pytest.MonkeyPatch, bucket: MemoryStore) -> None:
    dead = contextlib.ExitStack()
    with without_a_beat(monkeypatch):
        for number in range(8):
            dead.enter_context(lease(f"Build {number}", exclusive=False))
    with lease("The run", patience=3.0):  # not as many times as long as there are dead
        assert len(keys(bucket)) == 1
    dead.pop_all()


def test_a_store_that_checks_no_conditions_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    put = obstore.put
    monkeypatch.setattr(obstore, "put", lambda *what, mode: put(*what))
    with pytest.raises(IolausError, match="does not check conditions on puts"), lease("The run"):
        pass


def test_a_put_whose_answer_was_lost_and_that_was_tried_again_is_known_as_ones_own(
    monkeypatch: pytest.MonkeyPatch, bucket: MemoryStore
) -> None:
    put = obstore.put

    def tried_again(*what: Any, mode: Any) -> Any:
        put(*what, mode=mode)
        return put(*what, mode=mode)

    monkeypatch.setattr(obstore, "put", tried_again)
    with lease("The run"):
        before = bucket.get(keys(bucket)[0]).meta["e_tag"]
        time.sleep(0.5)
        assert bucket.get(keys(bucket)[0]).meta["e_tag"] != before
    assert keys(bucket) == []

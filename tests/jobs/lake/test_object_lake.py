"""The lake on an object store with a REST catalog: nights are replaced whole, damage is seen, one writer at a time."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import date

import pytest
from pyiceberg.utils.config import Config

from jobs import store
from jobs.errors import IolausError
from jobs.lake import leases, rewriting
from jobs.lake.lake import Lake
from jobs.lake.leases import Waited
from jobs.store import ObjectPath, place
from tests.jobs.lake.test_lake import MONDAY, TABLE, TUESDAY, commit, exchanges
from tests.objectstore import BUCKET, server

ROOTS = itertools.count()


@pytest.fixture(scope="module")
def _server() -> Iterator[None]:
    with server() as variables, pytest.MonkeyPatch.context() as environment:
        for name, value in variables.items():
            environment.setenv(name, value)
        environment.setattr(
            "pyiceberg.catalog._ENV_CONFIG", Config()
        )  # it reads its variables once, when it is imported
        store._files.cache_clear()
        yield
    store._files.cache_clear()


@pytest.fixture
def lake(_server: None) -> Iterator[Lake]:
    """An empty lake; all share the catalog, so its table goes at the end."""
    made = Lake(place(f"s3://{BUCKET}/root-{next(ROOTS)}"), "lake")
    yield made
    made.tables._catalog.purge_table(TABLE)


def test_a_night_is_replaced_whole_and_the_others_stay(lake: Lake) -> None:
    commit(lake, MONDAY, 1, 2)
    commit(lake, TUESDAY, 30)
    commit(lake, MONDAY, 5)
    again = Lake(lake.folder.parent, "lake")
    assert (exchanges(again, MONDAY, MONDAY), exchanges(again, MONDAY, TUESDAY)) == ([5], [5, 30])
    assert all(path.startswith(f"{lake.folder}/campaigns/daily/data/") for path in again.paths(TABLE, MONDAY, TUESDAY))


def test_a_file_that_is_lost_or_changed_is_told(lake: Lake) -> None:
    commit(lake, MONDAY, 1, 2)
    (path,) = lake.paths(TABLE, MONDAY, MONDAY)
    place(path).write_text("else")
    with pytest.raises(IolausError, match="has 4 bytes instead of"):
        exchanges(lake, MONDAY, MONDAY)
    place(path).unlink()
    with pytest.raises(IolausError, match="is missing"):
        exchanges(lake, MONDAY, MONDAY)


def test_a_small_file_beside_the_tables_is_kept(lake: Lake) -> None:
    commit(lake, MONDAY, 1)
    assert lake.note("key") is None
    lake.write_note("key", "one")
    lake.write_note("key", "two")
    assert lake.note("key") == "two"


def test_what_nothing_refers_to_is_swept(lake: Lake) -> None:
    commit(lake, MONDAY, 1)
    (kept,) = lake.paths(TABLE, MONDAY, MONDAY)
    lake.write_arrow(TABLE, TUESDAY, lake.read_arrow(TABLE, MONDAY, MONDAY))
    with rewriting.alone(lake):
        files, _ = rewriting.sweep(lake, [], before=date(2099, 1, 1).toordinal() * 86_400.0)
    assert (files, [str(path) for path in store.files_below(lake.folder / "campaigns")]) == (1, [kept])


def test_a_lease_has_one_holder(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "LOOKS_EVERY_SECONDS", 0.05)
    monkeypatch.setattr(leases, "BEAT_SECONDS", 0.05)
    folder = lake.folder / "_leases" / "nights"
    assert isinstance(folder, ObjectPath)

    def lease(exclusive: bool, patience: float = 0.5):  # type: ignore[no-untyped-def]
        return leases.held(folder, "A run", exclusive, patience, lambda holder: None)

    with lease(exclusive=True):
        for exclusive in (True, False):
            with pytest.raises(Waited, match="A run, process"), lease(exclusive):
                pass
    with lease(exclusive=False), lease(exclusive=False), pytest.raises(Waited), lease(exclusive=True):
        pass
    with lease(exclusive=True):
        pass
    commit(lake, MONDAY, 1)
    assert list(store.files_below(folder)) == []

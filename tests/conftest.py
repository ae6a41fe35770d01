"""One embedded engine, one database server and the key that pseudonyms need, made once for all tests."""

from __future__ import annotations

import os
from collections.abc import Iterator

import hypothesis
import pytest
from pyspark.sql import SparkSession

from jobs.engine import session
from jobs.settings import PSEUDONYM_KEY
from tests.postgres import Server, server

hypothesis.settings.register_profile("iolaus", deadline=None)  # no test is about the time it takes
hypothesis.settings.load_profile("iolaus")
TEST_KEY = "key-of-the-tests-and-of-nothing-else"


@pytest.fixture(autouse=True, scope="session")
def _pseudonym_key() -> None:
    os.environ[PSEUDONYM_KEY] = TEST_KEY


@pytest.fixture(scope="session")
def postgres() -> Iterator[Server]:
    """A server of PostgreSQL; libpq finds its password in the passfile."""
    with server() as started:
        os.environ["PGPASSFILE"] = str(started.passfile)
        yield started
        del os.environ["PGPASSFILE"]


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """An embedded Sail session: starting one costs seconds, so the tests share it."""
    with session("sail") as opened:
        yield opened


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, or one core waits for them at the end."""
    items.sort(key=lambda item: not any(folder in item.nodeid for folder in ("tests/e2e/", "tests/lab/faults/")))

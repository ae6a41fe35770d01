"""One embedded engine for all tests, and the key that pseudonyms need; both are made once, for the whole run."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from jobs.engine import session
from jobs.settings import PSEUDONYM_KEY

TEST_KEY = "key-of-the-tests-and-of-nothing-else"


@pytest.fixture(autouse=True, scope="session")
def _pseudonym_key() -> None:
    os.environ[PSEUDONYM_KEY] = TEST_KEY


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkSession]:
    """An embedded Sail session: starting one costs seconds, so the tests share it."""
    with session("sail") as opened:
        yield opened

"""History is rewritten whole, however many nights it has."""

from __future__ import annotations

import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from pyiceberg.expressions import visitors

from jobs import contracts
from jobs.lake import rewriting
from jobs.lake.datafiles import read_file, write_successor
from jobs.lake.lake import Lake
from jobs.lake.layout import night_of

NAME, FIRST, NIGHTS = "staged.model_releases", date(2026, 3, 2), 8


def looked_at_slowly(visitor: Any, manifest: Any) -> bool:
    """PyIceberg's own test of a manifest, with time for another thread between its two lines."""
    visitor.partition_fields = manifest.partitions
    time.sleep(0.002)
    return bool(visitors.visit(visitor.partition_filter, visitor))


def test_files_of_some_of_many_nights_are_replaced_at_once_whatever_threads_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lake = Lake(tmp_path)
    for number in range(NIGHTS):
        night = FIRST + timedelta(days=number)
        files = lake.write_arrow(NAME, night, contracts.arrow_rows(NAME, [{"model": f"m-{number}"}]))
        lake.commit(NAME, night, files, "f", {}, "code")
    live = rewriting.versions(lake, NAME)[-1].live
    successors = {}
    for path in (each for each in live if night_of(each) > FIRST + timedelta(days=NIGHTS // 2)):
        rows = read_file(path)
        assert rows is not None
        successors[path] = write_successor(path, rows, "mark")
    monkeypatch.setattr(visitors._ManifestEvalVisitor, "eval", looked_at_slowly)
    assert rewriting.replace(lake, NAME, successors, lambda build: build.properties, FIRST)
    assert rewriting.versions(lake, NAME)[-1].live == {successors.get(path, path) for path in live}

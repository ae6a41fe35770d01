"""Which files a night depends on: all that can shape its tables, and nothing that cannot."""

from __future__ import annotations

import shutil
from pathlib import Path

import networkx as nx

from jobs.nights.fingerprints import CANNOT_SHAPE_A_NIGHT, PACKAGE, shaping
from tests.test_layers import HOUSE, imported_modules, module, room, sources


def names(package: Path) -> set[str]:
    return {path.relative_to(package.parent).as_posix() for path in shaping(package)}


def test_what_only_looks_at_nights_is_left_out_and_every_table_is_in(tmp_path: Path) -> None:
    assert "jobs/views/explain.py" not in names(PACKAGE)
    assert {"jobs/nights/staging.py", "jobs/campaigns/registry.py", "schemas/campaigns/registry.odcs.yaml"} <= names(
        PACKAGE
    )
    copy = tmp_path / "jobs"
    shutil.copytree(PACKAGE, copy)
    (copy / "campaigns" / "status.py").touch()  # a table called like a module of a room that is left out
    (copy / "campaigns" / "views.py").touch()
    assert names(copy) >= {"jobs/campaigns/status.py", "jobs/campaigns/views.py"}


def test_rooms_that_are_left_out_exist_and_nothing_that_shapes_a_night_imports_them() -> None:
    assert set(HOUSE) >= CANNOT_SHAPE_A_NIGHT
    arrows = nx.DiGraph((module(path), name) for path in sources("jobs") for name in imported_modules(path))
    shapes = [
        each for each in arrows if room(each) in ("nights", "staged", "signals", "links", "campaigns", "published")
    ]
    reached = {room(name) for each in shapes for name in nx.descendants(arrows, each)}
    assert "lake" in reached
    assert not reached & CANNOT_SHAPE_A_NIGHT

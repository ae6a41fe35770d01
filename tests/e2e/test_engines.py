"""The same golden world gives byte-equal published tables on Sail and on JVM Spark."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from jobs import contracts
from jobs.warehouse import open_warehouse
from tests.worlds import FIRST, SECOND, copy_of, exact_text, golden_world

FACTS_ABOUT_THE_RUN = {"runs"}  # engine and times differ by nature
# tiny nights are all compilation: the quick compiler alone, with room for what it makes
JVM = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"}
MAY_BE_EMPTY = {"campaign_attributions"}


@dataclass(frozen=True)
class Built:
    """The roots by the engine of their last night; `first`: that of the first night of Spark's."""

    roots: dict[str, Path]
    first: str

    @property
    def compared(self) -> date | None:
        """The night that was built by both engines; None for every night."""
        return None if self.first == "spark" else SECOND


@pytest.fixture(scope="module", params=["sail", pytest.param("spark", marks=pytest.mark.slow)])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The world built on each engine by the real command, one process per engine and night.

    A night on the JVM takes minutes: in everybody's test Sail builds the first night of both, and the second one is compared.
    """
    folder = tmp_path_factory.mktemp("engines")
    world = golden_world(folder / "world")
    roots = {engine: copy_of(world, folder / engine) for engine in ("sail", "spark")}
    for (last, root), first in zip(roots.items(), ("sail", request.param), strict=True):
        for night, engine in ((FIRST, first), (SECOND, last)):
            command = [sys.executable, "-m", "jobs.cli", "run", "--root", str(root), "--engine", engine]
            command += ["--date", night.isoformat()]
            done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **JVM}, umask=0)
            assert done.returncode == 0, done.stderr[-2000:]
    return Built(roots, request.param)


@pytest.mark.parametrize(
    "table", [n.split(".")[1] for n in contracts.names("published") if n.split(".")[1] not in FACTS_ABOUT_THE_RUN]
)
def test_published_tables_are_byte_equal(built: Built, table: str) -> None:
    on_sail, on_spark = (
        open_warehouse("duckdb:///{root}/warehouse.duckdb", built.roots[engine]).read(table, built.compared)
        for engine in ("sail", "spark")
    )
    assert on_sail.num_rows or table in MAY_BE_EMPTY
    assert exact_text(on_sail).encode() == exact_text(on_spark).encode()


def test_runs_name_their_engine_and_agree_on_everything_else(built: Built) -> None:
    runs = {
        engine: open_warehouse("duckdb:///{root}/warehouse.duckdb", root).read("runs", None).to_pylist()
        for engine, root in built.roots.items()
    }
    assert [row["engine"] for row in runs["sail"] + runs["spark"]] == ["sail", "sail", built.first, "spark"]
    same = ("as_of_date", "run_id", "code_version", "inputs", "rows_in", "rows_rejected", "rows_duplicate")
    assert [[row[name] for name in same] for row in runs["sail"]] == [
        [row[name] for name in same] for row in runs["spark"]
    ]


@pytest.mark.parametrize("engine", ["sail", "spark"])
def test_what_an_engine_writes_is_for_its_own_user_alone(built: Built, engine: str) -> None:
    places = [each for each in built.roots[engine].iterdir() if each.name not in ("raw", "truth")]
    written = [path for place in places for path in (place, *place.rglob("*"))]
    assert len(written) > 500
    assert [str(path) for path in written if path.stat().st_mode & 0o077] == []

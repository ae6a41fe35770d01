"""The same golden night gives byte-equal published tables on Sail and on JVM Spark."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import contracts
from jobs.warehouse import open_warehouse
from tests.worlds import FIRST, SECOND, copy_of, exact_text, golden_world

FACTS_ABOUT_THE_RUN = {"runs"}  # engine and times differ by nature
# tiny nights are all compilation: the quick compiler alone, with room for what it makes
JVM = {"JAVA_TOOL_OPTIONS": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=256m"}
MAY_BE_EMPTY = {"campaign_attributions"}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A night on each engine by the real command, after one that Sail built: the second one has a history to read.

    First nights on Spark are compared on a cluster (`test_cluster.py`): a night on the JVM takes minutes.
    """
    folder = tmp_path_factory.mktemp("engines")
    world = golden_world(folder / "world")
    roots = {engine: copy_of(world, folder / engine) for engine in ("sail", "spark")}
    for last, root in roots.items():
        for night, engine in ((FIRST, "sail"), (SECOND, last)):
            command = [
                sys.executable,
                "-m",
                "jobs.cli",
                "run",
                "--root",
                str(root),
                "--engine",
                engine,
                "--date",
                f"{night}",
            ]
            done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **JVM}, umask=0)
            assert done.returncode == 0, done.stderr[-2000:]
    return roots


@pytest.mark.parametrize(
    "table", [n.split(".")[1] for n in contracts.names("published") if n.split(".")[1] not in FACTS_ABOUT_THE_RUN]
)
def test_published_tables_are_byte_equal(built: dict[str, Path], table: str) -> None:
    on_sail, on_spark = (
        open_warehouse("duckdb:///{root}/warehouse.duckdb", built[engine]).read(table, None)
        for engine in ("sail", "spark")
    )
    assert on_sail.num_rows or table in MAY_BE_EMPTY
    assert exact_text(on_sail).encode() == exact_text(on_spark).encode()


def test_runs_name_their_engine_and_agree_on_everything_else(built: dict[str, Path]) -> None:
    runs = {
        engine: open_warehouse("duckdb:///{root}/warehouse.duckdb", root).read("runs", None).to_pylist()
        for engine, root in built.items()
    }
    assert [row["engine"] for row in runs["sail"] + runs["spark"]] == ["sail", "sail", "sail", "spark"]
    same = ("as_of_date", "run_id", "code_version", "inputs", "rows_in", "rows_rejected", "rows_duplicate")
    assert [[row[name] for name in same] for row in runs["sail"]] == [
        [row[name] for name in same] for row in runs["spark"]
    ]


@pytest.mark.parametrize("engine", ["sail", "spark"])
def test_what_an_engine_writes_is_for_its_own_user_alone(built: dict[str, Path], engine: str) -> None:
    places = [each for each in built[engine].iterdir() if each.name not in ("raw", "truth")]
    written = [path for place in places for path in (place, *place.rglob("*"))]
    assert len(written) > 500
    assert [str(path) for path in written if path.stat().st_mode & 0o077] == []

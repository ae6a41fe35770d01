"""No classic-only Spark call anywhere: everything must run over Spark Connect, on any engine."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parent.parent
JOBS, SCALE = REPOSITORY / "jobs", REPOSITORY / "docs" / "scale.md"
CLASSIC = {
    "rdd", "sparkContext", "_jvm", "_jdf", "_jsc", "localCheckpoint", "checkpoint", "input_file_name", "observe",
    "session_window", "toJSON", "foreachPartition", "emptyRDD", "parallelize", "newSession",
}  # fmt: skip


def offences(source: str) -> list[str]:
    """Names of classic-only calls, overwrites of partitions, and several distinct counts in one aggregation."""
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Attribute) and node.attr in CLASSIC:
            found.append(node.attr)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and "partitionOverwriteMode" in node.value:
            found.append("partitionOverwriteMode")
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "agg":
            calls = [
                each.func.attr
                for each in ast.walk(node)
                if isinstance(each, ast.Call) and isinstance(each.func, ast.Attribute)
            ]
            if sum(call in ("count_distinct", "countDistinct") for call in calls) > 1:
                found.append("count_distinct")
    return found


@pytest.mark.parametrize("path", sorted(JOBS.rglob("*.py")), ids=lambda path: path.relative_to(JOBS).as_posix())
def test_no_classic_only_call(path: Path) -> None:
    assert offences(path.read_text()) == []


@pytest.mark.parametrize(
    "bad",
    [
        "frame.rdd.map(f)",
        "spark.sparkContext.parallelize([1])",
        "frame.localCheckpoint()",
        "F.input_file_name()",
        "spark.conf.set('spark.sql.sources.partitionOverwriteMode', 'dynamic')",
        "frame.agg(F.count_distinct('a'), F.count_distinct('b'))",
    ],
)
def test_the_check_sees_what_it_looks_for(bad: str) -> None:
    assert offences(bad)


READING = "read_arrow"
ON_A_FRAME = {"collect", "toPandas", "toArrow", "toLocalIterator", "first", "count"}  # with an argument they are others
OF_THE_LABORATORY = {"evaluation", "simulate"}


def collecting(path: Path) -> set[str]:
    """The functions of a module that take rows into this process, as `room.module.function`."""
    module = path.relative_to(JOBS).with_suffix("").as_posix().replace("/", ".")
    found = set()
    for function in ast.walk(ast.parse(path.read_text())):
        if isinstance(function, ast.FunctionDef):
            calls = [each for each in ast.walk(function) if isinstance(each, ast.Call)]
            names = {
                each.func.attr
                for each in calls
                if isinstance(each.func, ast.Attribute)
                and (each.func.attr == READING or (each.func.attr in ON_A_FRAME and not each.args))
            }
            found |= {f"{module}.{function.name}"} if names else set()
    return found


def test_whatever_is_collected_is_listed_with_its_bound() -> None:
    section = SCALE.read_text().partition("## What the driver collects")[2].partition("\n## ")[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| `")]
    listed = {name for row in rows for name in re.findall(r"`([^`]+)`", row[1])}
    sources = [path for path in JOBS.rglob("*.py") if path.relative_to(JOBS).parts[0] not in OF_THE_LABORATORY]
    assert {name for path in sources for name in collecting(path)} == listed
    assert all(row[3].strip() for row in rows)

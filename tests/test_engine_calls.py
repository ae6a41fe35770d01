"""No classic-only Spark call anywhere: everything must run over Spark Connect, on any engine."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

JOBS = Path(__file__).resolve().parent.parent / "jobs"
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

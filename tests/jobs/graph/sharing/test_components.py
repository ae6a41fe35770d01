"""Connected components in DataFrame code, with networkx as the oracle."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyspark.sql import DataFrame, SparkSession

from jobs.graph.sharing.components import connected_components

Scratch = Callable[[DataFrame], DataFrame]


@pytest.fixture
def scratch(spark: SparkSession, tmp_path: Path) -> Scratch:
    def write(frame: DataFrame) -> DataFrame:
        path = str(tmp_path / uuid.uuid4().hex)
        frame.write.parquet(path)
        return spark.read.schema(frame.schema).parquet(path)

    return write


def components(spark: SparkSession, edges: list[tuple[str, str]], scratch: Scratch) -> dict[str, str]:
    frame = spark.createDataFrame(edges, "left string, right string")
    return {row["node"]: row["component"] for row in connected_components(frame, scratch).collect()}


def oracle(edges: list[tuple[str, str]]) -> dict[str, str]:
    graph: nx.Graph[str] = nx.Graph(edges)
    return {node: min(part) for part in nx.connected_components(graph) for node in part}


NODES = st.integers(0, 25).map(lambda number: f"n{number:02d}")


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(NODES, NODES), min_size=1, max_size=30))
def test_components_are_those_of_networkx(spark: SparkSession, scratch: Scratch, edges: list[tuple[str, str]]) -> None:
    assert components(spark, edges, scratch) == oracle(edges)


def test_a_long_chain_is_one_component(spark: SparkSession, scratch: Scratch) -> None:
    chain = [(f"n{n:03d}", f"n{n + 1:03d}") for n in range(120)]
    assert set(components(spark, chain[::-1], scratch).values()) == {"n000"}


def test_row_order_does_not_matter(spark: SparkSession, scratch: Scratch) -> None:
    edges = [("b", "a"), ("c", "d"), ("d", "e"), ("x", "x")]
    assert components(spark, edges, scratch) == components(spark, edges[::-1], scratch)
    assert components(spark, edges, scratch) == {"a": "a", "b": "a", "c": "c", "d": "c", "e": "c", "x": "x"}

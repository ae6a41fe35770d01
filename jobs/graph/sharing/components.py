"""Connected components in DataFrame code: alternating large-star and small-star.

Source: Kiveris, Lattanzi, Mirrokni, Rastogi, Vassilvitskii, "Connected Components in MapReduce and Beyond" (SoCC 2014).
Each round halves the distance to the smallest node, so even long chains need few rounds, on any engine.
"""

from __future__ import annotations

from collections.abc import Callable

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

MAX_ROUNDS = 40  # log2 of the longest chain, doubled: more than any graph that fits a lake


def connected_components(edges: DataFrame, scratch: Callable[[DataFrame], DataFrame]) -> DataFrame:
    """`node`, `component` (smallest node of its component) for every node of `edges` (`left`, `right`; any type).

    `scratch` materialises a frame so that rounds do not repeat each other. Raises `RuntimeError` if the
    rounds do not settle.
    """
    nodes = edges.select(F.col("left").alias("node")).union(edges.select(F.col("right").alias("node"))).distinct()
    proper = edges.where(F.col("left") != F.col("right"))
    links = scratch(_pointing_down(proper))
    previous = None
    for _ in range(MAX_ROUNDS):
        links = scratch(_small_star(_large_star(links)))
        state = links.agg(F.count("*"), F.sum(F.xxhash64("left", "right").cast("decimal(38,0)"))).collect()[0]
        if state == previous:
            parents = links.select(F.col("left").alias("node"), F.col("right").alias("component"))
            return nodes.join(parents, on="node", how="left").select(
                "node", F.coalesce("component", "node").alias("component")
            )
        previous = state
    raise RuntimeError("connected components did not settle")


def _pointing_down(pairs: DataFrame) -> DataFrame:
    return pairs.select(F.greatest("left", "right").alias("left"), F.least("left", "right").alias("right")).distinct()


def _neighbours(links: DataFrame) -> DataFrame:
    return links.union(links.select(F.col("right").alias("left"), F.col("left").alias("right")))


def _with_smallest(neighbours: DataFrame) -> DataFrame:
    smallest = neighbours.groupBy("left").agg(F.min("right").alias("lowest"))
    return neighbours.join(smallest.select("left", F.least("left", "lowest").alias("smallest")), on="left", how="inner")


def _large_star(links: DataFrame) -> DataFrame:
    """Every node sends its larger neighbours to the smallest node it knows."""
    known = _with_smallest(_neighbours(links))
    return (
        known.where(F.col("right") > F.col("left"))
        .select(F.col("right").alias("left"), F.col("smallest").alias("right"))
        .distinct()
    )


def _small_star(links: DataFrame) -> DataFrame:
    """Every node sends its smaller neighbours, and itself, to the smallest node it knows."""
    down = _pointing_down(links)
    known = _with_smallest(down)
    moved = known.select(F.col("right").alias("left"), F.col("smallest").alias("right"))
    itself = known.select("left", F.col("smallest").alias("right"))
    return moved.union(itself).where(F.col("left") != F.col("right")).distinct()

"""Louvain communities (Blondel and others 2008) of the accounts and the things they met, nothing filtered.

`python louvain.py INPUTS FOUND`. Edges weigh ln(N / accounts that met the thing); resolution 1, networkx' default, and
a fixed seed. Accounts of one community are one cluster.
"""

from __future__ import annotations

import csv
import math
import sys
from collections import Counter
from pathlib import Path

import networkx as nx
import pyarrow.parquet as pq

SEED = 1


def main(inputs: Path, found: Path) -> None:
    table = pq.read_table(inputs / "observations.parquet", columns=["account_id", "signal", "entity"])
    rows = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    sharing = Counter((signal, entity) for _, signal, entity in rows)
    accounts = {account for account, _, _ in rows}
    graph = nx.Graph()
    graph.add_nodes_from(sorted(accounts))
    for account, signal, entity in rows:
        if 1 < sharing[signal, entity] < len(accounts):
            graph.add_edge(account, (signal, entity), weight=math.log(len(accounts) / sharing[signal, entity]))
    communities = nx.community.louvain_communities(graph, weight="weight", seed=SEED)
    with found.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("account_id", "cluster_id"))
        clusters = [sorted(node for node in community if isinstance(node, str)) for community in communities]
        writer.writerows((account, members[0]) for members in sorted(clusters) for account in members)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

"""coordination-network-toolkit on any observations: what an account met are links that it posted, all at one time.

`python coordination_shared.py INPUTS FOUND`. As in `coordination.py`, with its default weight: an edge are two accounts that share
two links and more. Files have no times, so the window says nothing; what more than MOST_SHARED accounts share is left out, as it
would make an edge of every two of them.
"""

from __future__ import annotations

import contextlib
import csv
import sys
import tempfile
from collections import Counter
from pathlib import Path

import coordination_network_toolkit as toolkit
import networkx as nx
import pyarrow.parquet as pq

WINDOW_SECONDS, LEAST_WEIGHT, WORKERS = 60, 2, 2
MOST_SHARED = 300


def main(inputs: Path, found: Path) -> None:
    table = pq.read_table(inputs / "observations.parquet", columns=["account_id", "signal", "entity"])
    rows = sorted(set(zip(*(column.to_pylist() for column in table.columns), strict=True)))
    sharing = Counter(row[1:] for row in rows)
    numbers = {thing: f"link{at}" for at, thing in enumerate(sorted(sharing)) if 1 < sharing[thing] <= MOST_SHARED}
    messages = (
        (f"m{at}", account, "", "", "", "", 0.0, [numbers[signal, entity]])
        for at, (account, signal, entity) in enumerate(rows)
        if (signal, entity) in numbers
    )
    with tempfile.TemporaryDirectory() as folder:
        database = str(Path(folder) / "posts.db")
        toolkit.preprocess.preprocess_data(database, messages)
        toolkit.compute_networks.compute_co_link_network(
            database, WINDOW_SECONDS, n_threads=WORKERS, min_edge_weight=LEAST_WEIGHT, resolved=False
        )
        edges = [(one, other) for one, other, *_ in toolkit.graph.get_edge_rows(database, "co_link")]
    with found.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("account_id", "cluster_id"))
        for members in sorted(map(sorted, nx.connected_components(nx.Graph(edges)))):
            writer.writerows((account, members[0]) for account in members)


if __name__ == "__main__":
    with contextlib.redirect_stdout(sys.stderr):
        main(Path(sys.argv[1]), Path(sys.argv[2]))

"""coordination-network-toolkit: accounts that used the same links within seconds of each other, again and again.

`python coordination.py INPUTS FOUND LINKS [WINDOW [WEIGHT]]`. A request is a message, what it shows are its links, and the
network is the toolkit's co-link (Giglietto and others 2020). LINKS is `templates`, the bands of the prompt's sketch, which
is the nearest to posting one text in variants; or `everything`, with address, system prompt and tools besides. Clusters are
the connected components of the edges, as in the toolkit's own example. Co-post looks at time alone and is meant as a null
model; co-tweet and co-retweet need identical texts, which variants of a template are not.
"""

from __future__ import annotations

import contextlib
import csv
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import coordination_network_toolkit as toolkit
import networkx as nx

WINDOW_SECONDS = 60  # the default of every network type in its documentation
LEAST_WEIGHT = 2  # the default of its command
WORKERS = 2


def main(inputs: Path, found: Path, links: str, window: int, weight: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        database = str(Path(folder) / "posts.db")
        toolkit.preprocess.preprocess_data(database, _messages(inputs / "posts.csv", links))
        toolkit.compute_networks.compute_co_link_network(
            database, window, n_threads=WORKERS, min_edge_weight=weight, resolved=False
        )
        edges = [(one, other) for one, other, *_ in toolkit.graph.get_edge_rows(database, "co_link")]
    with found.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(("account_id", "cluster_id"))
        for members in sorted(map(sorted, nx.connected_components(nx.Graph(edges)))):
            rows.writerows((account, members[0]) for account in members)


def _messages(posts: Path, links: str) -> Iterator[tuple[object, ...]]:
    """The messages that have a link of the kind asked for."""
    with posts.open(newline="") as file:
        rows = csv.reader(file)
        next(rows)
        for *message, urls in rows:
            kept = [url for url in urls.split(" ") if links == "everything" or url.startswith("b")]
            if kept:
                yield (*message, kept)


if __name__ == "__main__":
    given = sys.argv[1:]
    numbers = [int(each) for each in given[3:]] + [WINDOW_SECONDS, LEAST_WEIGHT][len(given) - 3 :]
    with contextlib.redirect_stdout(sys.stderr):
        main(Path(given[0]), Path(given[1]), given[2], *numbers)

"""Leiden communities (Traag, Waltman and van Eck 2019) of the accounts and the things they met, nothing filtered.

`python leiden.py INPUTS FOUND`. The graph and its weights are those of `louvain.py`; resolution 1, two
iterations and a fixed seed, in graspologic-native.
"""

from __future__ import annotations

import csv
import math
import sys
from collections import Counter, defaultdict
from pathlib import Path

import graspologic_native
import pyarrow.parquet as pq

SEED = 1


def main(inputs: Path, found: Path) -> None:
    table = pq.read_table(inputs / "observations.parquet", columns=["account_id", "signal", "entity"])
    rows = sorted(set(zip(*(column.to_pylist() for column in table.columns), strict=True)))
    sharing = Counter((signal, entity) for _, signal, entity in rows)
    accounts = {account for account, _, _ in rows}
    edges = [
        (f"account {account}", f"thing {signal} {entity}", math.log(len(accounts) / sharing[signal, entity]))
        for account, signal, entity in rows
        if 1 < sharing[signal, entity] < len(accounts)
    ]
    _, community = graspologic_native.leiden(edges, seed=SEED, iterations=2)
    clusters = defaultdict(list)
    for account in sorted(accounts):
        if f"account {account}" in community:
            clusters[community[f"account {account}"]].append(account)
    with found.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(("account_id", "cluster_id"))
        writer.writerows((account, members[0]) for members in clusters.values() for account in members)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

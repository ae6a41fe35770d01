"""Union-find on card and device: whoever shared a payment instrument or a device, directly or through others, is one.

`python union_find.py INPUTS FOUND`. No setting: this is the exact matching that entity-resolution tools start from.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pyarrow.parquet as pq

HARD = ("payment_instrument", "device")


def main(inputs: Path, found: Path) -> None:
    parent: dict[str, str] = {}

    def root(node: str) -> str:
        while parent.setdefault(node, node) != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    table = pq.read_table(inputs / "observations.parquet", columns=["account_id", "signal", "entity"])
    accounts = set()
    for account, signal, entity in zip(*(column.to_pylist() for column in table.columns), strict=True):
        if signal in HARD:
            accounts.add(account)
            one, other = sorted((root(f"a {account}"), root(f"e {signal} {entity}")))
            parent[other] = one
    with found.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(("account_id", "cluster_id"))
        rows.writerows((account, root(f"a {account}")) for account in sorted(accounts))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

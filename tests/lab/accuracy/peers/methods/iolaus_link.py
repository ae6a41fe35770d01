"""iolaus' own linking on the same file as its peers: `iolaus link`, whole process, no judging, no synchrony.

`python iolaus_link.py INPUTS FOUND`.
"""

from __future__ import annotations

import csv
import sys
import tempfile
from pathlib import Path

import pyarrow.parquet as pq

from jobs.linking.files import link_file
from jobs.settings import settings


def main(inputs: Path, found: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "linked.parquet"
        link_file(inputs / "observations.parquet", target, settings(Path(folder)))
        linked = pq.read_table(target, columns=["account_id", "cluster_id"])
    with found.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(("account_id", "cluster_id"))
        rows.writerows(zip(*(column.to_pylist() for column in linked.columns), strict=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))

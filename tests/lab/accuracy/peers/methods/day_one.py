"""The day-one script: accounts weighed by the rare things they share, a cut-off, connected components.

`python day_one.py INPUTS FOUND [CUT_OFF]`. Two accounts weigh the sum of ln(N / accounts) over every entity both met;
an entity that more than HUB_SHARE of the accounts met is left out, as anybody would after the first run.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import sparse
from scipy.sparse import csgraph

HUB_SHARE = 0.05  # the largest campaigns hold less; above are default clients and freemail patterns
CUT_OFF = 40.0  # mean pairwise F1 on the tuning worlds at 30, 35, 40, 45 and 50: .09, .45, .78, .72 and .64


def main(inputs: Path, found: Path, cut_off: float) -> None:
    table = pq.read_table(inputs / "observations.parquet", columns=["account_id", "signal", "entity"])
    accounts = table["account_id"].combine_chunks().dictionary_encode()
    things = pc.binary_join_element_wise(table["signal"], table["entity"], " ").combine_chunks().dictionary_encode()
    count = len(accounts.dictionary)
    places = (accounts.indices.to_numpy(), things.indices.to_numpy())
    met = sparse.csr_matrix((np.ones(len(places[0])), places), shape=(count, len(things.dictionary)))
    met.data[:] = 1.0
    sharing = np.asarray(met.sum(axis=0)).ravel()
    used = (sharing > 1) & (sharing <= HUB_SHARE * count)
    met, weight = met[:, used], np.log(count / sharing[used])
    together = (met @ sparse.diags(weight) @ met.T).tocsr()
    together.data[together.data < cut_off] = 0.0
    together.eliminate_zeros()
    together.setdiag(0.0)
    together.eliminate_zeros()
    _, label = csgraph.connected_components(together, directed=False)
    with found.open("w", newline="") as out:
        rows = csv.writer(out)
        rows.writerow(("account_id", "cluster_id"))
        rows.writerows(zip(accounts.dictionary.to_pylist(), label.tolist(), strict=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), float(sys.argv[3]) if len(sys.argv) > 3 else CUT_OFF)

"""Whether the members of a campaign hang together by things of one's own, or only by what anybody can rent or install.

Accounts share networks, clients, mail domains and numbers with everybody who buys from the same sellers; prompts, devices, cards,
documents, series and beats are an operator's own. Strangers who rent what a campaign rents are drawn into its crowd as a part
that nothing of its own ties to the rest: they pass through, and are not accused.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from scipy import sparse
from scipy.sparse import csgraph

PARTS = pa.schema([("campaign_id", pa.string()), ("account_id", pa.string()), ("part_accounts", pa.int64())])


def parts(met: pa.Table) -> pa.Table:
    """Rows of PARTS of one campaign: of how many accounts the part is that the account belongs to.

    `met`: campaign_id, account_id and thing, one row per member and thing of one's own. Accounts without any are left out.
    """
    account, thing = (met[name].combine_chunks().dictionary_encode() for name in ("account_id", "thing"))
    accounts, things = account.dictionary, thing.dictionary
    pairs = (account.indices.to_numpy(), thing.indices.to_numpy() + len(accounts))
    size = len(accounts) + len(things)
    graph = sparse.coo_array((np.ones(len(met)), pairs), shape=(size, size))
    _, label = csgraph.connected_components(graph, directed=False)
    of = label[: len(accounts)]
    counts = np.bincount(of, minlength=int(label.max()) + 1)
    campaign = pa.array([met["campaign_id"][0].as_py()] * len(accounts), pa.string())
    made = pa.table([campaign, accounts, pa.array(counts[of])], schema=PARTS)
    return made.sort_by("account_id")

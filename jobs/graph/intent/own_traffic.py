"""How much of its accounts' traffic is a campaign's own, where unrelated customers' requests are mixed in.

Exchanges that carry a shared prompt show which tasks the campaign asks for: shares c(task). The other exchanges are its own
one-off prompts and, perhaps, other people's: their tasks are a mixture a * c + (1 - a) * g with g unknown. The largest a
that leaves no task below zero is min over tasks of share(task) / c(task): the proportion of a known component in a
mixture (Blanchard, Lee, Scott, JMLR 11, 2010). It is an upper bound, so what is taken off is surely not the campaign's;
where the other exchanges ask for the same tasks nothing is taken off. Published: the proxy network of the 2026-02-23
report mixed extraction with unrelated customers' requests.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa

Floats = npt.NDArray[np.float64]

MIN_SHARE = 0.05  # a task's share of the templated exchanges: rarer ones say little and jump about
MIN_TEMPLATED = 0.05  # of the exchanges: below, the templates do not show what the campaign asks for
SIGMAS = 2.0  # a count may be this many standard deviations below its expectation by chance
FOOTPRINTS = pa.schema([("campaign_id", pa.string()), ("account_id", pa.string()), ("own_share", pa.float64())])


def own_footprints(by_task: pa.Table) -> pa.Table:
    """Per operated account of one campaign the share (0..1) of its exchanges that is the campaign's own.

    `by_task`: campaign_id, account_id, task_label, exchanges, and of those whose prompts were compared with other
    accounts' (`compared`) how many shared one (`templated`); the latter two are null where none were.
    """
    by_task = by_task.sort_by([("account_id", "ascending"), ("task_label", "ascending")])
    tasks, task = np.unique(by_task["task_label"].to_numpy(), return_inverse=True)
    names, account = np.unique(by_task["account_id"].to_numpy(), return_inverse=True)
    compared, templated = (
        np.bincount(task, weights=by_task[name].fill_null(0).to_numpy(), minlength=len(tasks)).astype(np.float64)
        for name in ("compared", "templated")
    )
    exchanges = by_task["exchanges"].to_numpy()
    own = np.bincount(account, weights=exchanges * own_shares(compared, templated)[task])
    share = np.round(own / np.bincount(account, weights=exchanges), 6)
    columns = [pa.array([by_task["campaign_id"][0].as_py()] * len(names)), pa.array(names.tolist()), pa.array(share)]
    return pa.table(columns, schema=FOOTPRINTS)


def own_shares(exchanges: Floats, templated: Floats) -> Floats:
    """Share of each task's exchanges that is the campaign's own, 0 to 1.

    `exchanges`, `templated`: one element per task, all accounts of the campaign together; templated counts the exchanges
    with a shared prompt.
    """
    other = exchanges - templated
    if templated.sum() < max(1.0, MIN_TEMPLATED * exchanges.sum()) or other.sum() <= 0:
        return np.ones(len(exchanges))
    wanted = templated / templated.sum()
    telling = wanted >= MIN_SHARE
    likely = other[telling] + SIGMAS * np.sqrt(other[telling]) + 1.0
    proportion = min(1.0, float((likely / (wanted[telling] * other.sum())).min()))
    if proportion == 1.0:
        return np.ones(len(exchanges))
    own = templated + np.minimum(other, proportion * other.sum() * wanted)
    shares: Floats = own / np.maximum(exchanges, 1.0)
    return shares

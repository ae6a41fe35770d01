"""Scores what a linker says of one world: the same functions as `iolaus evaluate`, over everything and by tier.

A linker says who belongs together, not who means harm. So pairs and B-cubed are scored in its clusters as they are, and
accounts in the reading a team would give it without a judge: every cluster of at least ACCUSING accounts is accused.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from jobs.evaluation.scores import Number, account_scores, b_cubed, pairwise
from jobs.evaluation.sides import Truth

ACCUSING = 5
Figures = dict[str, Any]


def score(said: Mapping[str, str], known: Truth) -> Figures:
    """`overall` and `by_tier`, with the names of `iolaus evaluate`."""
    members: dict[str, set[str]] = defaultdict(set)
    for account, cluster in said.items():
        members[cluster].add(account)
    partition = {account: cluster for account, cluster in said.items() if len(members[cluster]) > 1}
    accusing = {cluster: accounts for cluster, accounts in members.items() if len(accounts) >= ACCUSING}

    def metrics(tier: str | None) -> dict[str, Number]:
        mine = None if tier is None else {campaign for campaign, name in known.tier.items() if name == tier}
        scope = None if mine is None else {account for account, own in known.operated.items() if own in mine}
        return {
            **account_scores("account", accusing, known, {}, mine),
            **pairwise(known.operated, partition, scope),
            **b_cubed(known.operated, partition, scope),
        }

    overall = metrics(None) | {
        "clusters_accused": len(accusing),
        "largest_cluster": max(map(len, members.values()), default=0),
    }
    return {"overall": overall, "by_tier": {tier: metrics(tier) for tier in sorted(set(known.tier.values()))}}

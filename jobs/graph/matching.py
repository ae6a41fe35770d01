"""Tonight's clusters matched with yesterday's campaigns: who continues whom, and what was born, merged or split."""

from __future__ import annotations

import hashlib
from collections import Counter
from datetime import date

import numpy as np
import pyarrow as pa
from scipy.optimize import linear_sum_assignment

from jobs.graph.rows import table_of

EVENTS = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("event", pa.string()),
        ("other_campaign_id", pa.string()),
        ("overlap", pa.float64()),
        ("cluster_id", pa.string()),
    ]
)
MIN_OVERLAP = 0.3  # of the smaller side; less in common is another campaign that bought some of the same accounts
DORMANT_DAYS = 14
RETIRED_DAYS = 90


def campaign_id(night: str, smallest_account: str) -> str:
    """An id that the night of birth and the smallest account determine, e.g. `c20260422-5f1d09ab`."""
    digest = hashlib.sha256(f"{night}\0{smallest_account}".encode()).hexdigest()[:8]
    return f"c{night.replace('-', '')}-{digest}"


def match_night(groups: pa.Table, night: str) -> pa.Table:
    """`groups`: kind (`cluster` or `campaign`), group, account_id, last_activity_date (campaigns only). Gives EVENTS."""
    clusters: dict[str, set[str]] = {}
    campaigns: dict[str, set[str]] = {}
    quiet_since: dict[str, date | None] = {}
    for row in groups.to_pylist():
        if row["kind"] == "cluster":
            clusters.setdefault(row["group"], set()).add(row["account_id"])
        else:
            campaigns.setdefault(row["group"], set()).add(row["account_id"])
            quiet_since[row["group"]] = row["last_activity_date"]
    shared = _shared(clusters, campaigns)
    continued = _assign(clusters, campaigns, shared)
    rows: list[tuple[str, str, str, float, str | None]] = []
    name_of = {cluster: continued.get(cluster) or campaign_id(night, min(clusters[cluster])) for cluster in clusters}
    for cluster in sorted(clusters):
        mine = name_of[cluster]
        if cluster in continued:
            rows.append((mine, "continued", mine, _overlap(shared, cluster, mine, clusters, campaigns), cluster))
        else:
            rows.append((mine, "born", mine, 0.0, cluster))
            for campaign in sorted(campaigns):
                part = _overlap(shared, cluster, campaign, clusters, campaigns)
                if part >= MIN_OVERLAP and shared[cluster, campaign] >= len(clusters[cluster]) * MIN_OVERLAP:
                    rows.append((mine, "split_from", campaign, part, cluster))
    for campaign in sorted(set(campaigns) - set(continued.values())):
        for cluster in sorted(clusters):
            taken = shared.get((cluster, campaign), 0)
            if taken >= 0.5 * len(campaigns[campaign]) and name_of[cluster] != campaign and cluster in continued:
                part = _overlap(shared, cluster, campaign, clusters, campaigns)
                rows.append((campaign, "merged_into", name_of[cluster], part, None))
                rows.append((name_of[cluster], "absorbed", campaign, part, cluster))
        rows += _ageing(campaign, quiet_since[campaign], night)
    for campaign in sorted(set(continued.values())):
        last = quiet_since[campaign]
        if last is not None and (date.fromisoformat(night) - last).days > DORMANT_DAYS:
            rows.append((campaign, "revived", campaign, 1.0, None))
    return table_of(sorted(rows, key=lambda row: row[:3]), EVENTS)


def _ageing(campaign: str, last: date | None, night: str) -> list[tuple[str, str, str, float, str | None]]:
    quiet = (date.fromisoformat(night) - last).days if last else 0
    if quiet == DORMANT_DAYS:
        return [(campaign, "dormant", campaign, 0.0, None)]
    return [(campaign, "retired", campaign, 0.0, None)] if quiet == RETIRED_DAYS else []


def _shared(clusters: dict[str, set[str]], campaigns: dict[str, set[str]]) -> Counter[tuple[str, str]]:
    of_account: dict[str, list[str]] = {}
    for campaign in sorted(campaigns):
        for account in campaigns[campaign]:
            of_account.setdefault(account, []).append(campaign)
    counts: Counter[tuple[str, str]] = Counter()
    for cluster, accounts in clusters.items():
        for account in accounts:
            for campaign in of_account.get(account, ()):
                counts[cluster, campaign] += 1
    return counts


def _overlap(
    shared: Counter[tuple[str, str]],
    cluster: str,
    campaign: str,
    clusters: dict[str, set[str]],
    campaigns: dict[str, set[str]],
) -> float:
    return round(shared[cluster, campaign] / min(len(clusters[cluster]), len(campaigns[campaign])), 6)


def _assign(
    clusters: dict[str, set[str]], campaigns: dict[str, set[str]], shared: Counter[tuple[str, str]]
) -> dict[str, str]:
    """Cluster to campaign, so that the accounts in common are as many as can be; ties fall to the smaller ids."""
    pairs = [pair for pair in sorted(shared) if _overlap(shared, *pair, clusters, campaigns) >= MIN_OVERLAP]
    rows, columns = sorted({pair[0] for pair in pairs}), sorted({pair[1] for pair in pairs})
    gain = np.zeros((len(rows), len(columns)))
    for cluster, campaign in pairs:
        gain[rows.index(cluster), columns.index(campaign)] = shared[cluster, campaign]
    chosen = zip(*linear_sum_assignment(gain, maximize=True), strict=True)
    return {rows[row]: columns[column] for row, column in chosen if gain[row, column] > 0}

"""Tonight's clusters matched with the campaigns known before: who continues whom, and what was born, merged or split."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from scipy.optimize import linear_sum_assignment

from jobs.graph.rows import table_of
from jobs.vocabulary import Event

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
MERGED_SHARE = 0.5  # of a campaign's accounts in another one's cluster: most of it is there
Row = tuple[str, Event, str, float, str | None]


def campaign_id(night: str, smallest_account: str, taken: Collection[str] = ()) -> str:
    """An id that the night of birth and the smallest account determine, e.g. `c20260422-5f1d09ab`.

    An id that is `taken` is never given again; the next part of the digest makes another.
    """
    digest = hashlib.sha256(f"{night}\0{smallest_account}".encode()).hexdigest()
    parts = (f"c{night.replace('-', '')}-{digest[at : at + 8]}" for at in range(0, len(digest), 8))
    return next(each for each in parts if each not in taken)


def match_night(groups: pa.Table, night: str) -> pa.Table:
    """Gives EVENTS. `groups`: kind (`cluster` or `campaign`), group, account_id, merged_into (of campaigns that have been)."""
    common = _Common.of(groups)
    continued = _assign(common)
    name_of = dict(continued)
    for cluster in sorted(set(common.clusters) - set(continued)):
        taken = {*common.campaigns, *name_of.values()}
        name_of[cluster] = campaign_id(night, min(common.clusters[cluster]), taken)
    rows: list[Row] = []
    for cluster in sorted(common.clusters):
        begin = _continued if cluster in continued else _born
        rows += begin(common, cluster, name_of[cluster])
    for campaign in sorted(set(common.campaigns) - set(continued.values()) - set(common.merged_into)):
        rows += _merged(common, campaign, {cluster: name_of[cluster] for cluster in sorted(continued)})
    return table_of(sorted(rows, key=lambda row: row[:3]), EVENTS)


@dataclass(frozen=True)
class _Common:
    """Accounts of tonight's clusters and of the campaigns known before, and how many each pair of them has in common."""

    clusters: Mapping[str, set[str]]
    campaigns: Mapping[str, set[str]]
    merged_into: Mapping[str, str]
    shared: Counter[tuple[str, str]]

    @classmethod
    def of(cls, groups: pa.Table) -> _Common:
        clusters: dict[str, set[str]] = {}
        campaigns: dict[str, set[str]] = {}
        merged_into: dict[str, str] = {}
        of_account: dict[str, list[str]] = {}
        for row in groups.to_pylist():
            side = clusters if row["kind"] == "cluster" else campaigns
            side.setdefault(row["group"], set()).add(row["account_id"])
            if row["kind"] == "campaign":
                of_account.setdefault(row["account_id"], []).append(row["group"])
            if row["merged_into"] is not None:
                merged_into[row["group"]] = row["merged_into"]
        shared = Counter(
            (cluster, campaign)
            for cluster, accounts in clusters.items()
            for account in accounts
            for campaign in of_account.get(account, ())
        )
        return cls(clusters, campaigns, merged_into, shared)

    def overlap(self, cluster: str, campaign: str) -> float:
        """Accounts in common, as a share of the smaller side."""
        smaller = min(len(self.clusters[cluster]), len(self.campaigns[campaign]))
        return round(self.shared[cluster, campaign] / smaller, 6)


def _continued(common: _Common, cluster: str, campaign: str) -> list[Row]:
    rows: list[Row] = [(campaign, Event.CONTINUED, campaign, common.overlap(cluster, campaign), cluster)]
    if campaign in common.merged_into:  # it comes out again of what it had gone into
        other = common.merged_into[campaign]
        rows.append((campaign, Event.SPLIT_FROM, other, common.overlap(cluster, other), cluster))
    return rows


def _born(common: _Common, cluster: str, campaign: str) -> list[Row]:
    rows: list[Row] = [(campaign, Event.BORN, campaign, 0.0, cluster)]
    for other in sorted(set(common.campaigns) - set(common.merged_into)):
        part = common.overlap(cluster, other)
        if part >= MIN_OVERLAP and common.shared[cluster, other] >= len(common.clusters[cluster]) * MIN_OVERLAP:
            rows.append((campaign, Event.SPLIT_FROM, other, part, cluster))
    return rows


def _merged(common: _Common, campaign: str, name_of: Mapping[str, str]) -> list[Row]:
    """Into the continued cluster, if there is one, that holds most of the campaign's accounts."""
    for cluster, other in name_of.items():
        if common.shared[cluster, campaign] > MERGED_SHARE * len(common.campaigns[campaign]):
            part = common.overlap(cluster, campaign)
            return [(campaign, Event.MERGED_INTO, other, part, None), (other, Event.ABSORBED, campaign, part, cluster)]
    return []


def _assign(common: _Common) -> dict[str, str]:
    """Cluster to campaign, so that the accounts in common are as many as can be; ties fall to the smaller ids."""
    pairs = [pair for pair in sorted(common.shared) if common.overlap(*pair) >= MIN_OVERLAP]
    rows, columns = sorted({pair[0] for pair in pairs}), sorted({pair[1] for pair in pairs})
    gain = np.zeros((len(rows), len(columns)))
    for cluster, campaign in pairs:
        gain[rows.index(cluster), columns.index(campaign)] = common.shared[cluster, campaign]
    chosen = zip(*linear_sum_assignment(gain, maximize=True), strict=True)
    return {rows[row]: columns[column] for row, column in chosen if gain[row, column] > 0}

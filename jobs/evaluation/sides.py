"""The two sides of an evaluation on one night: what is true, what was published, and which campaign is which."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from jobs.vocabulary import ACCUSING, Role, Verdict

DELIBERATE = frozenset({Verdict.DELIBERATE})
SUSPECTED = frozenset(ACCUSING)


@dataclass(frozen=True)
class Truth:
    """What is true by one night: operated accounts with their campaign, and who the others are."""

    operated: dict[str, str]
    victims: frozenset[str]
    lookalike: dict[str, str]
    accounts: frozenset[str]
    tier: dict[str, str]  # campaign -> tier


@dataclass(frozen=True)
class Published:
    """What one night says: verdict of each campaign, and its members as (campaign, account, role, membership)."""

    verdict: dict[str, str]
    members: list[tuple[str, str, str, float]]

    def operated(self, verdicts: frozenset[str] | None = None) -> dict[str, set[str]]:
        """Operated members of each campaign with such a verdict (None: any)."""
        found: dict[str, set[str]] = defaultdict(set)
        for campaign, account, role, _ in self.members:
            if role == Role.OPERATED and (verdicts is None or self.verdict.get(campaign) in verdicts):
                found[campaign].add(account)
        return dict(found)

    def partition(self, verdicts: frozenset[str]) -> dict[str, str]:
        """One campaign per accused account: the strongest membership, then the smallest id."""
        best: dict[str, tuple[float, str]] = {}
        for campaign, account, role, membership in self.members:
            if role == Role.OPERATED and self.verdict.get(campaign) in verdicts:
                offer = (-membership, campaign)
                best[account] = min(best.get(account, offer), offer)
        return {account: campaign for account, (_, campaign) in best.items()}


def on(table: pa.Table, night: date, *columns: str) -> list[tuple[Any, ...]]:
    rows = table.filter(pc.equal(table.column("as_of_date"), pa.scalar(night, pa.date32())))
    return list(zip(*(rows.column(name).to_pylist() for name in columns), strict=True))


def said_on(published: Mapping[str, pa.Table], night: date) -> Published:
    verdict = dict(on(published["campaigns"], night, "campaign_id", "verdict"))
    columns = ("campaign_id", "account_id", "role", "membership")
    members = [
        (campaign, account, role, float(membership or 0.0))
        for campaign, account, role, membership in on(published["campaign_members"], night, *columns)
    ]
    return Published(verdict, members)


def truth_on(truth: Mapping[str, pa.Table], night: date) -> Truth:
    """Accounts active by that night with the campaign they work for then, and every campaign with its tier."""
    table = truth["accounts"]
    rows = table.filter(pc.less_equal(table.column("active_from"), pa.scalar(night, pa.date32())))
    names = ("account_id", "campaign_id", "role", "lookalike")
    columns = list(zip(*(rows.column(name).to_pylist() for name in names), strict=True))
    operated = {account: campaign for account, campaign, role, _ in columns if role == Role.OPERATED}
    if "moves" in truth:
        moved = truth["moves"].filter(pc.less_equal(truth["moves"].column("from_day"), pa.scalar(night, pa.date32())))
        for row in moved.sort_by("from_day").to_pylist():
            if row["account_id"] in operated:
                operated[row["account_id"]] = row["campaign_id"]
    return Truth(
        operated,
        frozenset(account for account, _, role, _ in columns if role == Role.VICTIM),
        {account: kind for account, _, role, kind in columns if kind is not None and role is None},
        frozenset(row[0] for row in columns),
        dict(zip(truth["campaigns"].column("campaign_id").to_pylist(), truth["campaigns"].column("tier").to_pylist(),
                 strict=True)),
    )  # fmt: skip


def match(clusters: Mapping[str, Iterable[str]], operated: Mapping[str, str]) -> dict[str, str]:
    """The published campaign that holds most accounts of each true campaign (at least two; then the smallest id)."""
    shared = Counter(
        (operated[account], campaign) for campaign, members in clusters.items() for account in members
        if account in operated
    )  # fmt: skip
    best: dict[str, tuple[int, str]] = {}
    for (true, campaign), count in shared.items():
        if count >= 2:
            best[true] = min(best.get(true, (0, "")), (-count, campaign))
    return {true: campaign for true, (_, campaign) in best.items()}


def owner(members: Iterable[str], operated: Mapping[str, str]) -> str | None:
    """The true campaign most operated members belong to (then the smallest id); None if none is operated."""
    counts = Counter(operated[account] for account in members if account in operated)
    return min(counts, key=lambda campaign: (-counts[campaign], campaign)) if counts else None


def found_campaigns(said: Published, known: Truth) -> set[str]:
    """True campaigns of which one deliberate campaign holds at least half, and which are at least half of it."""
    sizes = Counter(known.operated.values())
    found = set()
    for members in said.operated(DELIBERATE).values():
        true = owner(members, known.operated)
        if true is not None:
            common = sum(known.operated.get(account) == true for account in members)
            if 2 * common >= sizes[true] and 2 * common >= len(members):
                found.add(true)
    return found


def innocent(clusters: Mapping[str, set[str]], known: Truth) -> list[str]:
    """Published campaigns most of whose operated members nobody operated."""
    return sorted(c for c, members in clusters.items() if 2 * len(members & known.operated.keys()) < len(members))

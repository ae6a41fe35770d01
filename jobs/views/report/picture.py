"""The campaign's graph: accounts as dots in the ring, the things they share as discs inside, lines between them.

Large campaigns are thinned by rule, not by chance: the most shared things, and accounts spread evenly over the sorted ids.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from jobs.views.report.colours import EVIDENCE, OTHER, ROLES
from jobs.views.texts import in_markup

SIZE, MARGIN = 460, 20
MAX_ACCOUNTS, MAX_ENTITIES = 120, 24
INNER = 0.62  # of the radius: the discs' ring


@dataclass(frozen=True)
class Picture:
    """The picture, what was left out, and the colour of each family of evidence."""

    svg: str
    note: str
    families: tuple[tuple[str, str], ...]


def picture(members: Sequence[dict[str, Any]], shared: Sequence[dict[str, Any]]) -> Picture:
    """`members`: account_id, role. `shared`: subject_id (account), signal, entity, family, accounts_sharing."""
    links: dict[tuple[str, str], set[str]] = defaultdict(set)
    family: dict[tuple[str, str], str] = {}
    for row in shared:
        links[row["signal"], row["entity"]].add(row["subject_id"])
        family[row["signal"], row["entity"]] = row["family"]
    entities = sorted(links, key=lambda entity: (-len(links[entity]), entity))[:MAX_ENTITIES]
    accounts = sorted(row["account_id"] for row in members)
    step = max(1, math.ceil(len(accounts) / MAX_ACCOUNTS))
    drawn = accounts[::step]
    role = {row["account_id"]: row["role"] for row in members}
    colour = {name: EVIDENCE.get(name, OTHER) for name in {family[entity] for entity in entities}}
    by_family = sorted(entities, key=lambda entity: (family[entity], -len(links[entity]), entity))
    centre, radius = SIZE / 2, SIZE / 2 - MARGIN
    account_at = _ring(_by_company(drawn, links, by_family), centre, radius)
    entity_at = _ring(by_family, centre, radius * INNER)
    parts = []
    for entity in by_family:
        for account in sorted(links[entity] & set(drawn)):
            (x1, y1), (x2, y2) = entity_at[entity], account_at[account]
            line = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
            parts.append(f'<line {line} stroke="{colour[family[entity]]}" class="link"/>')
    for account in drawn:
        x, y = account_at[account]
        fill = ROLES.get(role[account], "#888")
        title = f"{account}, {role[account]}"
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="{fill}"><title>{in_markup(title)}</title></circle>'
        )
    largest = max((len(links[entity]) for entity in entities), default=1)
    for entity in by_family:
        x, y = entity_at[entity]
        size = 4 + 9 * math.sqrt(len(links[entity]) / largest)
        title = f"{entity[0].replace('_', ' ')} {entity[1]}: {len(links[entity])} accounts"
        parts.append(
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{size:.1f}" fill="{colour[family[entity]]}" class="entity">'
            f"<title>{in_markup(title)}</title></circle>"
        )
    label = f"{len(drawn)} accounts around {len(entities)} shared things"
    svg = f'<svg class="graph" role="img" aria-label="{label}" viewBox="0 0 {SIZE} {SIZE}">{"".join(parts)}</svg>'
    return Picture(svg, _note(len(accounts), len(drawn), len(links), len(entities)), tuple(sorted(colour.items())))


def _by_company(
    accounts: list[str], links: dict[tuple[str, str], set[str]], entities: list[tuple[str, str]]
) -> list[str]:
    """Accounts in the order of the first thing they share, so that lines stay short."""
    place: Counter[str] = Counter()
    for index, entity in enumerate(entities):
        for account in links[entity]:
            place.setdefault(account, index)
    return sorted(accounts, key=lambda account: (place.get(account, len(entities)), account))


def _ring(names: Sequence[Any], centre: float, radius: float) -> dict[Any, tuple[float, float]]:
    turn = 2 * math.pi / max(len(names), 1)
    return {
        name: (centre + radius * math.cos(index * turn), centre + radius * math.sin(index * turn))
        for index, name in enumerate(names)
    }


def _note(accounts: int, drawn: int, entities: int, shown: int) -> str:
    left_out = []
    if drawn < accounts:
        left_out.append(f"{accounts - drawn} of {accounts} accounts")
    if shown < entities:
        left_out.append(f"{entities - shown} of {entities} shared things, the least shared")
    return f"Not drawn: {' and '.join(left_out)}." if left_out else "Everything is drawn."

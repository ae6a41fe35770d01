"""What the members of a campaign share: one row per thing, and in it a strip of all accounts, alike beside alike.

The strips of a campaign have one order of accounts, so that groups show as blocks below each other. There are no lines that could
tangle, and nobody is left out: where there are more accounts than columns, a column stands for several of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from markupsafe import Markup

from jobs.views.report.colours import EVIDENCE, OTHER
from jobs.vocabulary import Role

SHOWN = 40  # things a page lists; the rest is counted
COLUMNS = 120  # of a strip: each is still three pixels wide on a phone
STRENGTHS = 4  # shades that an eye tells apart: up to a quarter of a column's accounts, up to half, ...
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Drawn:
    """Things with `signal, entity, family, colour, accounts, bits, strip`, how many more there are, and whose columns these are.

    `roles`: role and number of accounts; `role_strip` shows which columns are theirs.
    """

    things: list[dict[str, Any]]
    left_out: int
    columns: int
    roles: list[tuple[str, int]]
    role_strip: Markup


def drawn(members: Sequence[Row], evidence: Sequence[Row]) -> Drawn:
    """`members`: account_id, role. `evidence` are pieces with an entity: subject_id (account), signal, entity, family, bits."""
    role = {row["account_id"]: Role(row["role"]) for row in members}
    sharers: dict[tuple[str, str], set[str]] = defaultdict(set)
    bits: dict[tuple[str, str], float] = {}
    family: dict[tuple[str, str], str] = {}
    for row in evidence:
        if row["subject_id"] in role:
            thing = (row["signal"], row["entity"])
            sharers[thing].add(row["subject_id"])
            bits[thing] = max(bits.get(thing, row["bits"]), row["bits"])
            family[thing] = row["family"]
    listed = sorted(sharers, key=lambda thing: (-len(sharers[thing]), thing))[:SHOWN]
    accounts = sorted(
        role, key=lambda each: (list(Role).index(role[each]), [each not in sharers[thing] for thing in listed], each)
    )
    columns = min(len(accounts), COLUMNS)
    things = [
        {
            "signal": signal,
            "entity": entity,
            "family": family[signal, entity],
            "colour": EVIDENCE.get(family[signal, entity], OTHER),
            "accounts": len(sharers[signal, entity]),
            "bits": bits[signal, entity],
            "strip": _strip(_strengths(accounts, sharers[signal, entity], columns)),
        }
        for signal, entity in listed
    ]
    counted = Counter(role.values())
    roles = [(str(each), counted[each]) for each in Role if counted[each]]
    middles = [role[accounts[(2 * n + 1) * len(accounts) // (2 * columns)]] for n in range(columns)]
    return Drawn(things, len(sharers) - len(listed), columns, roles, _strip([f"role-{each}" for each in middles]))


def _strengths(accounts: Sequence[str], sharers: set[str], columns: int) -> list[str]:
    """A class per column: how many of its accounts are among the sharers, the empty text where none is."""
    found = []
    for place in range(columns):
        mine = accounts[place * len(accounts) // columns : (place + 1) * len(accounts) // columns]
        count = sum(each in sharers for each in mine)
        found.append(f"s{-(-count * STRENGTHS // len(mine))}" if count else "")
    return found


def _strip(kinds: Sequence[str]) -> Markup:
    """A picture as wide as its place, one unit a column; equal neighbours are one rectangle."""
    parts, place = [], 0
    for kind, run in groupby(kinds):
        width = len(list(run))
        if kind:
            parts.append(f'<rect x="{place}" width="{width}" height="1" class="{kind}"/>')
        place += width
    box = f'viewBox="0 0 {max(place, 1)} 1" preserveAspectRatio="none"'
    drawing = f'<svg class="strip" aria-hidden="true" {box}>{"".join(parts)}</svg>'
    return Markup(drawing)  # nosec B704 # made of numbers and of this module's words

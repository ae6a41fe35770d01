"""The facts about one campaign that its features are measured from: counts by kind and key.

`member.<what>`: per operated account. `usage.<what>`, `task`, `population_task`, `population`: sums. `owner`, `domain`: members
per declared organisation and mail domain. `with`: members per signal that share something of it beyond chance; `top`:
members of the most shared entity; `abroad`: requests per country that is not the member's own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

MIN_OWN = 0.25  # a campaign's own share of its accounts' traffic: below, what is measured would be blown up too much
MIN_DECLARING = 3  # members of one organisation: two may be a coincidence


class Facts:
    """Facts of a campaign of at least one member that sent a request."""

    def __init__(self, rows: Iterable[tuple[str, str, int | None]]) -> None:
        self._table: dict[str, dict[str, int]] = defaultdict(dict)
        for kind, key, value in rows:
            if value is not None:
                self._table[kind][key] = value
        self.members = len(self["member.requests"])
        self.requests = max(self.total("requests"), 1)

    def __getitem__(self, kind: str) -> dict[str, int]:
        return self._table[kind]

    def total(self, name: str) -> int:
        """Sum over the members."""
        return sum(self[f"member.{name}"].values())

    def share(self, name: str) -> float:
        """Share (0..1) of the members that have the flag."""
        return self.total(name) / self.members

    def values(self, name: str) -> npt.NDArray[np.float64]:
        """One per member that has it, in order of the account."""
        mine = self[f"member.{name}"]
        return np.array([mine[account] for account in sorted(mine)], dtype=np.float64)

    def sharing(self, signal: str) -> float:
        """Share of the members that share something of the signal beyond chance."""
        return self["with"].get(signal, 0) / self.members

    def at_one(self, signal: str) -> float:
        """Share of the members that met the signal's most shared entity."""
        return self["top"].get(signal, 0) / self.members

    def everybodys(self, what: str, per: str) -> float | None:
        """A mean over everybody; None where nobody has any."""
        return self["population"].get(what, 0) / self["population"][per] if self["population"].get(per) else None

    def against_everybody(self, mine: float, what: str, per: str) -> float | None:
        """A mean of the campaign in units of everybody's; None where everybody's says nothing."""
        usual = self.everybodys(what, per)
        return mine / usual if usual else None

    @property
    def own_share(self) -> float:
        """Part (MIN_OWN..1) of its accounts' exchanges that is the campaign's own.

        Unrelated customers' requests through the same accounts are like everybody's: they dilute what sets the campaign
        apart from everybody by this share. It is an upper bound (`jobs.graph.intent.own_traffic`), so dividing by it never
        exaggerates.
        """
        exchanges = self.total("exchanges")
        return max(MIN_OWN, self.total("exchanges_attributed") / exchanges) if exchanges else 1.0

    @property
    def owned(self) -> float:
        """Share of the members that declare an organisation which others declare too: one company, or several side by side.

        A mail domain counts half, only the one that most members have, and the less the more members are made in series:
        companies have one, and so have catch-alls.
        """
        by_kind: dict[str, int] = defaultdict(int)
        for owner, members in self["owner"].items():
            by_kind[owner.partition("|")[0]] += members if members >= MIN_DECLARING else 0
        declaring = max(by_kind.values(), default=0)
        by_domain = 0.5 * max(self["domain"].values(), default=0) * (1.0 - self.sharing("made_in_series"))
        return max(float(declaring), by_domain) / self.members

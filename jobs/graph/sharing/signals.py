"""What is said once about a signal, in its own module: its family, and what sharing it can mean.

Signals of a family move together, so a family counts once: an address, its prefix and its network say the same thing
three times; so do a card and the batch it was issued in, or a TLS fingerprint and the framework's default prompt. Only
evidence of *different* families is independent enough to multiply (Fellegi and Sunter 1969 assume conditional
independence between fields). Every list of signals is derived from these declarations (`jobs.signals`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Signal:
    """One kind of thing that an account meets.

    `keeps_time`: accounts that share an entity may fire together (`links.beats`). `in_series`: machines make it in series.
    `is_possession`: one person has it, and strangers do not share it. `made_alike`: how the account was made and paid, which
    a stolen one has from its owner. `of_software`: a framework's default prompt makes its users share it. `is_mark`: the
    operator's own; networks, cards and clients can be rented from the same seller. `habit`: under which name roles compare
    what an account does with what its campaign does. `delivered_as`: the column of `accounts` that it reads, in which an import
    may write a text of its own for what it does not know. `indicators`: which kinds of indicators match an entity, as a whole
    (`token`, `value`) or its first or last part (`head`, `tail`).
    """

    name: str
    family: str
    keeps_time: bool = False
    in_series: bool = False
    is_possession: bool = False
    made_alike: bool = False
    of_software: bool = False
    is_mark: bool = False
    habit: str | None = None
    delivered_as: str | None = None
    indicators: Mapping[str, str] = field(default_factory=dict)

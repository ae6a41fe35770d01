"""What a raw table looks like: its declared fields, its key, and which of its values form a closed set."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jobs.landing.values import MAX_TEXT_BYTES

if TYPE_CHECKING:
    from jobs.landing.landed import Landed

FACT, SNAPSHOT = "fact", "snapshot"


@dataclass(frozen=True)
class Field:
    """One declared raw column. `type` is a contract type or `asn` (a long that may be written `AS64500`).

    `one_of` is a closed set of values; `low` and `high` bound a number; `length` is the size of an array;
    `address` and `network` say that a string must be an IP address or a CIDR block; `network_if` that it must be a
    block where another column has one of the values. `means` are texts that say something here and nothing elsewhere
    (`jobs.landing.placeholders`). `max_bytes` is the longest text that is read.
    """

    name: str
    type: str = "string"
    required: bool = False
    one_of: tuple[str | int, ...] = ()
    low: float | None = None
    high: float | None = None
    length: int | None = None
    address: bool = False
    network: bool = False
    network_if: tuple[str, tuple[str, ...]] | None = None
    means: tuple[str, ...] = ()
    max_bytes: int = MAX_TEXT_BYTES


@dataclass(frozen=True)
class RawTable:
    """One raw table. A fact has the field `event_at` that dates it; a snapshot has none.

    `late_days` is how many days before its delivery a fact may have happened (None: no limit).
    `key` names staged columns; `derive` gives the staged columns that are not simply a raw field of the same name. `made_from`
    says of which raw fields such a column is made, where that is not the field of its name; what an address gives, the day, and
    digests of the whole row it need not name.
    """

    name: str
    kind: str
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    event_at: str | None = None
    late_days: int | None = None
    derive: Callable[[Landed], dict[str, Any]] = field(default=lambda landed: {})
    made_from: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def required(self) -> tuple[str, ...]:
        return tuple(each.name for each in self.fields if each.required)

"""The published cases, which the registry of known incidents holds before anybody delivers one.

One row is one figure that a source stated. What was not stated has no row: no zero, no share of a total. Left out because
it is no number: the "hundreds" of accounts of Moonshot; and because it is of a proxy network and not of a campaign: its
20,000 accounts at once. A prompt counts as an exchange. `as_of` is the day on which the figure became public.

Grades are of the Admiralty system: reliability of the source A (reliable) to E (unreliable), F cannot be judged;
credibility of what it says 1 (confirmed) to 5 (improbable), 6 cannot be judged.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

import pyarrow as pa


class Source(NamedTuple):
    """Where figures were published, its Admiralty grade and why."""

    name: str
    grade: str
    reason: str


class Case(NamedTuple):
    """One figure, in the columns of the raw table `known_campaigns`."""

    incident_id: str
    name: str
    actor: str | None
    provider: str
    metric: str
    bound: str
    value: int
    first_day: date | None
    last_day: date | None
    as_of: date
    scope: str
    source: Source
    response: str | None = None  # what the accused answered; of none of these an answer is known that a source quotes


POST = Source(
    "Anthropic, 2026-02-23; MITRE ATLAS AML.CS0056",
    "B2",
    "the provider attacked reports on its own traffic, with an interest; catalogued by MITRE, counted by nobody else",
)
LETTER = Source(
    "Letter of 2026-06-10, reported by CNBC, Reuters and Bloomberg, 2026-06-24",
    "B2",
    "three agencies report one letter alike, of an interested party; nobody else counted",
)
GOOGLE = Source(
    "Google Threat Intelligence Group, 2026-02-12",
    "B3",
    "the provider attacked reports on its own traffic; no operator is named and some may be legitimate research",
)
FEBRUARY, JUNE = date(2026, 2, 23), date(2026, 6, 24)
SPRING = (date(2026, 4, 22), date(2026, 6, 5))
UNSTATED = (None, None)
TOGETHER = "DeepSeek, Moonshot and MiniMax together"
QWEN = ("qwen-affiliated-2026", "Operators affiliated with Alibaba's Qwen", "Alibaba-affiliated operators", "Anthropic")

CASES = (
    Case("deepseek-2026", "DeepSeek", "DeepSeek", "Anthropic", "exchanges", "floor", 150_000, *UNSTATED, FEBRUARY,
         "campaign", POST),
    Case("moonshot-2026", "Moonshot", "Moonshot", "Anthropic", "exchanges", "floor", 3_400_000, *UNSTATED, FEBRUARY,
         "campaign", POST),
    Case("minimax-2026", "MiniMax", "MiniMax", "Anthropic", "exchanges", "floor", 13_000_000, *UNSTATED, FEBRUARY,
         "campaign", POST),
    Case("three-labs-2026", TOGETHER, None, "Anthropic", "exchanges", "floor", 16_000_000, *UNSTATED, FEBRUARY,
         "aggregate", POST),
    Case("three-labs-2026", TOGETHER, None, "Anthropic", "accounts", "about", 24_000, *UNSTATED, FEBRUARY,
         "aggregate", POST),
    Case(*QWEN, "exchanges", "floor", 28_800_000, *SPRING, JUNE, "campaign", LETTER),
    Case(*QWEN, "accounts", "about", 25_000, *SPRING, JUNE, "campaign", LETTER),
    Case("google-2026", "Reasoning-trace coercion", None, "Google", "exchanges", "floor", 100_000, *UNSTATED,
         date(2026, 2, 12), "campaign", GOOGLE),
)  # fmt: skip

DELIVERED = pa.schema(
    [
        ("incident_id", pa.string()), ("name", pa.string()), ("actor", pa.string()), ("provider", pa.string()),
        ("metric", pa.string()), ("bound", pa.string()), ("value", pa.int64()), ("first_day", pa.date32()),
        ("last_day", pa.date32()), ("as_of", pa.date32()), ("scope", pa.string()), ("source", pa.string()),
        ("source_grade", pa.string()), ("response", pa.string()),
    ]
)  # fmt: skip


def as_delivered() -> pa.Table:
    """The cases as a producer of the raw table `known_campaigns` would deliver them."""
    rows = [{**case._asdict(), "source": case.source.name, "source_grade": case.source.grade} for case in CASES]
    return pa.Table.from_pylist(rows, DELIVERED)

"""What needs a decision, and why now: the order of the campaigns, what changed since the night before, the strongest reasons."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from jobs.views.lines import ORDER
from jobs.vocabulary import ACCUSING, LINES, Event, Line, Status, Verdict

REASONS = 3  # for, and against: what a person takes in before opening the page
LEAST_BITS = 0.1  # less says nothing
Row = Mapping[str, Any]
_GRAVITY = {verdict: place for place, verdict in enumerate(Verdict)}


def needs_decision(campaign: Row, decisions: Sequence[Row]) -> bool:
    """Whether a campaign is accused and at work, and no analyst has decided of it."""
    return campaign["verdict"] in ACCUSING and campaign["status"] == Status.ACTIVE and not decisions


def order(entry: Row) -> tuple[Any, ...]:
    """Sort key of a campaign with `needs_decision` and `changes`: undecided first, gravest, then what changed, then largest."""
    gravity = _GRAVITY[entry["verdict"]]
    return (not entry["needs_decision"], gravity, not entry["changes"], -entry["exchanges"], entry["campaign_id"])


def changes(now: Row, before: Row | None, events: Sequence[Row], names: Mapping[str, str]) -> list[str]:
    """What is different from the night before, in words; `names` are those of campaigns by id."""
    other = [(each["event"], names.get(each["other_campaign_id"], each["other_campaign_id"])) for each in events]
    said = [_EVENTS[event].format(name) for event, name in sorted(other) if event in _EVENTS]
    if before is None:
        return said or ["new"]
    if before["verdict"] != now["verdict"]:
        said.append(f"was {before['verdict']}")
    if before["status"] != now["status"]:
        said.append(f"{now['status']}, was {before['status']}")
    if before["accounts"] != now["accounts"]:
        grown = now["accounts"] - before["accounts"]
        said.append(f"{grown:+,} {'account' if abs(grown) == 1 else 'accounts'}")
    return said


_EVENTS = {
    Event.BORN: "new",
    Event.ABSORBED: "took in {}",
    Event.MERGED_INTO: "went into {}",
    Event.SPLIT_FROM: "split from {}",
    Event.REVIVED: "at work again",
}


def strongest(pieces: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """The weightiest pieces of evidence about one campaign for it and against it.

    Against it also speaks what was held before looking, after what was found: few campaigns would look innocent without it.
    """
    heavy = sorted(
        (row for row in pieces if abs(row["bits"]) >= LEAST_BITS),
        key=lambda row: (-abs(row["bits"]), row["evidence_id"]),
    )
    speaking = [row for row in heavy if row["line"] in (*LINES, Line.DECISION)]
    supposed = [row for row in heavy if row["line"] == Line.PRIOR and row["bits"] < 0]
    against = [row for row in speaking if row["bits"] < 0]
    return [row for row in speaking if row["bits"] > 0][:REASONS], [*against, *supposed][:REASONS]


def by_line(pieces: Sequence[Row]) -> list[tuple[Line, float, list[Row], list[Row]]]:
    """Per line its sum in bits, the pieces that say something, weightiest first, and those that were looked at and say nothing."""
    found = []
    for line in ORDER:
        mine = sorted(
            (row for row in pieces if row["line"] == line), key=lambda row: (-abs(row["bits"]), row["signal"])
        )
        total = sum(round(row["bits"] * 1e6) for row in mine) / 1e6
        if mine or line in LINES:
            said = [row for row in mine if round(row["bits"], 2)]  # what is shown as 0.00 says nothing
            found.append((line, total, said, [row for row in mine if not round(row["bits"], 2)]))
    return found


_SUPPOSED = {
    "prior": "where every judgement starts, as few groups extract",
    "other_explanations": "innocent explanations that are listed",
    "support": "the cut to the most that any judgement here may come to",
}


def in_short(piece: Row) -> str:
    """What a piece of evidence says, without figures, sources and asides; of what is supposed of every group, what it is."""
    if piece.get("line") == Line.PRIOR and piece["signal"] in _SUPPOSED:
        return _SUPPOSED[piece["signal"]]
    return re.split(r"[;:(]", piece["explanation"])[0].strip() or piece["signal"].replace("_", " ")

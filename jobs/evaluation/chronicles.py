"""Whether campaigns keep their names: ids that last, events told, replacements found.

Compared with the true `events`, `moves` and `successions` of a world over all its published nights.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from statistics import median

import pyarrow as pa

from jobs.columns import WINDOW_DAYS
from jobs.evaluation.scores import Number, ratio
from jobs.evaluation.sides import SUSPECTED, Published, Truth, match, on, owner

History = list[tuple[date, Truth, Published]]
TOLD_WITHIN = timedelta(days=WINDOW_DAYS)  # by then nothing of what was before the event is left to blur it
PAIRED = ("merged_into", "split_from")  # either side may carry the id on


@dataclass(frozen=True)
class Event:
    """`campaigns`: the true campaign, and for a merger or split both."""

    kind: str
    campaigns: frozenset[str]
    day: date


def chronicle(history: History, lineage: pa.Table, truth: Mapping[str, pa.Table]) -> dict[str, Number]:
    """Figures over all nights; None where a world has nothing to count."""
    return {
        **members_kept(history, truth["events"]),
        **events_told(told_events(history, lineage), true_events(truth["events"])),
        **replacements_found(history, truth["successions"]),
    }


def members_kept(history: History, events: pa.Table) -> dict[str, Number]:
    """Of operated accounts published on two nights in a row, the share whose campaign id is the same on both.

    `member_id_persistence` leaves out accounts of campaigns that merge or split, for the window in which that may be
    noticed, since their ids are meant to change; `_with_mergers_and_splits` leaves out nobody. Over the whole time:
    `members_under_first_id` is the share of accounts and nights published under the first id of their campaign, of
    campaigns that never merge or split.
    """
    turns = [event for event in true_events(events) if event.kind in PAIRED]
    same = chances = same_of_all = all_chances = first_kept = nights = 0
    first: dict[str, str] = {}
    turning = frozenset().union(*(event.campaigns for event in turns))
    ids = [{account: campaign for campaign, members in said.operated().items() for account in members}
           for _, _, said in history]  # fmt: skip
    for (_, known, said), named in zip(history, ids, strict=True):
        for campaign, found in match(said.operated(), known.operated).items():
            first.setdefault(campaign, found)
        for account, campaign in known.operated.items():
            if account in named and campaign in first and campaign not in turning:
                nights += 1
                first_kept += named[account] == first[campaign]
    for (before, after), (night, known, _) in zip(itertools.pairwise(ids), history[1:], strict=True):
        unsettled = {c for event in turns if event.day <= night <= event.day + TOLD_WITHIN for c in event.campaigns}
        for account in known.operated.keys() & before.keys() & after.keys():
            kept = before[account] == after[account]
            all_chances, same_of_all = all_chances + 1, same_of_all + kept
            if known.operated[account] not in unsettled:
                chances, same = chances + 1, same + kept
    return {
        "member_id_persistence": ratio(same, chances),
        "member_id_persistence_with_mergers_and_splits": ratio(same_of_all, all_chances),
        "members_under_first_id": ratio(first_kept, nights),
    }


def true_events(events: pa.Table) -> list[Event]:
    return [
        Event(row["event"], frozenset({row["campaign_id"], row["other_campaign_id"]}), row["day"])
        for row in events.to_pylist()
    ]


def told_events(history: History, lineage: pa.Table) -> list[Event]:
    """Published events of suspected campaigns and of those that hold a true one, in terms of true campaigns.

    A published campaign stands for the true one that most of its members belonged to when it was first published,
    for an id never changes its meaning; an innocent one stands for itself, so what is told of it is wrong. `continued`
    and `absorbed` are not counted: they say again what the absence of other events, or the other side, says.
    """
    told = []
    stands_for: dict[str, str | None] = {}
    for night, known, said in history:
        members = said.operated()
        for campaign in members:
            stands_for.setdefault(campaign, owner(members[campaign], known.operated))
        for campaign, kind, other in on(lineage, night, "campaign_id", "event", "other_campaign_id"):
            mine = stands_for.get(campaign)
            if kind in ("continued", "absorbed") or (mine is None and said.verdict.get(campaign) not in SUSPECTED):
                continue
            sides = {mine or campaign} if kind not in PAIRED else {mine or campaign, stands_for.get(other) or other}
            told.append(Event(kind, frozenset(sides), night))
    return told


def events_told(told: list[Event], true: list[Event]) -> dict[str, Number]:
    """Precision, recall and F1 of events told within the window after they could be known, each counted once."""
    open_ = sorted(true, key=lambda event: (event.day, event.kind, sorted(event.campaigns)))
    delays: list[int] = []
    wrong = 0
    for event in sorted(told, key=lambda event: (event.day, event.kind, sorted(event.campaigns))):
        fits = (
            each for each in open_
            if (each.kind, each.campaigns) == (event.kind, event.campaigns)
            and each.day <= event.day <= each.day + TOLD_WITHIN
        )  # fmt: skip
        found = next(fits, None)
        if found is None:
            wrong += 1
        else:
            open_.remove(found)
            delays.append((event.day - found.day).days)
    return {
        "events_true": len(true),
        "events_told": len(told),
        "events_precision": ratio(len(delays), len(delays) + wrong),
        "events_recall": ratio(len(delays), len(true)),
        "events_f1": ratio(2 * len(delays), len(true) + len(delays) + wrong),
        "median_days_to_tell_an_event": float(median(delays)) if delays else None,
    }


def replacements_found(history: History, successions: pa.Table) -> dict[str, Number]:
    """Share of replacing accounts that are members of their campaign on the night after the first day they could work."""
    on_night: dict[date, list[str]] = defaultdict(list)
    for row in successions.to_pylist():
        on_night[row["from_day"]].append(row["account_id"])
    found = chances = 0
    for night, known, said in history:
        members = said.operated()
        published = match(members, known.operated) if on_night[night] else {}
        for account in on_night[night]:
            campaign = published.get(known.operated.get(account, ""))
            chances += 1
            found += campaign is not None and account in members[campaign]
    return {"replacements": chances, "replacements_found_next_night": ratio(found, chances)}

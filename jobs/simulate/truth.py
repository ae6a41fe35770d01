"""What really happened: who was operated by whom, who only looked like it, and how much was extracted each day."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import SupportsInt

import numpy as np
import pyarrow as pa

from jobs.graph.rows import table_of
from jobs.simulate import causes, files, guises
from jobs.simulate.people import DAY_US
from jobs.simulate.population import Builder

DORMANT_DAYS, RETIRED_DAYS = 14, 42
MOVES = pa.schema([("account_id", pa.string()), ("campaign_id", pa.string()), ("from_day", pa.date32())])
SUCCESSIONS = pa.schema([("account_id", pa.string()), ("replaces", pa.string()), ("from_day", pa.date32())])
EVENTS = pa.schema(
    [
        ("campaign_id", pa.string()),
        ("event", pa.string()),
        ("other_campaign_id", pa.string()),
        ("day", pa.date32()),
    ]
)
Counts = np.ndarray[tuple[int, int], np.dtype[np.int64]]


def campaign_ids(build: Builder) -> list[str]:
    return [f"true-{spec.name}" for spec in build.campaigns]


def write(root: Path, build: Builder, exchanges: Counts, first_day: date) -> None:
    """Write `{root}/truth/accounts|campaigns|daily|moves|successions|events.parquet`, and `groups` where any were drawn.

    An exchange is an answered request (status 200) of extraction traffic that reached the raw zone whole, by the day
    it was made; it counts stolen keys and leaves out honest traffic mixed into operated accounts.
    """
    files.write_truth(root, "accounts", accounts(build, first_day))
    files.write_truth(root, "campaigns", campaigns(build, exchanges, first_day))
    files.write_truth(root, "daily", daily(build, exchanges, first_day))
    files.write_truth(root, "moves", moves(build, first_day))
    files.write_truth(root, "successions", successions(build, first_day))
    files.write_truth(root, "events", events(build, exchanges, first_day))
    if build.groups:
        files.write_truth(root, "groups", groups(build))


def accounts(build: Builder, first_day: date) -> pa.Table:
    """One row per account, in order of id; `active_from` is the first day of the world on which it could work.

    `campaign_id` is the campaign that it first works for; `moves` says where it goes later.
    """
    order = np.argsort(build.accounts.account_id.astype(str), kind="stable")
    people = build.accounts
    ids = [*campaign_ids(build), None]
    tiers = [*(spec.tier for spec in build.campaigns), None]
    campaign = people.campaign[order]
    joined = (people.created_us[order] - build.first_us) // DAY_US
    started = np.maximum(np.maximum(joined, 0), build.streams.first_day[order])
    since = np.datetime64(first_day, "D") + started.astype("timedelta64[D]")
    return pa.table(
        {
            "account_id": files.words(people.account_id[order]),
            "campaign_id": files.words([ids[number] for number in campaign]),
            "role": files.words(people.role[order]),
            "tier": files.words([tiers[number] for number in campaign]),
            "lookalike": files.words(people.lookalike[order]),
            "lookalike_group": files.words(people.lookalike_group[order]),
            "active_from": pa.array(since),
        }
    )


def campaigns(build: Builder, exchanges: Counts, first_day: date) -> pa.Table:
    """One row per campaign; `accounts` it ever operated, days are null if it never made an exchange."""
    operated = build.accounts.role == "operated"
    worked = [np.flatnonzero(row) for row in exchanges]
    return pa.table(
        {
            "campaign_id": files.words(campaign_ids(build)),
            "actor": files.words([spec.actor for spec in build.campaigns]),
            "tier": files.words([spec.tier for spec in build.campaigns]),
            "kind": files.words(["extraction"] * len(build.campaigns)),
            "accounts": pa.array(
                [
                    int((operated & (build.accounts.campaign == n)).sum()) + sum(to == n for _, to, _ in build.moves)
                    for n in range(len(build.campaigns))
                ],
                pa.int64(),
            ),
            "exchanges": pa.array(exchanges.sum(axis=1)),
            "first_day": pa.array([nth(first_day, days[0]) if len(days) else None for days in worked], pa.date32()),
            "last_day": pa.array([nth(first_day, days[-1]) if len(days) else None for days in worked], pa.date32()),
            "proxy_network": files.words([spec.proxy_network for spec in build.campaigns]),
        }
    )


def groups(build: Builder) -> pa.Table:
    """One row per group drawn by cause, with the value of each component (null where it has none) and all in one text.

    `group_id` is `lookalike_group` (innocent) or `campaign_id` (operator) of its accounts. An operator `inside` another
    group is one of its customers, and not counted among its `accounts`.
    """
    people = build.accounts
    ids = np.array([*campaign_ids(build), None], dtype=object)
    of = np.where(people.role == "operated", ids[people.campaign], people.lookalike_group)
    sizes = Counter(of.tolist())
    parts = build.groups
    components = dict.fromkeys([*causes.INNOCENT, *guises.OPERATED])
    return pa.table(
        {
            "group_id": files.words([group.group_id for group in parts]),
            "kind": files.words(["innocent" if group.spec is None else "operator" for group in parts]),
            "accounts": pa.array([sizes[group.group_id] for group in parts], pa.int64()),
            "inside": files.words([group.inside for group in parts]),
            "cause": files.words([causes.text(group.cause) for group in parts]),
            **{name: files.words([group.cause.get(name) for group in parts]) for name in components},
        }
    )


def daily(build: Builder, exchanges: Counts, first_day: date) -> pa.Table:
    """One row per campaign and day with at least one exchange."""
    campaign, day = np.nonzero(exchanges)
    return pa.table(
        {
            "campaign_id": files.words([campaign_ids(build)[number] for number in campaign]),
            "activity_date": pa.array([nth(first_day, number) for number in day], pa.date32()),
            "exchanges": pa.array(exchanges[campaign, day]),
        }
    )


def moves(build: Builder, first_day: date) -> pa.Table:
    """One row per account that another campaign takes over: to whom it belongs from that day on."""
    ids = campaign_ids(build)
    rows = sorted(
        (build.accounts.account_id[account], ids[to], nth(first_day, day)) for account, to, day in build.moves
    )
    return table_of(rows, MOVES)


def successions(build: Builder, first_day: date) -> pa.Table:
    """One row per banned account that was replaced: by whom, and the first day on which that one could work."""
    names = build.accounts.account_id
    rows = sorted((names[new], names[old], nth(first_day, day)) for old, new, day in build.successions)
    return table_of(rows, SUCCESSIONS)


def events(build: Builder, exchanges: Counts, first_day: date) -> pa.Table:
    """One row per event in the life of a campaign, on the first night that could know it.

    A campaign is born with its first exchange; it falls dormant after 14 days without one, is retired after 42 and
    revived by the next. One that merged does neither.
    """
    ids = campaign_ids(build)
    rows: set[tuple[str, str, str, date]] = set()
    merged_on: dict[int, int] = {}
    for account, to, day in build.moves:
        old = int(build.accounts.campaign[account])
        if exchanges[to, :day].any():
            merged_on[old] = day
            rows.add((ids[old], "merged_into", ids[to], nth(first_day, day)))
        else:
            rows.add((ids[to], "split_from", ids[old], nth(first_day, day)))
    for number, name in enumerate(ids):
        worked = np.flatnonzero(exchanges[number]).tolist()
        if worked:
            rows.add((name, "born", name, nth(first_day, worked[0])))
        ends = worked[1:] if number in merged_on else [*worked[1:], exchanges.shape[1] + RETIRED_DAYS]
        for before, after in itertools.pairwise([*worked[:1], *ends]):
            for event, quiet in (("dormant", DORMANT_DAYS), ("retired", RETIRED_DAYS)):
                if before + quiet < min(after, exchanges.shape[1]):
                    rows.add((name, event, name, nth(first_day, before + quiet)))
            if before + DORMANT_DAYS < after < exchanges.shape[1]:
                rows.add((name, "revived", name, nth(first_day, after)))
    return table_of(sorted(rows), EVENTS)


def nth(first_day: date, number: SupportsInt) -> date:
    return first_day + timedelta(days=int(number))

"""What really happened: who was operated by whom, who only looked like it, and how much was extracted each day."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import SupportsInt

import numpy as np
import pyarrow as pa

from jobs.simulate import files
from jobs.simulate.people import DAY_US
from jobs.simulate.population import Builder

Counts = np.ndarray[tuple[int, int], np.dtype[np.int64]]


def campaign_ids(build: Builder) -> list[str]:
    return [f"true-{spec.name}" for spec in build.campaigns]


def write(root: Path, build: Builder, exchanges: Counts, first_day: date) -> None:
    """Write `{root}/truth/accounts|campaigns|daily.parquet`.

    An exchange is an answered request (status 200) of extraction traffic that reached the raw zone whole, by the day
    it was made; it counts stolen keys and leaves out honest traffic mixed into operated accounts.
    """
    files.write_truth(root, "accounts", accounts(build, first_day))
    files.write_truth(root, "campaigns", campaigns(build, exchanges, first_day))
    files.write_truth(root, "daily", daily(build, exchanges, first_day))


def accounts(build: Builder, first_day: date) -> pa.Table:
    """One row per account, in order of id; `active_from` is the first day of the world on which it could work."""
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
    """One row per campaign; `accounts` are operated accounts, days are null if it never made an exchange."""
    operated = build.accounts.role == "operated"
    worked = [np.flatnonzero(row) for row in exchanges]
    return pa.table(
        {
            "campaign_id": files.words(campaign_ids(build)),
            "actor": files.words([spec.actor for spec in build.campaigns]),
            "tier": files.words([spec.tier for spec in build.campaigns]),
            "kind": files.words(["extraction"] * len(build.campaigns)),
            "accounts": pa.array(
                [int((operated & (build.accounts.campaign == n)).sum()) for n in range(len(build.campaigns))],
                pa.int64(),
            ),
            "exchanges": pa.array(exchanges.sum(axis=1)),
            "first_day": pa.array([nth(first_day, days[0]) if len(days) else None for days in worked], pa.date32()),
            "last_day": pa.array([nth(first_day, days[-1]) if len(days) else None for days in worked], pa.date32()),
            "proxy_network": files.words([spec.proxy_network for spec in build.campaigns]),
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


def nth(first_day: date, number: SupportsInt) -> date:
    return first_day + timedelta(days=int(number))

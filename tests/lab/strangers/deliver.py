"""Write a world: the raw zone as the contract has it, and the truth beside it."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from . import intelligence, ledger, traffic
from .rhythm import DAY
from .tables import from_rows, write
from .world import World

Row = dict[str, object]


def deliver(world: World, out: Path) -> Counter[str]:
    """Write every table for every day and return the rows written."""
    counts: Counter[str] = Counter()
    requests = traffic.requests(world)
    facts = {
        "logins": [(int(sign_in.moment // DAY), _sign_in(world, sign_in)) for sign_in in traffic.sign_ins(world)],
        "charges": ledger.charges(world, requests.table.slice(0, requests.distinct)),
    }
    snapshots = {
        "ip_networks": [
            {
                "cidr": one.cidr,
                "asn": one.asn,
                "organization": one.organization,
                "kind": one.kind,
                "country": one.country,
            }
            for one in world.internet.networks
            if one.listed
        ],
        "indicators": intelligence.indicators(world),
        "known_campaigns": intelligence.known_campaigns(world),
        "case_decisions": intelligence.case_decisions(world),
    }
    for day in range(world.days):
        name = f"{world.first_day + timedelta(days=day):%Y-%m-%d}"
        tables = {
            "api_requests": requests.table.filter(pa.array(requests.delivered == day)),
            **{table: from_rows(table, [row for when, row in rows if when == day]) for table, rows in facts.items()},
            "accounts": from_rows("accounts", _accounts(world, day)),
            "payment_instruments": from_rows("payment_instruments", _instruments(world, day)),
            "model_releases": from_rows("model_releases", _releases(world, day)),
            **{table: from_rows(table, rows) for table, rows in snapshots.items()},
        }
        for table, rows in tables.items():
            write(out, table, name, rows)
            counts[table] += rows.num_rows
    (out / "truth").mkdir(parents=True, exist_ok=True)
    truth = [
        {"account_id": one.account_id, "group_id": one.group_id, "cause": one.cause, "operated": one.operated}
        for one in world.accounts
    ]
    pq.write_table(from_rows("truth", truth), out / "truth" / "accounts.parquet")
    return counts


def _moment(world: World, seconds: float) -> datetime:
    return datetime.combine(world.first_day, time(), UTC) + timedelta(seconds=float(np.round(seconds, 3)))


def _sign_in(world: World, sign_in: traffic.SignIn) -> Row:
    return {
        "account_id": sign_in.account.account_id,
        "logged_in_at": _moment(world, sign_in.moment),
        "client_address": sign_in.address,
        "device_id": sign_in.device,
        "user_agent": sign_in.account.client.user_agent,
    }


def _accounts(world: World, day: int) -> list[Row]:
    """Return the snapshot of all accounts opened up to the end of a day, as they stood then."""
    close = (day + 1) * DAY
    rows = []
    for account in world.accounts:
        if account.created < close:
            past = sorted(event for event in account.statuses if event[0] < close)
            since, status, reason = past[-1] if past else (None, "active", None)
            rows.append(
                asdict(account.profile)
                | {
                    "account_id": account.account_id,
                    "created_at": _moment(world, account.created),
                    "status": status,
                    "status_changed_at": None if since is None else _moment(world, since),
                    "status_reason": reason,
                }
            )
    return rows


def _instruments(world: World, day: int) -> list[Row]:
    close = (day + 1) * DAY
    return [
        {
            "account_id": account.account_id,
            "instrument_fingerprint": one.fingerprint,
            "kind": one.kind,
            "bin": one.bin,
            "issuer_country": one.issuer_country,
            "funding": one.funding,
            "added_at": _moment(world, one.added),
            "removed_at": None if one.removed is None or one.removed >= close else _moment(world, one.removed),
        }
        for account in world.accounts
        for one in account.instruments
        if account.created < close and one.added < close
    ]


def _releases(world: World, day: int) -> list[Row]:
    return [
        {"model": one.name, "released_at": _moment(world, one.released)}
        for one in world.models
        if one.released < (day + 1) * DAY
    ]

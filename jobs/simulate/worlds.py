"""Writes one world: the raw zone day by day, and the truth about it.

The same preset, seed and options give the same bytes: every draw comes from a generator seeded by (seed, purpose, day).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np

from jobs.errors import UsageError
from jobs.graph.ranking import published_cases
from jobs.simulate import catalogues as cat
from jobs.simulate import deliveries, files, ledgers, places, snapshots, traffic, truth
from jobs.simulate.dials import turned, varied
from jobs.simulate.drawing import drawn
from jobs.simulate.innocents import make_innocents
from jobs.simulate.lives import live
from jobs.simulate.lookalikes import make_group
from jobs.simulate.operators import make_campaign
from jobs.simulate.people import DAY_US, Streams, joined
from jobs.simulate.population import Builder, builder
from jobs.simulate.specs import PRESETS, Preset, campaign_sizes
from jobs.simulate.ways import make_operator

LEAST_ACCOUNTS = 200  # below this, one campaign of 30 would be most of the world
RELEASE_HOUR = 17  # UTC, a morning in California


def write_world(
    root: Path,
    preset: str,
    seed: int,
    accounts: int | None = None,
    days: int | None = None,
    first_day: date = date(2026, 3, 2),
    progress: Callable[[str], None] | None = None,
    dials: Sequence[str] = (),
    without: Sequence[str] = (),
    only: Sequence[str] = (),
) -> None:
    """Write `{root}/raw/<table>/ds=.../part-0.parquet` and `{root}/truth/*.parquet`.

    `accounts` and `days` override the preset; `dials` (NAME=VALUE) override what its campaigns do; `without` and `only`
    (COMPONENT=VALUE) leave out or force a value where groups are drawn by cause. `progress` is told one line a day.
    Raises UsageError for an unknown preset, fewer than 200 accounts, no days, or a root that already holds a raw zone
    (days of another world would stay among those of this one).
    """
    if preset not in PRESETS:
        raise UsageError(f"--preset {preset} is unknown; choose one of {', '.join(PRESETS)}.")
    plan = PRESETS[preset]
    if (root / "raw").exists():
        raise UsageError(f"--root {root} already holds a raw zone; choose an empty folder or remove {root / 'raw'}.")
    count = plan.accounts if accounts is None else accounts
    length = plan.days if days is None else days
    if count < LEAST_ACCOUNTS or length < 1:
        raise UsageError(f"--accounts must be at least {LEAST_ACCOUNTS} and --days at least 1.")
    first_us = int(datetime(first_day.year, first_day.month, first_day.day, tzinfo=UTC).timestamp()) * 1_000_000
    if plan.is_varied:
        plan = varied(plan, generator(seed, 3))
    plan = drawn(plan, generator(seed, 4), count, without, only)
    build = populate(turned(plan, list(dials)), generator(seed, 0), count, first_us, length)
    streams = joined([build.streams, *build.extra])
    exchanges = write_days(root, build, streams, seed, first_day, length, progress)
    truth.write(root, build, exchanges, first_day)


def generator(seed: int, purpose: int, day: int = 0) -> np.random.Generator:
    return np.random.default_rng(np.random.SeedSequence([seed, purpose, day]))


def populate(preset: Preset, rng: np.random.Generator, count: int, first_us: int, days: int) -> Builder:
    """Ordinary accounts, then campaigns with their victims, drawn groups and look-alike groups, on disjoint rows."""
    build = builder(rng, count, first_us, days)
    free = 0
    for spec, size in campaign_sizes(preset.campaigns, count):
        victims = round(size * spec.victim_share)
        index = np.arange(free, free + size)
        make_campaign(build, spec, index, np.arange(free + size, free + size + victims))
        free += size + victims
    for turn in preset.turns:
        live(build, turn)
    build.groups = preset.groups
    for group in preset.groups:
        rows = np.arange(free + group.first, free + group.first + group.accounts + group.victims)
        if group.spec is None:
            make_innocents(build, group, rows)
        else:
            make_operator(build, group, rows[: group.accounts], rows[group.accounts :])
    free += max((group.first + group.accounts + group.victims for group in preset.groups), default=0)
    for kind in preset.lookalikes:
        for number in range(1, 1 + max(1, count // kind.per_accounts)):
            if free + kind.accounts > count * 0.6:
                break
            make_group(build, kind.kind, number, np.arange(free, free + kind.accounts))
            free += kind.accounts
    return build


def write_days(root: Path, build: Builder, streams: Streams, seed: int, first_day: date, days: int,
               progress: Callable[[str], None] | None) -> np.ndarray[tuple[int, int], np.dtype[np.int64]]:  # fmt: skip
    """Write every delivery date; returns exchanges delivered by campaign and day."""
    known = traffic.texts(build, generator(seed, 1))
    signup_texts = places.texts(build.accounts.signup_address)
    release = traffic.Release(build.first_us + (days // 2) * DAY_US + RELEASE_HOUR * DAY_US // 24)
    backlog = deliveries.Backlog()
    exchanges = np.zeros((len(build.campaigns), days), np.int64)
    shape = (len(build.accounts.account_id), len(cat.MODELS))
    for day in range(days):
        ds = first_day + timedelta(days=day)
        rng = generator(seed, 2, day)
        part = None
        made_count = 0
        used, micro = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        for made in traffic.day_pieces(rng, build, streams, known, day, ds.weekday(), release):
            part = part or files.Partition(root, "api_requests", str(ds), made.rows.schema)
            whole = deliveries.deliver(rng, made, day, days - 1, backlog, part.add)
            counted = whole & made.answered & (made.campaign >= 0)
            exchanges[:, day] += np.bincount(made.campaign[counted], minlength=len(build.campaigns))
            price = cat.PRICES[made.model]
            np.add.at(used, (made.account, made.model), made.input_tokens + made.output_tokens)
            cost = made.input_tokens * price[:, 0] + made.output_tokens * price[:, 1]
            np.add.at(micro, (made.account, made.model), cost)
            made_count += made.rows.num_rows
        for late in backlog.due(day):
            if part is not None:
                part.add(late)
        if part is not None:
            part.close()
        day_us = build.first_us + day * DAY_US
        tables = {
            "accounts": snapshots.accounts(build, day, signup_texts),
            "payment_instruments": snapshots.payment_instruments(build, day),
            "ip_networks": snapshots.ip_networks(build.plan),
            "model_releases": snapshots.model_releases(build, day, release.at_us),
            "indicators": snapshots.indicators(build),
            "known_campaigns": published_cases.as_delivered(),
            "charges": ledgers.charges(
                rng, build.accounts, build.accounts.cards_on(day), used, micro, day_us, f"{ds:%Y%m}"
            ),
            "logins": ledgers.logins(rng, build.accounts, streams, day, day_us),
        }
        for name, rows in tables.items():
            files.write_partition(root, name, str(ds), rows)
        if progress is not None:
            progress(f"{ds}: {made_count:,} requests")
    return exchanges

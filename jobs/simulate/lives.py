"""Turns in the life of a campaign: it sleeps, comes back, ends, merges into another, splits, or changes its accounts.

A turn ends the streams of the accounts that it concerns on its day and begins others, so that what was done before
stays as it was. Who an account belongs to from then on goes into `Builder.moves`; who replaced whom into
`Builder.successions`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from jobs.simulate import catalogues as cat
from jobs.simulate import people, places
from jobs.simulate.operators import HOUR_US, share_out
from jobs.simulate.people import DAY_US, Column, Streams
from jobs.simulate.population import Beat, Builder
from jobs.simulate.specs import CampaignSpec, Turn

PARTED = 0.4  # of a splitting campaign's accounts
ROTATED = 0.5  # of a rotating campaign's accounts, within a week
RESERVED = 1 / 3  # of its accounts wait for that, so that half of those at work can be replaced
HAND = ("template", "template_share", "template_keep", "system_prompt", "tools", "client", "rhythm", "beat", "task_mix",
        "model_mix", "elicit_a", "elicit_b", "address", "address_span", "address_cut")  # fmt: skip


def live(build: Builder, turn: Turn) -> None:
    """Make one turn of a campaign that `make_campaign` has put into the world; a small world may lack it."""
    places_of = {spec.name: place for place, spec in enumerate(build.campaigns)}
    if turn.campaign not in places_of or (turn.into or turn.campaign) not in places_of:
        return
    turns: dict[str, Callable[[Builder, Turn, int], None]] = {
        "pause": pause,
        "merge": merge,
        "split": split,
        "rotate": rotate,
    }
    turns[turn.kind](build, turn, places_of[turn.campaign])


def pause(build: Builder, turn: Turn, number: int) -> None:
    """Everything that runs through its accounts stops, also what it does on stolen keys; it may begin again."""
    mine = build.accounts.campaign == number
    for part in [build.streams, *build.extra]:
        is_theirs = (part.campaign == number) | (mine[part.account] & (build.accounts.role[part.account] == "operated"))
        later = end(part, np.flatnonzero(is_theirs), turn.day)
        if turn.until is not None:
            later.first_day = np.maximum(later.first_day, turn.until)
            build.extra.append(later)


def merge(build: Builder, turn: Turn, number: int) -> None:
    """Its accounts take over prompts, client, exits and beat of the other campaign."""
    other = next(place for place, spec in enumerate(build.campaigns) if spec.name == turn.into)
    models = np.flatnonzero(build.streams.campaign == other)
    later = end(build.streams, np.flatnonzero(build.streams.campaign == number), turn.day)
    chosen = build.rng.choice(models, len(later.account))
    for name in HAND:
        getattr(later, name)[:] = getattr(build.streams, name)[chosen]
    later.campaign[:] = other
    build.extra.append(later)
    build.moves += [(int(account), other, turn.day) for account in later.account]


def split(build: Builder, turn: Turn, number: int) -> None:
    """Some of its accounts go to another hand, with prompts, a client, exits and a beat of its own."""
    rng, spec = build.rng, build.campaigns[number]
    heir = replace(spec, name=f"{spec.name}-heir", actor=f"{spec.actor}'s heir", tasks="grading", proxy_network=None)
    build.campaigns.append(heir)
    rows = np.flatnonzero(build.streams.campaign == number)
    later = end(build.streams, rng.permutation(rows)[: round(len(rows) * PARTED)], turn.day)
    _new_hand(build, heir, later)
    later.campaign[:] = len(build.campaigns) - 1
    build.extra.append(later)
    build.moves += [(int(account), len(build.campaigns) - 1, turn.day) for account in later.account]


def rotate(build: Builder, turn: Turn, number: int) -> None:
    """Within a week half of the accounts at work are banned and replaced, and all the others get new cards."""
    rng, accounts, streams = build.rng, build.accounts, build.streams
    spec = build.campaigns[number]
    index = np.flatnonzero((accounts.campaign == number) & (accounts.role == "operated"))
    at_work = index[: len(index) - round(len(index) * RESERVED)]
    fresh = index[len(at_work) :]
    fallen = rng.permutation(at_work)[: min(len(fresh), round(len(at_work) * ROTATED))]
    waiting, fresh = fresh[len(fallen) :], fresh[: len(fallen)]
    streams.first_day[waiting] = people.NEVER
    accounts.created_us[waiting] = build.first_us + build.days * DAY_US
    day = turn.day + np.sort(rng.integers(0, 7, len(fallen)))
    accounts.banned_day[fallen] = streams.last_day[fallen] = day
    accounts.created_us[fresh] = build.first_us + day * DAY_US + rng.integers(1, 9 * HOUR_US, len(fresh))
    streams.first_day[fresh] = day
    build.successions += list(zip(fallen.tolist(), fresh.tolist(), day.tolist(), strict=True))
    kept = np.setdiff1d(at_work, fallen)
    renewed = np.concatenate([kept, fresh])
    names = people.tokens(rng, len(accounts.card), "ins_")
    share_out(build, names, renewed, spec.shared_card_share, spec.accounts_per_card)
    accounts.next_card[kept], accounts.card[fresh] = names[kept], names[fresh]
    accounts.renewal_day[kept] = turn.day + rng.integers(0, 7, len(kept))


def end(streams: Streams, rows: Column, day: int) -> Streams:
    """End those rows on a day; gives copies that begin there, of those that would have gone on."""
    later = people.rows_of(streams, rows[streams.last_day[rows] > day])
    streams.last_day[rows] = np.minimum(streams.last_day[rows], day)
    later.first_day = np.maximum(later.first_day, day)
    return later


def _new_hand(build: Builder, spec: CampaignSpec, streams: Streams) -> None:
    rng, count = build.rng, len(streams.account)
    known = build.templates(spec.templates)
    streams.template[:] = known[rng.integers(0, spec.templates, (count, 4))]
    streams.system_prompt[:] = build.prompt()
    mark = rng.bytes(6).hex()
    streams.client[:] = build.client("httpx/0.28.1 CPython/3.12", f"t13d1516h2_{mark}_{mark[::-1]}")
    streams.beat[:] = build.beat(Beat(spec.beat_slots, spec.beat_jitter_seconds))
    streams.task_mix[:] = cat.task_mix(spec.tasks)
    pool = places.pool(rng, build.plan.hosting[2:4], max(4, count), 1 << 16)
    streams.address[:] = pool[rng.integers(0, len(pool), (count, 4))]

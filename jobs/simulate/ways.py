"""The ways in which drawn operators run their accounts; one function a value of the component `way`.

Published campaigns replaced what was banned and mixed in others' requests (Anthropic, 2026-02-23); markets sell accounts
with a past, and resellers' customers do not know each other. Each way breaks a habit that a detector may lean on: that
accounts last, that they return, that they always belonged to one hand, that one account is one customer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from jobs.simulate import people
from jobs.simulate.habits import SCHEDULES
from jobs.simulate.lives import end, live
from jobs.simulate.operators import enrol, make_campaign, work
from jobs.simulate.people import DAY_US, Column
from jobs.simulate.population import Builder
from jobs.simulate.specs import CampaignSpec, Group, Turn

HOUR_US = DAY_US // 24
USUAL_OUTPUT = 5.6  # logarithm of tokens, of ordinary people
CUSTOMERS = (10, 30)  # of one relayed account
PAST = ("country", "email", "phone", "signup_address", "device", "created_us", "card")  # of a bought account


def make_operator(build: Builder, group: Group, index: Column, victims: Column) -> None:
    """Turn the ordinary accounts of `index` into what that operator runs, in its way."""
    assert group.spec is not None
    WAYS[group.cause["way"]](build, group, group.spec, index, victims)


def plain(build: Builder, group: Group, spec: CampaignSpec, index: Column, victims: Column) -> None:
    make_campaign(build, spec, index, victims)
    disguise(build, group, index)


def disguise(build: Builder, group: Group, index: Column) -> None:
    """What a spec has no dial for: an innocent's schedule, answers of usual length."""
    if group.cause["schedule"] in SCHEDULES:
        SCHEDULES[group.cause["schedule"]](build, index)
    if group.cause["output"] == "usual":
        build.streams.output_log[index] = USUAL_OUTPUT


def two_days(build: Builder, group: Group, spec: CampaignSpec, index: Column, victims: Column) -> None:
    """Turn by turn, so many accounts work for two days and never again; the next are signed up hours before."""
    plain(build, group, spec, index, victims)
    turns = max(1, (build.days - spec.first_day) // 2)
    first = spec.first_day + 2 * (np.arange(len(index)) * turns // len(index))
    build.streams.first_day[index], build.streams.last_day[index] = first, first + 2
    ahead = build.rng.integers(HOUR_US, 20 * HOUR_US, len(index))
    build.accounts.created_us[index] = build.first_us + first * DAY_US - ahead


def pause_and_return(build: Builder, group: Group, spec: CampaignSpec, index: Column, victims: Column) -> None:
    """Half of the accounts end; after a pause others, of other names, cards, exits and client, use the same prompts."""
    first, second = index[: len(index) // 2], index[len(index) // 2 :]
    plain(build, group, spec, first, victims)
    number = len(build.campaigns) - 1
    back = max(1, round(build.days * 0.6))
    again = replace(spec, name=f"{spec.name}-again", first_day=back, proxy_network=None, client="custom")
    enrol(build, again, second, number)
    disguise(build, group, second)
    build.streams.template[second] = build.streams.template[build.rng.choice(first, len(second))]
    stop = max(1, round(build.days * 0.4))
    for part in [build.streams, *build.extra]:
        is_before = ((part.campaign == number) & ~np.isin(part.account, second)) | np.isin(part.account, first)
        end(part, np.flatnonzero(is_before), stop)


def pauses(build: Builder, group: Group, spec: CampaignSpec, index: Column, victims: Column) -> None:
    plain(build, group, spec, index, victims)
    live(build, Turn("pause", spec.name, max(1, round(build.days * 0.4)), round(build.days * 0.7)))


def rotates(build: Builder, group: Group, spec: CampaignSpec, index: Column, victims: Column) -> None:
    plain(build, group, spec, index, victims)
    live(build, Turn("rotate", spec.name, max(1, build.days // 3)))


def bought_past(build: Builder, group: Group, spec: CampaignSpec, index: Column, victims: Column) -> None:
    """Ordinary people's accounts, names, machines and sign-ups; from one day on the operator's work and cards."""
    accounts, streams, rng = build.accounts, build.streams, build.rng
    lately = index[accounts.created_us[index] > build.first_us]
    accounts.created_us[lately] = build.first_us - rng.integers(30 * DAY_US, 700 * DAY_US, len(lately))
    build.rejoin(index)
    past = people.rows_of(streams, index)
    own = {name: getattr(accounts, name)[index].copy() for name in PAST}
    plain(build, group, spec, index, victims)
    accounts.next_card[index] = accounts.card[index]
    for name, values in own.items():
        getattr(accounts, name)[index] = values
    day = int(rng.integers(max(1, build.days // 4), max(2, build.days // 2 + 1)))
    accounts.renewal_day[index] = streams.first_day[index] = past.last_day[:] = day
    build.extra.append(past)


def relay(build: Builder, group: Group, spec: CampaignSpec, index: Column, victims: Column) -> None:
    """Each account carries many end customers through the operator's exits and client, with prompts of their own."""
    plain(build, group, spec, index, victims)
    streams, rng = build.streams, build.rng
    ordinary = np.flatnonzero(build.accounts.campaign == -1)
    carrier = np.repeat(index, rng.integers(*CUSTOMERS, len(index)))
    customers = people.rows_of(streams, rng.choice(ordinary, len(carrier)))
    customers.account[:] = carrier
    for name in ("client", "address", "address_span", "address_cut", "access_path", "first_day", "last_day"):
        getattr(customers, name)[:] = getattr(streams, name)[carrier]
    build.extra.append(customers)


def inside_reseller(build: Builder, group: Group, spec: CampaignSpec, index: Column, victims: Column) -> None:
    """Accounts, payment, exits and client are the reseller's, like those of its honest customers; the work is its own."""
    accounts, streams = build.accounts, build.streams
    number = len(build.campaigns)
    build.campaigns.append(spec)
    accounts.campaign[index], accounts.role[index] = number, "operated"
    accounts.lookalike[index] = accounts.lookalike_group[index] = None
    of_host = {
        name: getattr(streams, name)[index].copy() for name in ("client", "system_prompt", "tools", "access_path")
    }
    started = np.maximum(streams.first_day[index], spec.first_day)
    work(build, spec, index, number, started)
    for name, values in of_host.items():
        getattr(streams, name)[index] = values
    disguise(build, group, index)


WAYS: dict[str, Callable[[Builder, Group, CampaignSpec, Column, Column], None]] = {
    "plain": plain,
    "two_days": two_days,
    "pause_and_return": pause_and_return,
    "pauses": pauses,
    "rotates": rotates,
    "bought_past": bought_past,
    "handful": plain,
    "relay": relay,
    "inside_reseller": inside_reseller,
}

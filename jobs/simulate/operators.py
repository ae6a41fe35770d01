"""Operated accounts: a campaign overwrites ordinary accounts according to the dials of its `CampaignSpec`.

What is believable: the published campaigns shared payment methods, ran in synchrony, used one prompt template in tens
of thousands of variants, narrowed to a few capabilities, moved to a new model within a day, and replaced banned
accounts (Anthropic, 2026-02-23). Each dial weakens one of these, as public evasion advice does.
"""

from __future__ import annotations

import numpy as np

from jobs.simulate import catalogues as cat
from jobs.simulate import people, places
from jobs.simulate.people import DAY_US, NEVER, Column
from jobs.simulate.population import Beat, Builder, rename
from jobs.simulate.specs import CampaignSpec

PROGRAM_SHARE = 0.6  # of accounts in a campaign that abuses an access programme
HOUR_US = DAY_US // 24


def make_campaign(build: Builder, spec: CampaignSpec, index: Column, victims: Column) -> None:
    """Turn the accounts of `index` into one campaign and route stolen keys of `victims` through its proxies."""
    number = len(build.campaigns)
    build.campaigns.append(spec)
    egress = enrol(build, spec, index, number)
    rotate(build, spec, index)
    if spec.honest_share > 0:
        build.extra.append(honest(build, spec, index))
    if len(victims):
        build.extra.append(steal(build, index, victims, egress, number))


def enrol(build: Builder, spec: CampaignSpec, index: Column, number: int) -> Column:
    """Make those accounts the campaign's, with all that is an account's own; returns their pool of exits."""
    rename(build, index)
    accounts = build.accounts
    accounts.campaign[index] = number
    accounts.role[index] = "operated"
    accounts.access_program[index[build.rng.random(len(index)) < PROGRAM_SHARE]] = spec.access_program
    accounts.login_share[index] = 0.04
    started = sign_ups(build, spec, index)
    identities(build, spec, index)
    pay(build, spec, index)
    egress = network(build, spec, index)
    work(build, spec, index, number, started)
    return egress


def sign_ups(build: Builder, spec: CampaignSpec, index: Column) -> Column:
    """Sign-up times: short bursts before the start, or a past of their own for bought accounts. Gives working days."""
    rng, count = build.rng, len(index)
    first_day = min(spec.first_day, max(0, build.days - 2))
    started = first_day + rng.integers(0, max(1, min(spec.ramp_days, build.days - first_day)), count)
    bursts = max(1, spec.signup_bursts)
    moment = rng.integers(0, 20 * DAY_US, bursts)[rng.integers(0, bursts, count)] + rng.integers(0, 2 * HOUR_US, count)
    fresh = build.first_us + first_day * DAY_US - HOUR_US * 3 - moment
    bought = build.first_us - rng.integers(30 * DAY_US, 720 * DAY_US, count)
    build.accounts.created_us[index] = np.where(rng.random(count) < spec.aged_share, bought, fresh)
    return started


def identities(build: Builder, spec: CampaignSpec, index: Column) -> None:
    rng, accounts, count = build.rng, build.accounts, len(index)
    accounts.country[index] = rng.choice(len(places.COUNTRIES), count, p=places.COUNTRY_SHARES)
    if spec.email_pattern != "plain":
        freemail = rng.choice(np.array(["outlook.com", "gmail.com", "proton.me"]), count, p=(0.6, 0.3, 0.1))
        for row, number, domain in zip(index, rng.integers(1_000, 10_000, count), freemail, strict=True):
            name = f"{accounts.first_name[row]}{accounts.last_name[row]}{number}"
            domain = domain if spec.email_pattern == "digits" else f"{spec.name}-mail.example"
            accounts.email[row] = f"{name}@{domain}".lower()
    accounts.phone[index] = people.sometimes(rng, people.phones(rng, accounts.country[index]), 0.8)
    block = index[rng.random(count) < spec.shared_phone_share]
    prefix = int(rng.integers(20_000, 99_999))
    for row, number in zip(block, rng.integers(0, 10_000, len(block)), strict=True):
        accounts.phone[row] = f"+1{prefix}0{number:04d}"
    documents = index[rng.random(count) < spec.shared_document_share]
    if len(documents):
        known = people.tokens(rng, max(1, len(documents) // 4), "kyc_")
        accounts.kyc_document[documents] = rng.choice(known, len(documents))
        accounts.kyc_status[documents] = "verified"
    if spec.tier != "soft_only":
        accounts.referral[index[rng.random(count) < 0.2]] = f"REF{int(rng.integers(0, 10_000)):04d}"


def pay(build: Builder, spec: CampaignSpec, index: Column) -> None:
    """Cards of virtual-card BINs, some charged for several accounts; devices likewise."""
    rng, accounts = build.rng, build.accounts
    if spec.card_bins:
        bins = rng.choice(np.array(cat.VIRTUAL_BINS, dtype=object), spec.card_bins, replace=False)
        people.cards(rng, accounts, index, bins, "prepaid")
        accounts.card_country[index] = "US"
    share_out(build, accounts.card, index, spec.shared_card_share, spec.accounts_per_card)
    share_out(build, accounts.device, index, spec.shared_device_share, spec.accounts_per_device)


def share_out(build: Builder, column: Column, index: Column, share: float, group: int) -> None:
    """A share of the accounts takes one value for every `group` of them."""
    chosen = build.rng.permutation(index[build.rng.random(len(index)) < share])
    for at in range(0, len(chosen), group):
        column[chosen[at : at + group]] = column[chosen[at]]


def network(build: Builder, spec: CampaignSpec, index: Column) -> Column:
    """Exit addresses of each account; returns the campaign's pool. Residential exits are ordinary people's homes."""
    rng, streams, count = build.rng, build.streams, len(index)
    slots = min(4, spec.addresses_per_account)
    size = max(2, round(count * slots / max(1.0, spec.accounts_per_address)))
    if spec.proxy_network is not None and spec.proxy_network in build.proxy_pools:
        pool = build.proxy_pools[spec.proxy_network]
    elif spec.address_kind == "residential":
        pool = places.home_addresses(rng, build.plan, rng.choice(len(places.COUNTRIES), size))
        lent = rng.random(size) < 0.3
        pool[lent] = build.accounts.signup_address[rng.integers(0, len(build.accounts.country), int(lent.sum()))]
    elif spec.address_kind == "proxy":
        starts = places.proxy_ranges(build.plan, spec.proxy_network or f"{spec.name} Exit")
        pool = places.pool(rng, starts, size, 250)
    else:
        pool = places.pool(rng, build.plan.hosting[:2], size, 1 << 16)
    if spec.proxy_network is not None:
        build.proxy_pools[spec.proxy_network] = pool
    own = spec.accounts_per_address <= 1.0 and len(pool) >= count * slots
    chosen = rng.permutation(len(pool))[: count * slots] if own else rng.integers(0, len(pool), count * slots)
    exits = pool[chosen].reshape(count, slots)
    streams.address[index] = exits[:, np.arange(4) % slots]
    streams.address_span[index] = spec.address_rotation
    streams.address_cut[index] = np.minimum(1.0, np.arange(1, 5) / slots)
    build.accounts.signup_address[index] = exits[:, 0]
    return pool


def work(build: Builder, spec: CampaignSpec, index: Column, number: int, started: Column) -> None:
    rng, streams, count = build.rng, build.streams, len(index)
    known = build.templates(spec.templates)
    streams.campaign[index] = number
    streams.first_day[index], streams.last_day[index] = started, NEVER
    honest_left = 1 - spec.honest_share
    streams.rate[index] = spec.requests_per_day * honest_left * np.exp(rng.normal(0, spec.volume_spread, count))
    streams.volume_sigma[index] = 0.15
    streams.active_share[index] = spec.active_day_share
    streams.weekend[index] = 0.95
    streams.rhythm[index] = people.BEAT if spec.beat_slots else people.ALWAYS
    if spec.beat_slots:
        streams.beat[index] = build.beat(Beat(spec.beat_slots, spec.beat_jitter_seconds))
    if spec.client == "custom":
        mark = rng.bytes(6).hex()
        streams.client[index] = build.client("aiohttp/3.10.11 CPython/3.10", f"t13d1610h1_{mark}_{mark[::-1]}")
    else:
        streams.client[index] = rng.choice(4, count, p=(0.7, 0.2, 0.05, 0.05))
    streams.template[index] = known[rng.integers(0, spec.templates, (count, 4))]
    streams.template_share[index] = spec.template_share
    streams.template_keep[index] = spec.template_jaccard
    prompts = {"none": -1, "framework": 0}
    streams.system_prompt[index] = prompts[spec.system_prompt] if spec.system_prompt in prompts else build.prompt()
    streams.tools[index] = -1
    streams.task_mix[index] = cat.task_mix(spec.tasks)
    streams.model_mix[index] = np.where(rng.random(count) < spec.flagship_share, cat.FLAGSHIP_MIX, 1)
    streams.pivot[index] = spec.pivot_share
    streams.elicit_a[index], streams.elicit_b[index] = spec.elicitation
    streams.access_path[index] = np.where(rng.random(count) < 0.93, 0, 1)
    streams.input_log[index], streams.output_log[index] = 6.8, 7.0


def honest(build: Builder, spec: CampaignSpec, index: Column) -> people.Streams:
    """Unrelated customers' requests through the same accounts, so that content alone does not give them away."""
    mixed = people.rows_of(build.streams, index)
    mixed.campaign[:] = -1
    mixed.rate[:] = spec.requests_per_day * spec.honest_share
    mixed.rhythm[:], mixed.beat[:] = people.DIURNAL, -1
    mixed.template_share[:] = 0.0
    mixed.task_mix[:] = cat.task_mix("diverse")
    mixed.elicit_a[:], mixed.elicit_b[:] = 1.2, 9.0
    mixed.pivot[:] = 0.1
    return mixed


def rotate(build: Builder, spec: CampaignSpec, index: Column) -> None:
    """Bans fall on each day after the second, on accounts that have worked; the last accounts wait and replace them."""
    accounts, streams = build.accounts, build.streams
    daily = round(len(index) * spec.banned_share)
    reserve = min(len(index) // 2, daily * max(0, build.days - 3))
    if reserve == 0:
        return
    working, waiting = index[:-reserve], index[-reserve:]
    for turn, (fallen, fresh) in enumerate(zip(working, waiting, strict=False)):
        day = max(2 + turn // daily, int(streams.first_day[fallen]) + 1)
        accounts.banned_day[fallen] = day
        streams.last_day[fallen] = day
        wait = build.rng.uniform(0.2, 1.0) * spec.replacement_hours * HOUR_US
        accounts.created_us[fresh] = build.first_us + day * DAY_US + int(wait)
        streams.first_day[fresh] = day + (1 if wait > 10 * HOUR_US else 0)
        build.successions.append((int(fallen), int(fresh), int(streams.first_day[fresh])))
        for name in ("template", "address", "client", "task_mix"):
            getattr(streams, name)[fresh] = getattr(streams, name)[fallen]


def steal(build: Builder, index: Column, victims: Column, egress: Column, number: int) -> people.Streams:
    """A proxy network resells ordinary people's keys: the operator's work arrives on them from proxy addresses."""
    rng, accounts = build.rng, build.accounts
    accounts.campaign[victims] = number
    accounts.role[victims] = "victim"
    accounts.banned_day[victims] = build.streams.last_day[victims] = NEVER
    stolen = people.rows_of(build.streams, rng.choice(index, len(victims)))
    stolen.account[:] = victims
    stolen.rate[:] = 14.0
    stolen.address[:] = rng.choice(egress, (len(victims), 4))
    stolen.first_day[:] = np.maximum(stolen.first_day, build.streams.first_day[victims])
    return stolen

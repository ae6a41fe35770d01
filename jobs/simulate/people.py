"""Accounts (who signed up, who pays) and streams (how an account's traffic behaves), one row each, as numpy columns.

Everybody begins as an ordinary customer; look-alikes and campaigns then overwrite what makes them special. An account
has one stream; a stolen key, or honest traffic mixed into an operated account, adds a second. The dirt is deliberate:
shared cloud-machine fingerprints, virtual-card services, carrier NAT and popular clients link strangers in real logs.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from jobs.simulate import catalogues as cat
from jobs.simulate import places

Column = NDArray[Any]
DAY_US = 86_400_000_000

VM_DEVICE_SHARE = 0.04  # of ordinary accounts: console used from a cloud machine image with one fingerprint
VIRTUAL_CARD_SHARE = 0.02  # of ordinary accounts: a virtual-card service that re-issues numbers
REUSED_DEVICE_SHARE = 0.01  # second-hand and shared office machines
FRAMEWORK_SHARE = 0.05  # of everybody: an agent framework's default prompt
COPIED_SHARE = 0.2  # of ordinary accounts: prompts copied from tutorials and prompt collections
VPN_SHARE = 0.06
MOBILE_SHARE = 0.25
CRON_SHARE = 0.12
BANNED_SHARE = 0.02  # of ordinary accounts: spam and card fraud of their own, over half a year
API_SHARE = 0.62


@dataclass
class Accounts:
    """One row per account. Object columns are text or None; `_us` are microseconds since 1970 UTC."""

    account_id: Column
    created_us: Column
    country: Column
    first_name: Column
    last_name: Column
    email: Column
    phone: Column
    organization_id: Column
    organization_name: Column
    signup_address: Column
    device: Column
    kyc_status: Column
    kyc_document: Column
    referral: Column
    access_program: Column
    plan: Column
    card: Column
    card_kind: Column
    card_bin: Column
    card_funding: Column
    card_country: Column
    next_card: Column  # in force from `renewal_day` on
    renewal_day: Column  # day of the world, NEVER if not
    banned_day: Column  # day of the world, NEVER if not
    login_share: Column  # of days with a console sign-in
    campaign: Column  # index of the campaign, -1 for none
    role: Column
    lookalike: Column
    lookalike_group: Column

    def cards_on(self, day: int) -> Column:
        """The instrument that each account pays with on a day."""
        return np.where(self.renewal_day <= day, self.next_card, self.card)


NEVER = 32_000

DIURNAL, CRON, ALWAYS, BEAT = 0, 1, 2, 3


@dataclass
class Streams:
    """One row per stream of requests; `(rows, 4)` columns hold four choices."""

    account: Column
    campaign: Column  # extraction traffic of that campaign, -1 for anything else
    first_day: Column
    last_day: Column  # exclusive
    rate: Column  # requests on an active day
    volume_sigma: Column
    active_share: Column
    weekend: Column
    rhythm: Column
    beat: Column
    minute: Column  # of the hour, for scheduled jobs
    hours_from_utc: Column
    address: Column  # (rows, 4)
    address_span: Column  # (rows, 4) addresses a slot wanders over from day to day
    address_cut: Column  # (rows, 4) cumulative probability
    client: Column
    template: Column  # (rows, 4) row of the template table
    template_share: Column
    template_keep: Column
    system_prompt: Column
    tools: Column
    task_mix: Column
    model_mix: Column
    pivot: Column  # share moved to a new model within 24 hours
    elicit_a: Column
    elicit_b: Column
    access_path: Column
    input_log: Column
    output_log: Column


def rows_of(streams: Streams, index: Column) -> Streams:
    """Copies of some streams, to be changed and appended."""
    return Streams(**{item.name: getattr(streams, item.name)[index].copy() for item in fields(streams)})


def joined(parts: list[Streams]) -> Streams:
    names = [item.name for item in fields(Streams)]
    return Streams(**{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})


def nothing(count: int) -> Column:
    return np.full(count, None, dtype=object)


def tokens(rng: np.random.Generator, count: int, prefix: str) -> Column:
    """`count` opaque identifiers."""
    digits = rng.bytes(count * 6).hex()
    return np.array([prefix + digits[at * 12 : at * 12 + 12] for at in range(count)], dtype=object)


def sometimes(rng: np.random.Generator, values: Column, share: float) -> Column:
    """The values, most of them replaced by None."""
    out = values.astype(object)
    out[rng.random(len(values)) >= share] = None
    return out


def phones(rng: np.random.Generator, country: Column) -> Column:
    numbers = rng.integers(200_000_000, 999_999_999, len(country))
    pairs = zip(country, numbers, strict=True)
    return np.array([f"+{places.COUNTRIES[code][3]}{number}" for code, number in pairs], dtype=object)


def cards(rng: np.random.Generator, accounts: Accounts, index: Column, bins: Column, funding: str) -> None:
    """Give each account of `index` a card of its own from the given BINs."""
    accounts.card[index] = tokens(rng, len(index), "ins_")
    accounts.card_kind[index] = "card"
    accounts.card_bin[index] = rng.choice(bins, len(index))
    accounts.card_funding[index] = funding


def verified(rng: np.random.Generator, accounts: Accounts, index: Column) -> None:
    """Each has shown a document of its own."""
    accounts.kyc_status[index] = "verified"
    accounts.kyc_document[index] = tokens(rng, len(index), "kyc_")


def ordinary_accounts(rng: np.random.Generator, plan: places.Plan, count: int, first_us: int, days: int) -> Accounts:
    """Customers as they come: nine in ten signed up over the two years before, the rest while the world runs."""
    country = rng.choice(len(places.COUNTRIES), count, p=places.COUNTRY_SHARES)
    first = rng.choice(cat.FIRST_NAMES, count)
    last = rng.choice(cat.LAST_NAMES, count)
    domain = rng.choice(cat.FREEMAIL, count, p=cat.FREEMAIL_SHARES)
    number = rng.integers(1, 9_999, count)
    style = rng.integers(0, 3, count)
    email = np.array(
        [
            (f"{f}.{s}{n % 100}" if k == 0 else f"{f[0]}{s}{n}" if k == 1 else f"{s}{f}{n % 1000}").lower() + f"@{d}"
            for f, s, d, n, k in zip(first, last, domain, number, style, strict=True)
        ],
        dtype=object,
    )
    age = rng.integers(1, 730 * DAY_US, count)
    young = rng.random(count) < 0.1
    created = np.where(young, first_us + rng.integers(0, days * DAY_US, count), first_us - age)
    device = tokens(rng, count, "dev_")
    machine = rng.random(count) < VM_DEVICE_SHARE
    images = tokens(rng, max(3, count // 1_500), "dev_")
    device[machine] = rng.choice(images, int(machine.sum()))
    reused = np.flatnonzero(rng.random(count) < REUSED_DEVICE_SHARE)
    device[reused] = device[rng.integers(0, count, len(reused))]
    codes = np.array([f"REF{n:04d}" for n in range(max(4, count // 120))], dtype=object)
    accounts = Accounts(
        account_id=np.array([f"acct_{n:08x}" for n in distinct_numbers(rng, count)], dtype=object),
        created_us=created, country=country, first_name=first, last_name=last, email=email,
        phone=sometimes(rng, phones(rng, country), 0.7),
        organization_id=nothing(count), organization_name=nothing(count),
        signup_address=places.home_addresses(rng, plan, country), device=device,
        kyc_status=rng.choice(cat.KYC, count, p=(0.55, 0.05, 0.39, 0.01)),
        kyc_document=nothing(count), referral=sometimes(rng, rng.choice(codes, count), 0.06),
        access_program=rng.choice(np.array([None, "startup", "research", "education"], dtype=object), count,
                                  p=(0.93, 0.03, 0.02, 0.02)),
        plan=rng.choice(cat.PLANS, count, p=(0.5, 0.3, 0.15, 0.05)),
        card=nothing(count), card_kind=nothing(count), card_bin=nothing(count), card_funding=nothing(count),
        card_country=np.array(places.COUNTRY_CODES, dtype=object)[country],
        next_card=nothing(count), renewal_day=np.full(count, NEVER),
        banned_day=own_bans(rng, (created - first_us) // DAY_US, days), login_share=rng.beta(1.2, 3.0, count),
        campaign=np.full(count, -1), role=nothing(count), lookalike=nothing(count), lookalike_group=nothing(count),
    )  # fmt: skip
    verified = accounts.kyc_status == "verified"
    accounts.kyc_document[verified] = tokens(rng, int(verified.sum()), "kyc_")
    cards(rng, accounts, np.arange(count), np.array(cat.BANK_BINS, dtype=object), "credit")
    debit = rng.random(count) < 0.4
    accounts.card_funding[debit] = "debit"
    other = rng.random(count)
    accounts.card_kind[other < 0.1] = "wallet"
    accounts.card_kind[other < 0.03] = "bank"
    accounts.card_bin[other < 0.03] = None
    accounts.card_funding[other < 0.03] = "unknown"
    virtual = np.flatnonzero(rng.random(count) < VIRTUAL_CARD_SHARE)
    cards(rng, accounts, virtual, np.array(cat.VIRTUAL_BINS, dtype=object), "prepaid")
    reissued = tokens(rng, max(4, len(virtual) // 12), "ins_")
    shared = virtual[rng.random(len(virtual)) < 0.6]
    accounts.card[shared] = rng.choice(reissued, len(shared))
    return accounts


def own_bans(rng: np.random.Generator, joined_day: Column, days: int) -> Column:
    """Day on which an ordinary account is banned, after the day it joined; NEVER for nearly all."""
    day = rng.integers(-180, days + 1, len(joined_day))
    return np.where((rng.random(len(day)) < BANNED_SHARE) & (day > joined_day), day, NEVER)


def distinct_numbers(rng: np.random.Generator, count: int) -> Column:
    """Distinct 32-bit numbers in random order, so that an id tells nothing about its cohort."""
    numbers = np.unique(rng.integers(0, 1 << 32, count + count // 4 + 64))
    return rng.permutation(numbers)[:count]


def ordinary_streams(rng: np.random.Generator, plan: places.Plan, accounts: Accounts, first_us: int) -> Streams:
    """Day-time, week-day use from home and mobile, lognormal volumes, every account with prompts of its own."""
    count = len(accounts.account_id)
    country = accounts.country
    address = np.repeat(accounts.signup_address[:, None], 4, axis=1)
    span = np.ones((count, 4), np.int64)
    mobile = rng.random(count) < MOBILE_SHARE
    address[mobile, 1] = plan.carriers[country[mobile]]
    span[mobile, 1] = 12
    tunnel = rng.random(count) < VPN_SHARE
    address[tunnel, 2] = plan.vpn[rng.integers(0, len(plan.vpn), int(tunnel.sum()))]
    span[tunnel, 2] = 8
    hosted = rng.random(count) < 0.15
    address[hosted, 3] = places.pool(rng, plan.hosting, int(hosted.sum()), 1 << 16)
    for lookalike, chosen in (("mobile_nat", mobile), ("vpn_exits", tunnel)):
        accounts.lookalike[chosen] = lookalike
        accounts.lookalike_group[chosen] = lookalike
    cron = rng.random(count) < CRON_SHARE
    rhythm = np.where(cron, CRON, DIURNAL)
    rhythm[rng.random(count) < 0.03] = ALWAYS
    api = rng.random(count)
    own = np.repeat(np.arange(count)[:, None], 4, axis=1) + cat.SHARED_TEMPLATES
    copies = np.flatnonzero(rng.random(count) < COPIED_SHARE)
    own[copies, 1:] = cat.FRAMEWORKS + np.searchsorted(cat.POPULAR_CUT, rng.random((len(copies), 3)))
    template_share = rng.beta(1.0, 2.0, count)
    keep = rng.uniform(0.1, 0.6, count)
    keep[copies] = rng.uniform(0.5, 0.95, len(copies))
    system = np.where(rng.random(count) < 0.35, np.arange(count) + cat.SHARED_PROMPTS, -1)
    tools = np.where(rng.random(count) < 0.15, np.arange(count) + cat.SHARED_PROMPTS, -1)
    framework = rng.random(count) < FRAMEWORK_SHARE
    own[framework, :] = rng.integers(0, cat.FRAMEWORKS, int(framework.sum()))[:, None]
    template_share[framework] = 0.6
    keep[framework] = 0.5
    system[framework] = own[framework, 0]
    tools[framework] = own[framework, 0]
    accounts.lookalike[framework] = "framework_default"
    accounts.lookalike_group[framework] = "framework_default"
    return Streams(
        account=np.arange(count), campaign=np.full(count, -1),
        first_day=np.maximum(0, (accounts.created_us - first_us) // DAY_US), last_day=accounts.banned_day.copy(),
        rate=np.minimum(900.0, np.exp(rng.normal(2.45, 1.35, count))), volume_sigma=np.full(count, 0.6),
        active_share=rng.beta(3.0, 1.8, count), weekend=rng.uniform(0.2, 0.9, count),
        rhythm=rhythm, beat=np.full(count, -1),
        minute=np.where(rng.random(count) < 0.6, 0, rng.choice([5, 10, 15, 30, 45], count)),
        hours_from_utc=places.HOURS_FROM_UTC[country],
        address=address, address_span=span, address_cut=cut(mobile * 0.3, tunnel * 0.25, hosted * 0.35),
        client=rng.choice(len(cat.CLIENTS), count, p=cat.CLIENT_SHARES),
        template=own, template_share=template_share, template_keep=keep, system_prompt=system, tools=tools,
        task_mix=rng.choice(cat.ORDINARY_TASKS, count), model_mix=rng.integers(0, cat.ORDINARY_MODELS, count),
        pivot=rng.beta(1.0, 9.0, count), elicit_a=rng.uniform(0.8, 1.6, count), elicit_b=rng.uniform(5.0, 12.0, count),
        access_path=np.where(api < API_SHARE, 0, np.where(api < 0.92, 2, 1)),
        input_log=rng.normal(6.4, 0.8, count), output_log=rng.normal(5.6, 0.6, count),
    )  # fmt: skip


def cut(second: Column, third: Column, fourth: Column) -> Column:
    """Cumulative chances of the four address slots; the first slot takes what the others leave."""
    total = np.maximum(second + third + fourth, 1e-9)
    scale = np.minimum(1.0, 0.95 / total)
    second, third, fourth = second * scale, third * scale, fourth * scale
    first = 1 - second - third - fourth
    return np.stack([first, first + second, first + second + third, np.ones(len(first))], axis=1)

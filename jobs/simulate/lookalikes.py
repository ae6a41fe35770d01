"""Innocent groups that look coordinated, one function per kind; each overwrites the rows it is given.

Each shares exactly what its real counterpart shares (one card, one address, one template, one hour of sign-ups), so
that a rule which accuses on any one of these accuses somebody here.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import numpy as np

from jobs.simulate import catalogues as cat
from jobs.simulate import people, places
from jobs.simulate.people import DAY_US, Column
from jobs.simulate.population import Beat, Builder, rename

HOUR_US = DAY_US // 24


def one_network(build: Builder, index: Column, prefix: int, owner: str, kind: str, exits: int, share: float) -> None:
    """Everybody of the group leaves through a few addresses of one range; at home otherwise."""
    code = places.COUNTRY_CODES[int(build.accounts.country[index[0]])]
    start = build.plan.networks.take(prefix, owner, kind, code)
    build.accounts.country[index] = build.accounts.country[index[0]]
    build.streams.hours_from_utc[index] = places.HOURS_FROM_UTC[build.accounts.country[index[0]]]
    build.streams.address[index, 1] = start + 1
    build.streams.address_span[index, 1] = exits
    build.streams.address_cut[index] = (1 - share, 1.0, 1.0, 1.0)


CARD = ("card", "card_kind", "card_bin", "card_funding", "card_country")


def one_card(build: Builder, index: Column) -> None:
    for name in CARD:
        column = getattr(build.accounts, name)
        column[index] = column[index[0]]


def one_organization(build: Builder, index: Column, name: str) -> None:
    accounts = build.accounts
    accounts.organization_id[index] = people.tokens(build.rng, 1, "org_")[0]
    accounts.organization_name[index] = name
    domain = name.lower().replace(" ", "-") + ".example"
    for row in index:
        accounts.email[row] = f"{accounts.first_name[row]}.{accounts.last_name[row]}{row % 97}@{domain}".lower()


def one_template(build: Builder, index: Column, count: int, share: float, keep: float, task: str) -> None:
    streams = build.streams
    known = build.templates(count)
    streams.template[index] = known[build.rng.integers(0, count, (len(index), 4))]
    streams.template_share[index] = share
    streams.template_keep[index] = keep
    streams.task_mix[index] = cat.task_mix(task)


def one_client(build: Builder, index: Column, agent: str) -> None:
    fingerprint = build.rng.bytes(6).hex()
    client = build.client(agent, f"t13d1613h2_{fingerprint}_{fingerprint[::-1]}")
    build.streams.client[index] = client
    build.streams.system_prompt[index] = build.prompt()
    build.streams.access_path[index] = 0


def signed_up(build: Builder, index: Column, start_us: int, spread_us: int) -> None:
    build.accounts.created_us[index] = start_us + build.rng.integers(0, spread_us, len(index))
    build.rejoin(index)


def enterprise_nat(build: Builder, index: Column, number: int) -> None:
    name = f"Northwind {number} Engineering"
    one_organization(build, index, name)
    one_network(build, index, 28, name, "corporate", 2, 0.9)
    build.streams.weekend[index] = 0.05
    build.streams.task_mix[index] = cat.task_mix("developer")


def enterprise_vpn(build: Builder, index: Column, number: int) -> None:
    """Staff in many countries and time zones behind one company's VPN, each with a card of their own."""
    name = f"Southgate {number} Remote"
    countries, hours = (column[index].copy() for column in (build.accounts.country, build.streams.hours_from_utc))
    one_organization(build, index, name)
    one_network(build, index, 28, name, "corporate", 3, 0.8)
    build.accounts.country[index], build.streams.hours_from_utc[index] = countries, hours
    build.streams.weekend[index] = 0.1
    build.streams.task_mix[index] = cat.task_mix("office")


def agency(build: Builder, index: Column, number: int) -> None:
    one_card(build, index)
    build.streams.task_mix[index] = cat.task_mix("office")
    build.accounts.device[index[: len(index) // 2]] = build.accounts.device[index[0]]


def white_label(build: Builder, index: Column, number: int) -> None:
    one_card(build, index)
    one_client(build, index, f"tenant-suite/{number}.4 node/22")
    one_template(build, index, 2, 0.8, 0.7, "support")
    hosts = build.plan.hosting[number % len(build.plan.hosting)] + 4_000 + number * 8
    build.streams.address[index] = hosts
    build.streams.address_span[index] = 4
    build.streams.rate[index] = np.exp(build.rng.normal(3.0, 0.9, len(index)))


def aggregator(build: Builder, index: Column, number: int) -> None:
    one_client(build, index, f"open-router-gateway/{number}.9 Go/1.23")
    build.streams.system_prompt[index] = -1
    build.streams.address[index] = build.plan.hosting[number % len(build.plan.hosting)] + 9_000 + number
    build.streams.template_share[index] = 0.0
    build.streams.task_mix[index] = cat.task_mix("diverse")
    build.streams.model_mix[index] = cat.DIVERSE_MIX
    build.streams.rate[index] = np.exp(build.rng.normal(4.2, 0.5, len(index)))
    build.streams.rhythm[index] = people.ALWAYS


def campus_class(build: Builder, index: Column, number: int) -> None:
    one_organization(build, index, f"Harbour College {number}")
    one_network(build, index, 24, f"Harbour College {number}", "education", 3, 0.75)
    build.accounts.access_program[index] = "education"
    one_template(build, index, 2, 0.65, 0.65, "assignment")
    signed_up(build, index, build.first_us - 12 * DAY_US, 3 * HOUR_US)
    start = (9 - int(build.streams.hours_from_utc[index[0]])) % 20
    build.streams.rhythm[index] = people.BEAT
    build.streams.beat[index] = build.beat(Beat(3, 1_500.0, start, start + 4, True))
    build.streams.rate[index] = 12.0


def hackathon(build: Builder, index: Column, number: int) -> None:
    day = min(build.days - 1, 2 + number % 3)
    one_network(build, index, 28, f"Venue {number}", "isp", 1, 0.85)
    one_template(build, index, 1, 0.6, 0.7, "developer")
    build.streams.system_prompt[index] = build.prompt()
    signed_up(build, index, build.first_us + day * DAY_US + 9 * HOUR_US, HOUR_US)
    build.accounts.referral[index] = f"HACK{number:03d}"
    build.accounts.signup_address[index] = build.streams.address[index, 1]
    build.streams.last_day[index] = day + 2
    build.streams.rhythm[index] = people.BEAT
    build.streams.beat[index] = build.beat(Beat(6, 2_400.0, 9, 23))
    build.streams.rate[index] = np.exp(build.rng.normal(3.6, 0.5, len(index)))


def evaluation_vendor(build: Builder, index: Column, number: int) -> None:
    one_organization(build, index, f"Plumbline Evaluations {number}")
    one_card(build, index)
    one_template(build, index, 4, 0.9, 0.75, "grading")
    one_client(build, index, f"plumbline-runner/{number}.2 CPython/3.12")
    build.streams.model_mix[index] = cat.DIVERSE_MIX
    build.streams.rhythm[index] = people.BEAT
    build.streams.beat[index] = build.beat(Beat(4, 600.0, fixed=True))
    build.streams.rate[index] = np.exp(build.rng.normal(4.0, 0.5, len(index)))
    build.streams.elicit_a[index], build.streams.elicit_b[index] = 2.0, 4.0


def academic_benchmark(build: Builder, index: Column, number: int) -> None:
    one_organization(build, index, f"Lakeside Institute {number}")
    one_network(build, index, 24, f"Lakeside Institute {number}", "education", 2, 0.8)
    build.accounts.access_program[index] = "research"
    one_template(build, index, 3, 0.85, 0.8, "benchmark")
    build.streams.rate[index] = np.exp(build.rng.normal(4.0, 0.7, len(index)))
    build.streams.active_share[index] = 0.45
    build.streams.elicit_a[index], build.streams.elicit_b[index] = 2.5, 3.0


def ci_agents(build: Builder, index: Column, number: int) -> None:
    one_organization(build, index, f"Foundry {number} Build")
    one_client(build, index, f"ci-agent/{number}.0 Linux")
    one_template(build, index, 3, 0.7, 0.6, "developer")
    build.streams.address[index] = build.plan.hosting[number % len(build.plan.hosting)] + 20_000 + number * 32
    build.streams.address_span[index] = 16
    build.streams.rhythm[index] = people.CRON
    build.streams.minute[index] = 0
    build.streams.weekend[index] = 0.9
    build.streams.rate[index] = np.exp(build.rng.normal(3.5, 0.3, len(index)))


def proxy_customer(build: Builder, index: Column, number: int) -> None:
    """Ordinary customers of the resale networks that operators use too."""
    tenants = Counter(spec.proxy_network for spec in build.campaigns if spec.proxy_network is not None)
    busiest = sorted(tenants, key=lambda name: (-tenants[name], name))
    if busiest:
        exits = build.proxy_pools[busiest[(number - 1) % len(busiest)]]
        build.streams.address[index, 1] = build.rng.choice(exits, len(index))
        build.streams.address[index, 2] = build.rng.choice(exits, len(index))
        build.streams.address_cut[index] = (0.35, 0.7, 1.0, 1.0)


def release_day(build: Builder, index: Column, number: int) -> None:
    build.streams.pivot[index] = 0.95
    build.streams.model_mix[index] = cat.FLAGSHIP_MIX


def bystander(build: Builder, index: Column, number: int) -> None:
    """People with one thing, each another one, in common with some account of a campaign; nothing without campaigns."""
    operated = np.flatnonzero(build.accounts.role == "operated")
    if not len(operated):
        return
    accounts, streams = build.accounts, build.streams
    other = build.rng.choice(operated, len(index))
    for name in CARD:
        getattr(accounts, name)[index[0::7]] = getattr(accounts, name)[other[0::7]]
    accounts.device[index[1::7]] = accounts.device[other[1::7]]
    streams.address[index[2::7]] = streams.address[other[2::7]]
    streams.address_cut[index[2::7]] = streams.address_cut[other[2::7]]
    streams.template[index[3::7]] = streams.template[other[3::7]]
    streams.template_share[index[3::7]], streams.template_keep[index[3::7]] = 0.5, 0.7
    streams.client[index[4::7]] = streams.client[other[4::7]]
    streams.system_prompt[index[4::7]] = streams.system_prompt[other[4::7]]
    accounts.card_bin[index[5::7]] = accounts.card_bin[other[5::7]]
    accounts.created_us[index[6::7]] = accounts.created_us[other[6::7]] + 60_000_000
    build.rejoin(index[6::7])


def family(build: Builder, index: Column, number: int) -> None:
    one_card(build, index)
    build.accounts.last_name[index] = build.accounts.last_name[index[0]]
    build.accounts.signup_address[index] = build.accounts.signup_address[index[0]]
    build.streams.address[index] = build.accounts.signup_address[index[0]]
    build.accounts.device[index[-1]] = build.accounts.device[index[0]]


KINDS: dict[str, Callable[[Builder, Column, int], None]] = {
    "enterprise_nat": enterprise_nat,
    "enterprise_vpn": enterprise_vpn,
    "agency": agency,
    "white_label": white_label,
    "aggregator": aggregator,
    "class": campus_class,
    "hackathon": hackathon,
    "evaluation_vendor": evaluation_vendor,
    "academic_benchmark": academic_benchmark,
    "ci_agents": ci_agents,
    "proxy_customer": proxy_customer,
    "release_day": release_day,
    "family": family,
    "bystander": bystander,
}


def make_group(build: Builder, kind: str, number: int, index: Column) -> None:
    """Turn the ordinary accounts of `index` into one innocent group of that kind, labelled in the truth."""
    rename(build, index)
    KINDS[kind](build, index, number)
    build.accounts.lookalike[index] = kind
    build.accounts.lookalike_group[index] = f"{kind}-{number}"

"""Who the accounts of an innocent cause are: where they come from, who pays, from where they work; one function a value.

Functions overwrite the accounts they are given. Together with `habits` they make a group of the grammar in `causes`.
"""

from __future__ import annotations

from functools import partial

import numpy as np

from jobs.simulate import catalogues as cat
from jobs.simulate import people, places
from jobs.simulate.causes import INNOCENT
from jobs.simulate.habits import HABITS, Make, nothing
from jobs.simulate.lookalikes import HOUR_US, one_card, one_network, one_organization, signed_up
from jobs.simulate.operators import share_out
from jobs.simulate.people import DAY_US, Column
from jobs.simulate.population import Builder, rename
from jobs.simulate.specs import Group

FIRST = ("origin", "identity")  # others change what these make


def one_country(build: Builder, index: Column) -> None:
    build.accounts.country[index] = build.accounts.country[index[0]]
    build.streams.hours_from_utc[index] = places.HOURS_FROM_UTC[build.accounts.country[index[0]]]


def strangers(build: Builder, index: Column) -> None:
    signed_up(build, index, build.first_us - 420 * DAY_US, 410 * DAY_US)


def within(build: Builder, index: Column, hours: int, code: float) -> None:
    """Signed up within some hours, in the four weeks before or the first days; a share brought an invitation's code."""
    day = int(build.rng.integers(-28, max(1, build.days // 3)))
    signed_up(build, index, build.first_us + day * DAY_US + 8 * HOUR_US, hours * HOUR_US)
    invited = index[build.rng.random(len(index)) < code]
    build.accounts.referral[invited] = f"INV{build.rng.integers(0, 100_000):05d}"


def class_programme(build: Builder, index: Column) -> None:
    class_quiet(build, index)
    one_organization(build, index, f"Valley College {build.rng.integers(1, 1_000)}")
    build.accounts.access_program[index] = "education"


def class_quiet(build: Builder, index: Column) -> None:
    within(build, index, 3, 0.0)
    one_country(build, index)


def company_record(build: Builder, index: Column) -> None:
    strangers(build, index)
    one_organization(build, index, f"Eastbridge {build.rng.integers(1, 1_000)} Works")


def company_quiet(build: Builder, index: Column) -> None:
    """Its administrator signs everybody up from the desk; nobody but programs comes back to the console."""
    within(build, index, 48, 0.0)
    build.accounts.signup_address[index] = build.accounts.signup_address[index[0]]
    build.accounts.login_share[index] = 0.05


def agency(build: Builder, index: Column) -> None:
    strangers(build, index)
    build.accounts.device[index[: len(index) // 2]] = build.accounts.device[index[0]]
    build.accounts.signup_address[index] = build.accounts.signup_address[index[0]]


def account_seller(build: Builder, index: Column) -> None:
    """Machines make accounts in series, with series of mails, for stock; buyers are strangers to each other."""
    rng, accounts, count = build.rng, build.accounts, len(index)
    series = rng.integers(0, 120 * DAY_US, max(1, count // 15))[rng.integers(0, max(1, count // 15), count)]
    accounts.created_us[index] = build.first_us - DAY_US - series - rng.integers(0, HOUR_US, count)
    build.rejoin(index)
    domain = str(rng.choice(["outlook.com", "gmail.com", "proton.me"]))
    for row, digits in zip(index, rng.integers(1_000, 10_000, count), strict=True):
        accounts.email[row] = f"{accounts.first_name[row]}{accounts.last_name[row]}{digits}@{domain}".lower()
    share_out(build, accounts.device, index, 0.6, 6)
    accounts.signup_address[index] = places.pool(rng, build.plan.hosting[:2], count, 1 << 16)
    accounts.kyc_status[index], accounts.kyc_document[index] = "none", None


def reseller(build: Builder, index: Column) -> None:
    """Makes each customer an account when it comes, at its own machine."""
    strangers(build, index)
    accounts = build.accounts
    domain = f"resale-{build.rng.bytes(2).hex()}.example"
    for number, row in enumerate(index):
        accounts.email[row] = f"customer{100 + number}@{domain}"
    accounts.device[index] = accounts.device[index[0]]
    accounts.signup_address[index] = accounts.signup_address[index[0]]
    accounts.login_share[index] = 0.03


def gateway(build: Builder, index: Column) -> None:
    strangers(build, index)
    build.accounts.referral[index[build.rng.random(len(index)) < 0.5]] = f"GW{build.rng.integers(0, 10_000):04d}"


def unverified_freemail(build: Builder, index: Column) -> None:
    accounts = build.accounts
    accounts.kyc_status[index], accounts.kyc_document[index], accounts.phone[index] = "none", None, None
    for row, digits in zip(index, build.rng.integers(1, 1_000, len(index)), strict=True):
        name = f"{accounts.first_name[row]}.{accounts.last_name[row]}{digits}"
        accounts.email[row] = f"{name}@{build.rng.choice(cat.FREEMAIL)}".lower()


def company_domain(build: Builder, index: Column) -> None:
    accounts, domain = build.accounts, f"works-{build.rng.bytes(3).hex()}.example"
    for number, row in enumerate(index):
        accounts.email[row] = f"{accounts.first_name[row]}.{accounts.last_name[row]}{number}@{domain}".lower()


def virtual_cards(build: Builder, index: Column, bins: int, shared: float) -> None:
    chosen = build.rng.choice(np.array(cat.VIRTUAL_BINS, dtype=object), bins, replace=False)
    people.cards(build.rng, build.accounts, index, chosen, "prepaid")
    build.accounts.card_country[index] = "US"
    share_out(build, build.accounts.card, index, shared, 3)


def marketplace(build: Builder, index: Column) -> None:
    accounts = build.accounts
    accounts.card_kind[index], accounts.card_bin[index], accounts.card_funding[index] = "marketplace", None, "unknown"
    build.streams.access_path[index] = 1


def carrier_nat(build: Builder, index: Column) -> None:
    one_country(build, index)
    streams, country = build.streams, build.accounts.country[index[0]]
    streams.address[index, 1], streams.address_span[index, 1] = build.plan.carriers[country], 12
    streams.address_cut[index] = (0.2, 1.0, 1.0, 1.0)


def vpn(build: Builder, index: Column) -> None:
    streams = build.streams
    streams.address[index, 1], streams.address_span[index, 1] = build.rng.choice(build.plan.vpn), 8
    streams.address_cut[index] = (0.15, 1.0, 1.0, 1.0)


def hosted(build: Builder, index: Column) -> None:
    """A machine rented for each, at one provider or two."""
    hosts = build.rng.choice(build.plan.hosting, 2)
    build.streams.address[index] = places.pool(build.rng, hosts, len(index), 1 << 16)[:, None]
    build.streams.address_span[index] = 1


def foreign(build: Builder, index: Column) -> None:
    """At home in one country, signed up as of others: where the service is not offered, people say another country."""
    home = np.full(len(index), build.rng.integers(0, len(places.COUNTRIES)))
    build.streams.address[index] = places.home_addresses(build.rng, build.plan, home)[:, None]
    build.streams.hours_from_utc[index] = places.HOURS_FROM_UTC[home]


PEOPLE: dict[str, dict[str, Make]] = {
    "origin": {
        "strangers": strangers,
        "signup_event": partial(within, hours=4, code=0.5),
        "class_programme": class_programme,
        "class_quiet": class_quiet,
        "contest": partial(within, hours=72, code=0.6),
        "company_record": company_record,
        "company_quiet": company_quiet,
        "agency": agency,
        "account_seller": account_seller,
        "reseller": reseller,
        "gateway": gateway,
    },
    "payment": {
        "own_cards": nothing,
        "one_payer": one_card,
        "card_batch": partial(virtual_cards, bins=1, shared=0.3),
        "prepaid_gift": partial(virtual_cards, bins=3, shared=0.0),
        "marketplace": marketplace,
    },
    "network": {
        "homes": nothing,
        "carrier_nat": carrier_nat,
        "vpn": vpn,
        "campus": lambda build, index: one_network(build, index, 24, "Campus Net", "education", 3, 0.75),
        "one_office": lambda build, index: one_network(build, index, 28, "Office Line", "corporate", 2, 0.9),
        "hosted": hosted,
        "foreign": foreign,
    },
    "identity": {
        "usual": nothing,
        "verified": lambda build, index: people.verified(build.rng, build.accounts, index),
        "unverified_freemail": unverified_freemail,
        "company_domain": company_domain,
    },
}


def make_innocents(build: Builder, group: Group, index: Column) -> None:
    """Turn the ordinary accounts of `index` into a group of that cause, named in the truth by its origin and its id."""
    rename(build, index)
    makers = PEOPLE | HABITS
    for component in dict.fromkeys((*FIRST, *INNOCENT)):
        makers[component][group.cause[component]](build, index)
    build.accounts.lookalike[index] = f"origin={group.cause['origin']}"
    build.accounts.lookalike_group[index] = group.group_id

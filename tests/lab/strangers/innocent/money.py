"""People whose way of paying makes them alike."""

from __future__ import annotations

from dataclasses import replace

from .. import people, works
from ..group import Group, innocent
from ..rhythm import DAY, Steady


@innocent(
    15,
    250,
    "gift cards of one brand with consecutive purchases, redeemed within days of a sale, and failed charges when they are empty",
)
def gift_card_buyers(g: Group) -> None:
    """A supermarket chain sells gift cards; who has no credit card buys them."""
    brand, country = g.dials.count(0, 4), people.country_of(g.dials).code
    empty = g.between(0.05, 0.4)
    for buyer in g.people(country=country if g.coin(0.9) else None):
        if g.coin(0.5):
            buyer.signed_up(-g.scale(0.5, 25) * DAY)
        buyer.pays_with(replace(g.banks.prepaid(g.dials, brand), issuer_country=country, trouble=empty))


@innocent(8, 120, "one card pays for dozens of accounts that run one template from one office at the same hours")
def agency_for_clients(g: Group) -> None:
    """An agency runs its clients' accounts with its own card and its own prompt library."""
    country = people.country_of(g.dials).code
    name, _ = people.company(g.dials)
    office, card, extra = g.net.office(g.dials, country, name), g.card_of(country), g.card_of(country)
    library, client, same = (
        g.template((30, 200), (40, 200), variants=g.dials.count(4, 40)),
        g.programs.sdk(g.dials),
        g.settings(),
    )
    owned, leave = g.between(0.2, 1.0), g.between(0, 0.5)
    for account in g.people("company" if g.coin() else "writer", country):
        account.profile.organization_name, domain = people.company(g.dials)
        account.profile.email = people.email(g.dials, account.profile.full_name or "web team", domain)
        account.pays_with(card if g.coin(0.8) else extra)
        account.keeps(leave)
        line = office if g.coin(owned) else None
        g.api(
            account,
            works.WRITING,
            g.dials.about(45.0, 0.9),
            library,
            g.human(account, 10.0, 14.5),
            client=client,
            line=line,
            **same,
        )
    g.together((10, 400), g.scale(100, 9000), office)


@innocent(
    20,
    300,
    "one card, server and system prompt, an account for each tenant, opened by a script: a campaign but for its content",
)
def white_label_tenants(g: Group) -> None:
    """A software house opens an account for each of its customers, whose end users chat with a branded assistant."""
    _, domain = people.company(g.dials)
    servers, card = g.net.server(g.dials, g.dials.count(1, 8)), g.card_of(people.country_of(g.dials).code)
    assistant, client, same = (
        g.template((10, 120), (15, 80), variants=g.dials.count(1, 10)),
        g.program("tenantd"),
        g.settings(),
    )
    noon, work = g.between(0, 24), g.dials.pick((works.SUPPORT, works.SUMMARISING, works.EXTRACTING))
    organization, tools = f"org_{g.dials.token(10)}", g.dials.token(32)
    for number, tenant in enumerate(g.people("dormant")):
        g.fake(tenant, 1.0)
        tenant.profile.email, tenant.profile.organization_name = (
            f"tenant{number:03d}@{domain}",
            people.company(g.dials)[0],
        )
        tenant.profile.organization_id = organization if g.coin(0.7) else None
        tenant.profile.tier = "scale"
        tenant.pays_with(card)
        tenant.line = servers
        changes = same | {"system_prompt": g.dials.token(32)} if g.coin(0.3) else same
        g.api(
            tenant,
            work,
            g.dials.about(60.0, 1.2),
            assistant,
            Steady(g.between(0.4, 1.0), noon),
            client=client,
            tool_set=tools,
            **changes,
        )
    g.together((5, 300), g.scale(1, 4000), servers)


@innocent(6, 60, "friends of friends share three cards and two accounts' devices; devices and places cross without end")
def group_buy(g: Group) -> None:
    """People who cannot afford the subscription alone share accounts and cards in a messenger group."""
    country = g.dials.pick(("IN", "PH", "NG", "ID", "VN", "BR", "KE"))
    cards = [g.card_of(country) for _ in range(g.dials.count(1, 4))]
    devices = [g.dials.token(16) for _ in range(g.size * 2)]
    for buyer in g.people(country=country):
        buyer.profile.tier = "plus"
        buyer.pays_with(g.dials.pick(cards))
        buyer.device = g.dials.pick(devices)
        buyer.calls_from(g.net.mobile(g.dials, country), g.between(0.2, 0.8))
        buyer.keeps(g.between(1.0, 3.0))


@innocent(
    10,
    150,
    "one partner's virtual cards, one referral code, one week of sign-ups, and half of them leave when the credit is used up",
)
def fintech_promotion(g: Group) -> None:
    """A bank app gives away a month of the service with its new virtual card."""
    issuer, code, begins = g.dials.count(0, 2), f"promo{g.dials.token(3)}", g.scale(1, 30)
    fade = g.between(0, 0.5)
    for winner in g.people():
        winner.signed_up(-begins * g.between(0, 1.1) * DAY)
        winner.pays_with(g.banks.virtual(g.dials, issuer))
        winner.profile.referral_code, winner.profile.tier = code, "plus"
        if g.coin(fade):
            g.ban(winner, g.between(0, g.world.days) * DAY, "closed", "customer_request")


@innocent(
    8,
    80,
    "every company's invoice goes through one bank account and one procurement mailbox, phones and names are the reseller's",
)
def procurement_reseller(g: Group) -> None:
    """A local reseller buys for companies and schools that cannot pay abroad."""
    country = g.dials.pick(("NG", "TR", "AR", "VN", "ID", "UA"))
    name, domain = people.company(g.dials)
    bank = g.banks.bank(g.dials, country)
    contact = people.full_name(g.dials, people.COUNTRIES[country])
    office = g.net.office(g.dials, country, name)
    phone = people.phone(g.dials, people.COUNTRIES[country])
    for customer in g.people("company" if g.coin(0.6) else "employee", country):
        customer.pays_with(bank)
        if g.coin(0.8):
            customer.profile.full_name, customer.profile.phone = contact, phone
        if g.coin(0.7):
            customer.profile.email = f"{people.word(g.dials, 2)}.order@{domain}"
        customer.signed_up(-g.scale(2, 400) * DAY, office)

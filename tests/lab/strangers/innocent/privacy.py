"""People who hide, or who are far from home, for good reasons."""

from __future__ import annotations

from dataclasses import replace

from .. import people, works
from ..clients import TOR_BROWSER
from ..group import Group, innocent
from ..rhythm import DAY, HOUR, Human, Steady


@innocent(
    15,
    200,
    "shared VPN exits, alias mail, no phone, prepaid cards, hardened browsers and one pinned prompt that everybody copies",
)
def privacy_forum(g: Group) -> None:
    """A forum for privacy-minded people recommends one set-up."""
    provider = g.net.vpn(g.dials, exits=g.dials.count(2, 10))
    pinned, alias = g.template((20, 150), (20, 150), variants=g.dials.count(1, 4)), f"{people.word(g.dials, 2)}mail.com"
    anonymous, obedient = g.between(0.4, 0.95), g.between(0.3, 0.9)
    for member in g.people("hobbyist" if g.coin() else None):
        member.calls_from(provider, g.between(0.7, 1.0))
        if g.coin(anonymous):
            member.profile.phone = member.profile.full_name = None
            member.profile.email = f"{g.dials.token(9)}@{alias}"
            member.profile.signup_address = provider.one(g.dials)
            member.pays_with(g.banks.crypto(g.dials) if g.coin(0.3) else g.banks.prepaid(g.dials, 2))
        if g.coin(obedient):
            g.chat(member, works.CHATTING, g.dials.about(12.0), pinned, g.human(member, 20.0))


@innocent(
    8,
    60,
    "sign-ups and every request through Tor, no names, burner mail, one template for affidavits, sudden bursts together",
)
def ngo_under_surveillance(g: Group) -> None:
    """An organisation documents abuses in a country that watches it."""
    form, client = g.template((80, 300), (60, 300), variants=g.dials.count(1, 3)), TOR_BROWSER
    country, crisis = g.dials.pick(people.UNSERVED), g.between(0, g.world.days - 0.5) * DAY
    device = g.dials.token(16) if g.coin(0.3) else None
    for worker in g.people("writer", country):
        g.fake(worker, 1.0)
        worker.profile.country, worker.profile.email = (
            g.dials.pick((None, "GE", "NL", "DE")),
            f"{g.dials.token(10)}@proton.me",
        )
        worker.client, worker.line = client, g.net.tor
        worker.pays_with(g.banks.prepaid(g.dials) if g.coin(0.7) else g.banks.crypto(g.dials))
        rhythm = Human(worker.offset, (10.0, 15.0, 20.0), 3.0, 0.9, 0.7, 12.0, 90.0)
        work = g.dials.pick((works.TRANSLATING, works.WRITING))
        g.chat(worker, work, g.dials.about(14.0), form, rhythm, client=client)
        g.chat(
            worker,
            work,
            g.dials.about(60.0),
            form,
            rhythm,
            client=client,
            begins=crisis,
            ends=crisis + g.between(6, 20) * HOUR,
        )
        if device:
            worker.device = worker.profile.signup_device_id = device
    g.together((3, 90), g.scale(2, 90), g.net.tor)


@innocent(
    10,
    120,
    "a card of one country, a phone of another, a VPN to home and a line in a third, in a community with one form letter",
)
def expatriates(g: Group) -> None:
    """Expatriates keep their home cards and help each other with the authorities' letters."""
    home, abroad = g.dials.pick(("US", "GB", "IN", "FR", "KR")), g.dials.pick(("DE", "JP", "AE", "PT", "SG", "TR"))
    letters = g.worksheet((10, 80), (40, 160), g.scale(10, 80), stem=g.dials.count(10, 60))
    tunnel = g.between(0, 0.7)
    for person in g.people(country=abroad):
        person.profile.country = home if g.coin(0.6) else abroad
        person.profile.phone = people.phone(g.dials, people.COUNTRIES[home if g.coin() else abroad])
        person.pays_with(g.card_of(home))
        if g.coin(tunnel):
            person.calls_from(g.net.vpn(g.dials, home), g.between(0.3, 0.9))
        g.chat(person, works.TRANSLATING, g.scale(2, 20), letters, g.human(person, 19.0))


@innocent(
    20,
    250,
    "opened in bulk on few devices with virtual cards of one issuer, used from an unserved country through shared VPN exits",
)
def unserved_country_resale(g: Group) -> None:
    """A shop sells ready-made accounts to people where the service is not sold; each buyer is a stranger to the others."""
    country, issuer = g.dials.pick(people.UNSERVED), g.dials.count(0, 2)
    farm = g.net.server(g.dials, g.dials.count(1, 6)) if g.coin() else g.net.vpn(g.dials)
    devices, domain = [g.dials.token(16) for _ in range(g.dials.count(1, 6))], f"{people.word(g.dials)}.com"
    exits, own_mail = g.net.vpn(g.dials, exits=12), g.between(0, 0.7)
    for buyer in g.people(country=country):
        maker, line = people.country_of(g.dials), buyer.line
        buyer.profile.country, buyer.profile.full_name = maker.code, people.full_name(g.dials, maker)
        if not g.coin(own_mail):
            buyer.profile.email = people.email(g.dials, buyer.profile.full_name, domain)
        buyer.signed_up(-g.scale(0.3, 120) * DAY, farm, g.dials.pick(devices))
        buyer.device = g.dials.token(16)
        buyer.pays_with(g.banks.virtual(g.dials, issuer))
        buyer.calls_from(exits if g.coin(0.8) else line)


@innocent(
    15, 200, "their home addresses are exits of a residential proxy: a campaign's requests come from the same addresses"
)
def free_vpn_users(g: Group) -> None:
    """Users of a free VPN app that sells its users' lines; they call through each other's households."""
    peers, share = g.net.residential(g.dials, g.dials.count(60, 800), g.scale(2, 40)), g.between(0.4, 1.0)
    for user in g.people("phone_only" if g.coin() else None):
        user.calls_from(peers, min(1.0, g.dials.about(share, 0.2)))


@innocent(
    8,
    90,
    "new accounts with prepaid and crypto money, anonymous mail, rented servers in odd countries and bots around the clock",
)
def crypto_hobbyists(g: Group) -> None:
    """A chat room of crypto traders runs the same open-source news bot."""
    news, client, same = (
        g.template((60, 250), (60, 300), variants=g.dials.count(1, 4)),
        g.program("coinwatch"),
        g.settings(),
    )
    for trader in g.people("automator" if g.coin(0.3) else None):
        trader.pays_with(g.dials.pick((g.banks.crypto, g.banks.prepaid, g.banks.virtual))(g.dials))
        trader.profile.phone = None
        trader.keeps(g.between(0, 0.7))
        line = g.net.server(g.dials) if g.coin(0.7) else g.net.vpn(g.dials)
        g.api(
            trader,
            works.SUMMARISING,
            g.dials.about(110.0, 0.8),
            news,
            Steady(g.between(0, 0.4)),
            client=client,
            line=line,
            **same,
        )


@innocent(
    6,
    60,
    "different countries every few days, the same hostels' addresses, cards from fintechs with one BIN, impossible travel by VPN",
)
def digital_nomads(g: Group) -> None:
    """A travelling community works in the same places."""
    places = [g.net.home(g.dials, people.country_of(g.dials).code) for _ in range(g.dials.count(2, 5))]
    issuer = g.dials.count(0, 2)
    for nomad in g.people("developer" if g.coin() else "writer"):
        for place in g.dials.some(places, 2):
            nomad.calls_from(place, g.between(0.3, 0.6))
        nomad.calls_from(g.net.vpn(g.dials), g.between(0.1, 0.6))
        nomad.pays_with(g.banks.virtual(g.dials, issuer))


@innocent(
    10,
    150,
    "one leak divided page by page behind a listed proxy, several accounts a person and one card, only to keep sources apart",
)
def investigative_desk(g: Group) -> None:
    """Journalists of a consortium read a leak with a shared prompt, behind a listed proxy, and keep one account a source."""
    leak = g.worksheet((200, 2500), (60, 300), 4.0, stem=g.dials.count(30, 120))
    gateway, card = g.net.gateway(g.dials, g.dials.count(2, 12)), g.card_of("GB")
    _, domain = people.company(g.dials)
    for reporter, part in g.sharing(leak, "writer"):
        reporter.streams = [replace(stream, path="chat") for stream in reporter.streams]
        reporter.profile.email = people.email(
            g.dials, reporter.profile.full_name or "desk", domain if g.coin() else None
        )
        reporter.calls_from(gateway, g.between(0.5, 1.0))
        if g.coin(0.6):
            reporter.pays_with(card)
        g.api(
            reporter,
            works.EXTRACTING,
            g.dials.about(60.0, 0.8),
            part,
            g.human(reporter, 11.0, 17.0),
            client=g.programs.sdk(g.dials),
        )
    g.together((2, 40), g.scale(12, 300), gateway)

"""Operators who hide among others: behind true pasts, honest customers, campuses and companies."""

from __future__ import annotations

from dataclasses import replace

from .. import people, works
from ..clients import anti_detect
from ..group import Group, operator
from ..rhythm import DAY, HOUR, Human, Steady
from .craft import pace, skill


@operator(20, 120, "every account has a true past of its own, from years before it was sold")
def bought_aged_accounts(g: Group) -> None:
    """Accounts of strangers, bought from a dealer with their cards and mail, and put to work."""
    prompt, same = g.template((30, 250), (25, 120), variants=g.dials.count(3, 30)), g.settings()
    work, handover = skill(g), g.between(-3, g.world.days - 1.2) * DAY
    one_client = g.program("task", 0.2) if g.coin(0.5) else None
    when = pace(g)
    for account in g.people():
        account.created, account.statuses = -g.scale(90, 900) * DAY, []
        account.keeps(g.between(0, 0.6))
        line = g.net.residential(g.dials, 8, 20.0, account.profile.country)
        begins = handover + g.between(0, 36) * HOUR
        rhythm = when(account)
        g.api(
            account,
            work,
            g.scale(20, 200),
            prompt,
            rhythm,
            client=one_client or g.programs.sdk(g.dials),
            line=line,
            begins=begins,
            **same,
        )


@operator(
    8, 50, "the operator's accounts stand among a reseller's honest customers, with the same card, address and sign-up"
)
def behind_a_reseller(g: Group) -> None:
    """An operator buys accounts from a reseller who serves honest customers as well."""
    name, domain = people.company(g.dials)
    office, bank = g.net.office(g.dials, "SG", name), g.banks.bank(g.dials, "SG")
    prompt, same, client = (
        g.template((40, 250), (25, 120), variants=g.dials.count(1, 15)),
        g.settings(),
        g.program("flow", 0.2),
    )
    work = skill(g)
    customers = list(g.bystanders(round(g.size * g.between(0.7, 3)), "company"))
    accounts = list(g.people("dormant"))
    when = pace(g)
    for account in accounts:
        g.fake(account)
        account.line = g.net.server(g.dials, g.dials.count(1, 3))
        g.api(account, work, g.scale(60, 500), prompt, when(account), client=client, **same)
    for account in [*customers, *accounts]:
        account.pays_with(bank)
        account.profile.organization_name = people.company(g.dials)[0]
        if g.coin(0.7):
            account.profile.email = f"{people.word(g.dials, 2)}@{domain}"
        account.signed_up(-g.scale(3, 300) * DAY, office)


@operator(10, 70, "most of each account's traffic is many honest strangers'; the extraction is a tenth to a half of it")
def relay_to_end_customers(g: Group) -> None:
    """A relay: machine accounts serve thousands of end customers, and the extraction rides along."""
    servers, client = g.net.server(g.dials, g.dials.count(2, 20)), g.program("relay", 0.4)
    prompt, share = g.template((40, 250), (20, 120), variants=g.dials.count(1, 20)), g.between(0.1, 0.5)
    cards, same = [g.banks.virtual(g.dials) for _ in range(g.dials.count(3, 25))], g.settings()
    work = skill(g)
    for account in g.people("dormant"):
        g.fake(account)
        account.pays_with(g.dials.pick(cards))
        account.line = servers
        total = g.scale(150, 1200)
        for custom in g.dials.some(
            (works.CHATTING, works.CODING, works.PLAYING, works.WRITING, works.TRANSLATING, works.AGENT), 4
        ):
            g.api(
                account,
                custom,
                total * (1 - share) / 4,
                g.programs.talk(g.dials),
                Steady(0.5, g.between(0, 24)),
                client=client,
            )
        g.api(account, work, total * share, prompt, Steady(0.2), client=client, **same)
    g.together((3, 80), g.scale(10, 900), servers)


@operator(15, 100, "students by their mail, programme and campus VPN; the assignment never ends and covers everything")
def campus_cover(g: Group) -> None:
    """Accounts of an education programme, with bought university mail addresses."""
    domains = [f"{people.word(g.dials)}.edu" for _ in range(g.dials.count(1, 5))]
    tasks = g.worksheet((1500, 8000), (20, 100), g.scale(5, 40), stem=g.dials.count(10, 90))
    same = g.settings()
    client = g.programs.sdk(g.dials)
    campus = g.net.campus(g.dials)
    work = skill(g, works.STUDYING, works.CHATTING, works.EXAMINING)
    for account, part in g.sharing(tasks, "student"):
        g.fake(account)
        account.profile.access_program = "education" if g.coin(0.7) else "research"
        account.profile.email = people.email(g.dials, account.profile.full_name or "a student", g.dials.pick(domains))
        account.line = campus if g.coin(0.4) else g.net.residential(g.dials, 6, 30.0)
        g.api(account, work, g.scale(25, 200), part, g.human(account, 13.0, 19.0, 23.0), client=client, **same)
    g.together((5, 120), g.scale(48, 1500))


@operator(
    15,
    100,
    "only chat subscriptions in disguised browsers, with human pauses; no key, no header, no settings to compare",
)
def chat_harvest(g: Group) -> None:
    """Robots in anti-detect browsers use chat subscriptions."""
    stems = g.template((10, 120), (20, 120), variants=g.dials.count(2, 40))
    work = skill(g)
    sitting, pause = g.scale(8, 60), g.scale(15, 90)
    for account in g.people("dormant"):
        g.fake(account)
        account.profile.tier = "plus"
        account.client = anti_detect(g.dials)
        account.pays_with(g.banks.prepaid(g.dials) if g.coin(0.4) else g.banks.virtual(g.dials))
        account.line = g.net.residential(g.dials, 4, 80.0)
        account.sign_ins = g.between(0.3, 2.0)
        g.chat(
            account,
            work,
            g.scale(30, 150),
            stems,
            Human(g.between(-12, 12), (8.0, 14.0, 20.0), 3.0, 0.95, 0.95, sitting, pause),
        )
    g.together((3, 90), g.scale(24, 900))


@operator(
    10, 60, "real companies' real products run on the accounts; the other half of the traffic is a lesson for a model"
)
def staff_and_shell_companies(g: Group) -> None:
    """A laboratory uses its staff's and its subsidiaries' accounts, on all access paths, beside honest work."""
    prompt, skills = g.template((30, 300), (30, 150), variants=g.dials.count(5, 40)), [skill(g) for _ in range(2)]
    tunnel, client, country = (
        g.net.vpn(g.dials, exits=8),
        g.program("lab", 0.3),
        g.dials.pick(("SG", "TW", "US", "AE", "KR")),
    )
    same, share = g.settings(), g.between(0.3, 0.9)
    when = pace(g)
    for account in g.people(g.dials.pick(("company", "developer")), country):
        account.statuses = []
        account.keeps(1 - share)
        account.calls_from(tunnel, g.between(0.2, 0.9))
        path = g.dials.pick(("api", "cloud_marketplace"), (2, 1))
        if path == "cloud_marketplace":
            account.pays_with(g.banks.marketplace(g.dials))
        for work in skills:
            g.api(account, work, g.scale(40, 400), prompt, when(account), client=client, path=path, **same)


@operator(
    25,
    150,
    "each account copies one real customer's habits and adds a few requests to them; the average is ordinary in everything",
)
def mimicry(g: Group) -> None:
    """Accounts live like ordinary people of every sort, and slip in their questions."""
    subjects = g.worksheet((2000, 10000), (6, 30), g.scale(20, 80), stem=g.dials.count(0, 15))
    work = skill(g)
    settings, alike = g.settings(), g.between(0.2, 0.9)
    for account, part in g.sharing(subjects):
        account.statuses = []
        account.signed_up(-g.scale(4, 300) * DAY)
        account.pays_with(g.banks.virtual(g.dials))
        account.line = g.net.residential(g.dials, 3, 50.0, account.profile.country)
        g.api(account, work, g.scale(10, 60), part, g.human(account), **(settings if g.coin(alike) else {}))


@operator(
    12,
    100,
    "template, client, system prompt and hours of an innocent crowd in the same world; only whose accounts they are differs",
)
def inside_a_crowd(g: Group) -> None:
    """Accounts copy, stream by stream, what the members of an innocent group do, and ask for more of it."""
    crowd = [
        one
        for one in g.world.accounts
        if one.group_id and not one.operated and any(stream.path == "api" for stream in one.streams)
    ]
    chosen = g.dials.pick(crowd or g.world.accounts).group_id
    models = [one for one in crowd or g.world.accounts if one.group_id == chosen]
    cards = [g.banks.virtual(g.dials) for _ in range(g.dials.count(2, 20))]
    shared_line, more = g.net.residential(g.dials, g.dials.count(20, 400), g.scale(2, 40)), g.scale(0.7, 4)
    for account in g.people("dormant"):
        model = g.dials.pick(models)
        g.fake(account)
        account.pays_with(g.dials.pick(cards))
        account.line = shared_line if g.coin(0.6) else g.net.server(g.dials)
        account.streams = [replace(stream, line=None, per_day=more * stream.per_day) for stream in model.streams]
        account.created = min(account.created, model.created)

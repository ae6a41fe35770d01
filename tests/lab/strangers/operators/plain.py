"""Operators who take little care."""

from __future__ import annotations

from dataclasses import replace

from .. import people, works
from ..group import Group, operator
from ..rhythm import DAY, HOUR, Clockwork, Summoned
from .craft import pace, skill


@operator(12, 90, "sloppy, but not sloppier than a coding school: one card, one server, one template, day and night")
def one_card_one_template(g: Group) -> None:
    """One machine, one card, one prompt with blanks."""
    servers, client, same = g.net.server(g.dials, g.dials.count(1, 6)), g.program("runner"), g.settings()
    prompt, card = g.template((80, 300), (15, 60)), g.card_of()
    work = skill(g)
    when = pace(g)
    for account in g.people("dormant"):
        g.fake(account)
        account.pays_with(card)
        account.line = servers
        g.api(account, work, g.scale(60, 600), prompt, when(account), client=client, **same)
    g.together((1, 60), g.scale(1, 40), servers)


@operator(20, 140, "every trace is an ordinary household's, but the fleet answers one queue: only the moments agree")
def residential_queue(g: Group) -> None:
    """Workers behind rotating residential proxies take items from one queue."""
    proxies = g.net.residential(g.dials, g.dials.count(300, 3000), g.scale(1, 20))
    client = g.program("worker", 0.2)
    same = g.settings()
    items = g.worksheet((2000, 9000), (15, 60), g.scale(3, 20), stem=g.dials.count(20, 150))
    waves = g.world.moments(g.dials, g.dials.count(60, 400))
    work = skill(g)
    shared = g.coin(0.4)
    for account, part in g.sharing(items, "dormant"):
        g.fake(account)
        account.pays_with(g.banks.virtual(g.dials, 1 if shared else None))
        account.line = proxies
        g.api(
            account,
            work,
            g.scale(25, 160),
            part,
            Summoned(waves, g.scale(2, 60), g.between(0.2, 0.6)),
            client=client,
            **same,
        )
    g.together((2, 120), g.scale(20, 600), proxies)


@operator(15, 100, "cards of one batch, each used once; charge-backs come only after the campaign")
def batch_of_cards(g: Group) -> None:
    """Accounts paid by stolen or generated cards that were bought as a batch."""
    vpn, client, same = g.net.vpn(g.dials, exits=12), g.program("caller", 0.3), g.settings()
    prompt = g.template((40, 200), (20, 90), variants=g.dials.count(1, 6))
    batch = [g.banks.stolen(g.dials) for _ in range(3)]
    work = skill(g)
    when = pace(g)
    for account in g.people("dormant"):
        g.fake(account)
        stolen = (
            replace(g.dials.pick(batch), fingerprint=g.banks.fingerprint(g.dials))
            if g.coin(0.8)
            else g.banks.stolen(g.dials)
        )
        account.pays_with(stolen)
        account.line = vpn if g.coin(0.7) else g.net.residential(g.dials, 20, 8.0)
        g.api(account, work, g.scale(30, 300), prompt, when(account), client=client, **same)
    g.together((0.5, 20), g.scale(6, 200))


@operator(40, 160, "no account lives longer than two days: whoever looks at a week of history sees nobody")
def two_day_lives(g: Group) -> None:
    """Accounts on free credit are opened, used up and left."""
    proxies, same = g.net.residential(g.dials, g.dials.count(200, 2000), g.scale(1, 30)), g.settings()
    prompt, client = g.template((30, 250), (20, 100), variants=g.dials.count(1, 8)), g.program("trial", 0.2)
    domain = f"{people.word(g.dials)}.com" if g.coin(0.3) else None
    life = g.between(0.6, 2.0) * DAY
    when = pace(g)
    for account in g.people("dormant"):
        g.fake(account)
        account.profile.email = people.email(g.dials, account.profile.full_name or "j doe", domain)
        account.line = proxies
        account.signed_up(g.between(-1.8, g.world.days - 0.3) * DAY, proxies, g.dials.token(16))
        g.api(
            account,
            works.PUZZLING,
            g.scale(40, 250),
            prompt,
            when(account),
            client=client,
            ends=account.created + life,
            **same,
        )


@operator(
    8,
    60,
    "banned accounts are replaced within the hour and carry on where they stopped; each list of accounts is short",
)
def ban_replacement(g: Group) -> None:
    """A pool of constant size: for every banned account a new one."""
    servers, client, same = g.net.server(g.dials, g.dials.count(2, 20)), g.program("pool", 0.4), g.settings()
    prompt, rate = g.template((60, 300), (20, 90), variants=g.dials.count(1, 5)), g.scale(80, 500)
    work = skill(g)
    cards = [g.banks.virtual(g.dials) for _ in range(g.dials.count(2, 10))]
    when = pace(g)
    for account in g.people("dormant"):
        g.fake(account)
        account.pays_with(g.dials.pick(cards))
        account.line = servers if g.coin(0.6) else g.net.vpn(g.dials)
        account.signed_up(-g.scale(1, 40) * DAY, account.line)
        g.api(account, work, rate, prompt, when(account), client=client, **same)
    moment = 0.0
    while (moment := moment + g.rng.exponential(g.world.end / g.size * 2.5)) < g.world.end - 3 * HOUR:
        fallen = g.dials.pick([account for account in g.members if account.created < moment])
        if not fallen.statuses:
            g.ban(fallen, moment)
            for heir in g.people("dormant", count=1):
                g.fake(heir)
                heir.streams, heir.line, heir.client = list(fallen.streams), fallen.line, fallen.client
                heir.signed_up(moment + g.between(0.1, 1.5) * HOUR, heir.line, fallen.device if g.coin(0.3) else None)
                heir.pays_with(g.dials.pick(cards))


@operator(6, 25, "few accounts, each as busy as a company's, with invoices paid and a verified name")
def few_at_high_volume(g: Group) -> None:
    """Shell companies with good manners."""
    client, prompt = g.program("platform", 0.4), g.template((60, 400), (30, 150), variants=g.dials.count(2, 12))
    same, skills = g.settings(), [skill(g) for _ in range(3)]
    when = pace(g)
    for account in g.people("company"):
        name, domain = people.company(g.dials)
        account.profile.organization_name = name
        account.profile.email = people.email(g.dials, account.profile.full_name or "it desk", domain)
        account.profile.kyc_status = "verified" if g.coin(0.6) else "none"
        account.pays_with(
            g.banks.card(g.dials, account.profile.country or "US") if g.coin() else g.banks.bank(g.dials, "SG")
        )
        account.statuses, account.streams, account.line = [], [], g.net.server(g.dials, g.dials.count(1, 4))
        for work in skills:
            g.api(account, work, g.scale(200, 1200), prompt, when(account), client=client, **same)
    g.together((30, 200), g.scale(24, 24 * 30))


@operator(
    10, 70, "a tidy schedule that looks like anybody's workflow tool; the work is rubric grading and nothing else"
)
def reward_model_clock(g: Group) -> None:
    """Answers of an own model are graded by the clock, to train it."""
    rubric, client, same = (
        g.template((150, 500), (100, 400), variants=g.dials.count(1, 3)),
        g.program("grader", 0.3),
        g.settings(),
    )
    minutes = tuple(sorted(g.between(0, 59) for _ in range(g.dials.count(2, 12))))
    cards = [g.banks.virtual(g.dials) for _ in range(g.dials.count(3, 20))]
    for account in g.people("dormant"):
        g.fake(account)
        account.pays_with(g.dials.pick(cards))
        account.line = g.net.server(g.dials) if g.coin(0.5) else g.net.residential(g.dials, 12, 30.0)
        g.api(
            account,
            works.GRADING,
            g.scale(60, 500),
            rubric,
            Clockwork(minutes, jitter=g.scale(1, 60)),
            client=client,
            **same,
        )
    g.together((5, 150), g.scale(24, 24 * 20))

"""Operators who know what they could be recognised by."""

from __future__ import annotations

from dataclasses import replace

from .. import works
from ..group import Group, operator
from ..prompts import Prompt
from ..rhythm import DAY, HOUR, Human, Steady
from .craft import pace, skill


@operator(
    15,
    120,
    "no template at all: every prompt is rewritten by a model, so no two sketches agree; only size, topic and settings do",
)
def rewritten_prompts(g: Group) -> None:
    """Each seed question is paraphrased before it is asked."""
    same, client = g.settings(), g.program("asker", 0.2)
    own_words = Prompt(fresh=g.scale(40, 200), spread=g.between(0.3, 0.7))
    proxies, shared_exits = g.net.residential(g.dials, g.dials.count(200, 2000), g.scale(1, 15)), g.between(0, 1)
    work = skill(g)
    cards = [g.banks.virtual(g.dials, 0) for _ in range(g.dials.count(3, 30))]
    when = pace(g)
    for account in g.people("dormant"):
        g.fake(account)
        account.pays_with(g.dials.pick(cards) if g.coin(0.6) else g.banks.virtual(g.dials))
        account.line = proxies if g.coin(shared_exits) else g.net.residential(g.dials, 10, 20.0)
        g.api(account, work, g.scale(20, 150), own_words, when(account), client=client, **same)
    g.together((5, 120), g.scale(30, 900))


@operator(
    40,
    200,
    "a dozen requests a day and account in human hours from one home line each with an own card: below every threshold",
)
def slow_and_asynchronous(g: Group) -> None:
    """Patience: many accounts, each as quiet as a person, no shared moment, line or card."""
    stems = g.template((15, 120), (30, 150), variants=g.dials.count(10, 80))
    same, program = g.settings(), g.program("studio", 0.1)
    work = skill(g)
    alike, weeks = g.between(0.3, 1.0), g.scale(14, 240)
    for account in g.people("dormant"):
        g.fake(account, 0.3)
        account.signed_up(-g.between(1, weeks) * DAY)
        account.pays_with(
            g.banks.virtual(g.dials) if g.coin(0.6) else g.banks.card(g.dials, account.profile.country or "US")
        )
        if g.coin(0.4):
            account.line = g.net.residential(g.dials, 3, 60.0, account.profile.country)
        rhythm = Human(account.offset, (11.0, 16.0, 21.0), 2.5, 0.85, 0.7, g.scale(2, 8), g.scale(60, 400))
        g.api(
            account,
            work,
            g.scale(8, 35),
            stems,
            rhythm,
            client=program if g.coin(alike) else g.programs.sdk(g.dials),
            **same,
        )


@operator(
    18, 120, "each cell has its own prompt, program, topic and hours; nothing but money and sign-ups connects the cells"
)
def split_by_capability(g: Group) -> None:
    """Cells of accounts, one for each capability."""
    issuer, cells = g.dials.count(0, 2), g.dials.count(3, 5)
    cards = [g.banks.virtual(g.dials, issuer) for _ in range(g.dials.count(3, 15))]
    desk, shared_desk = g.net.server(g.dials, 3), g.between(0.1, 0.8)
    plans = [
        (
            g.template((30, 300), (20, 120), variants=g.dials.count(1, 6)),
            g.settings(),
            g.program(f"cell{cell}", 0.3),
            skill(g),
            pace(g),
        )
        for cell in range(cells)
    ]
    for number, account in enumerate(g.people("dormant")):
        prompt, same, client, work, when = plans[number % cells]
        g.fake(account)
        account.signed_up(-g.scale(2, 90) * DAY, desk if g.coin(shared_desk) else None)
        account.pays_with(g.dials.pick(cards) if g.coin(0.7) else g.banks.virtual(g.dials, issuer))
        account.line = g.net.server(g.dials) if g.coin(0.3) else g.net.residential(g.dials, 15, 10.0)
        g.api(account, work, g.scale(30, 300), prompt, when(account), client=client, **same)


@operator(15, 120, "reasoning traces in many languages, as a language school or a puzzle club would ask for them")
def reasoning_traces(g: Group) -> None:
    """Asks the model to lay out its reasoning, in the words of a teacher."""
    stems = g.template((20, 120), (15, 90), variants=g.dials.count(8, 40))
    same, vpn = g.settings(), g.net.vpn(g.dials, exits=20)
    work = replace(works.PUZZLING, elicits=g.between(0.3, 0.9))
    by_chat = g.between(0, 0.8)
    for account in g.people("dormant"):
        g.fake(account)
        account.pays_with(g.banks.prepaid(g.dials) if g.coin(0.5) else g.banks.virtual(g.dials))
        account.line = vpn if g.coin(0.5) else g.net.residential(g.dials, 10, 25.0)
        rhythm = Human(account.offset, (10.0, 15.0, 20.0), 3.0, 0.95, 0.9, 15.0, 40.0) if g.coin(0.6) else Steady(0.4)
        if g.coin(by_chat):
            g.chat(account, work, g.scale(25, 90), stems, rhythm)
        else:
            g.api(account, work, g.scale(30, 250), stems, rhythm, **same)
    g.together((3, 90), g.scale(24, 900))


@operator(
    15,
    100,
    "a curriculum is walked through without gap or overlap: each account alone looks curious, only their union is complete",
)
def systematic_coverage(g: Group) -> None:
    """A list of subjects is divided among the accounts; each is asked about once, in own words."""
    subjects = g.worksheet((3000, 20000), (4, 15), g.scale(20, 90))
    same, client, work = (
        g.settings(),
        g.program("atlas", 0.2),
        skill(g, works.STUDYING, works.CHATTING, works.EXAMINING),
    )
    opened = g.scale(20, 1500)
    when = pace(g)
    for account, part in g.sharing(subjects, "dormant"):
        g.fake(account, 0.4)
        account.pays_with(
            g.banks.virtual(g.dials, 1) if g.coin(0.6) else g.banks.card(g.dials, account.profile.country or "US")
        )
        account.line = g.net.residential(g.dials, 6, 30.0, account.profile.country)
        g.api(account, work, g.scale(25, 200), part, when(account), client=client, **same)
    g.together((5, 150), opened)


@operator(
    15, 120, "nothing to see until a release: then all turn to the new model within hours, as half the world does"
)
def turns_to_the_new_model(g: Group) -> None:
    """Sleeping accounts wake on a release and ask the newest model only."""
    release = g.world.newest.released
    wake = release if 0 < release < g.world.end - 0.3 * DAY else g.between(0.2, g.world.days - 1) * DAY
    prompt, same, client = (
        g.template((40, 250), (20, 120), variants=g.dials.count(1, 12)),
        g.settings(),
        g.program("pivot", 0.2),
    )
    same["models"] = g.world.only(g.world.newest.name if g.world.newest.released < wake + 1 else "lumen-4")
    work, tight = skill(g), g.scale(0.3, 8) * HOUR
    when = pace(g)
    for account in g.people("dormant"):
        g.fake(account)
        account.pays_with(g.banks.virtual(g.dials))
        account.line = g.net.residential(g.dials, 15, g.scale(1, 30)) if g.coin(0.6) else g.net.server(g.dials)
        begins = wake + 900 + g.rng.exponential(tight)
        g.api(
            account, work, g.scale(60, 500), prompt, when(account), client=client, begins=begins, moves_on=1.0, **same
        )
    g.together((10, 200), g.scale(48, 2000))


@operator(
    20,
    120,
    "load is spread as unevenly as among real customers, across programs, versions, models and settings of every sort",
)
def uneven_swarm(g: Group) -> None:
    """Every trace of a uniform fleet is blurred; the template alone remains, in many versions."""
    versions = [g.template((60, 250), (20, 120), variants=1) for _ in range(g.dials.count(2, 10))]
    work, volume = skill(g), g.scale(25, 120)
    for account, share in zip(g.people("dormant"), g.unequal(), strict=True):
        g.fake(account, 0.4)
        account.signed_up(-g.scale(1, 400) * DAY)
        account.pays_with(g.dials.pick((g.banks.virtual, g.banks.prepaid, g.banks.crypto, g.banks.stolen))(g.dials))
        account.line = g.dials.pick((g.net.server(g.dials), g.net.vpn(g.dials), g.net.residential(g.dials, 8, 10.0)))
        rhythm = Steady(g.between(0, 1), g.between(0, 24)) if g.coin() else g.human(account)
        g.api(account, work, volume * share, g.dials.pick(versions), rhythm)

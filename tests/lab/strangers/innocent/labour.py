"""People who do the same work for a living."""

from __future__ import annotations

from dataclasses import replace

from .. import people, works
from ..group import Group, innocent
from ..rhythm import DAY, Human, Steady, Summoned


@innocent(
    15,
    250,
    "hundreds of seats behind one address in shifts around the clock, one macro's prompt, devices that change hands",
)
def call_centre(g: Group) -> None:
    """Agents of a call centre paste customers' messages into one macro."""
    country = g.dials.pick(("PH", "IN", "KE", "PT", "CO", "PL"))
    name, domain = people.company(g.dials)
    floor, macro = g.net.office(g.dials, country, name), g.template((30, 200), (20, 90), variants=g.dials.count(2, 30))
    desks = [g.dials.token(16) for _ in range(max(2, g.size // g.dials.count(1, 4)))]
    card = g.card_of(country)
    for agent in g.people("employee", country):
        agent.line, agent.device = floor, g.dials.pick(desks)
        agent.profile.email = people.email(g.dials, agent.profile.full_name or "an agent", domain)
        agent.profile.organization_name = name
        agent.pays_with(card)
        agent.keeps(g.between(0, 0.3))
        shift = g.dials.pick((8.0, 16.0, 0.0)) + 3.5
        g.chat(
            agent,
            works.SUPPORT,
            g.dials.about(70.0, 0.4),
            macro,
            Human(agent.offset, (shift,), 2.2, 0.72, 0.72, 10.0, 60.0),
        )
    g.together((10, 500), g.scale(10, 4000), floor)


@innocent(
    8, 120, "one narrow task all day long from homes in many countries, with the agency's prompt and cards of their own"
)
def translation_agency(g: Group) -> None:
    """Freelance translators of one agency pre-translate with its prompt and term base."""
    brief = g.template((80, 400), (60, 250), variants=g.dials.count(2, 20))
    client, same = g.programs.sdk(g.dials), g.settings()
    tool = g.coin(0.6)
    for translator in g.people("writer"):
        rhythm, rate = g.human(translator, 9.5, 14.0, 19.0), g.dials.about(75.0, 0.7)
        translator.keeps(g.between(0, 0.6))
        if tool:
            g.api(translator, works.TRANSLATING, rate, brief, rhythm, client=client, **same)
        else:
            g.chat(translator, works.TRANSLATING, rate / 2, brief, rhythm)


@innocent(
    10,
    180,
    "crowd workers grade model answers by one rubric with the service's help: reward-model work in all but name, VPN and all",
)
def annotators(g: Group) -> None:
    """Workers of an annotation platform, some of whom cheat a little by asking a model."""
    rubric = g.worksheet(
        (150, 2500), (60, 250), g.scale(2, 20), verbatim=g.between(0.1, 0.7), stem=g.dials.count(80, 300)
    )
    cheats = g.between(0.2, 0.8)
    waves = g.world.moments(g.dials, g.dials.count(4, 40) * g.world.days)
    queued = g.coin(0.5)
    for worker in g.people(country=g.dials.pick(("KE", "PH", "IN", "VN", "CO", "NG"))):
        worker.keeps(g.between(0.1, 0.7))
        if g.coin(cheats):
            worker.calls_from(g.net.vpn(g.dials, "US"), g.between(0.2, 0.9))
        rhythm = Summoned(waves, g.scale(60, 1500), 0.5) if queued else g.human(worker, 10.0, 15.0, 20.0)
        g.chat(worker, works.GRADING, g.dials.about(55.0, 0.6), rubric, rhythm)


@innocent(
    10,
    150,
    "the same films' lines at the same hours after each release, in bursts of thousands of short prompts by volunteers",
)
def subtitlers(g: Group) -> None:
    """Fan subtitlers share an open-source tool and the scripts of the week."""
    scripts = g.worksheet((400, 4000), (15, 60), 2.0, verbatim=0.6, stem=g.dials.count(30, 160))
    client, same = g.program("subtool", 0.8), g.settings()
    release = g.between(0, g.world.days - 0.4) * DAY
    for number, fan in enumerate(g.people()):
        fan.keeps(g.between(0.2, 1.0))
        own = replace(scripts, in_order=g.coin(), fresh=2.0 + number % 3)
        rhythm = Human(fan.offset, (19.0, 23.0), 2.5, 0.9, 0.95, 60.0, 4.0)
        g.api(fan, works.TRANSLATING, g.dials.about(220.0, 0.7), own, rhythm, client=client, begins=release, **same)


@innocent(
    8,
    120,
    "task descriptions of one marketplace are pasted word for word by rivals who have never met, minutes after posting",
)
def freelancers_on_a_platform(g: Group) -> None:
    """Freelancers draft offers for the same job posts, alerted by one bot."""
    posts = g.world.moments(g.dials, g.dials.count(15, 90) * g.world.days)
    jobs = g.worksheet((60, 400), (40, 180), g.scale(10, 60), stem=g.dials.count(20, 80))
    lag = g.scale(20, 1800)
    for rival in g.people("developer" if g.coin() else "writer", g.dials.pick(("IN", "UA", "PH", "NG", "PL", None))):
        rhythm = Summoned(posts, lag, g.between(0.03, 0.3))
        g.chat(rival, works.WRITING, g.scale(5, 25), jobs, rhythm)


@innocent(
    6,
    90,
    "documents by the thousand through one review protocol from one law firm's tunnel, one bill, night shifts before a hearing",
)
def document_review(g: Group) -> None:
    """Contract lawyers review a case's documents under one protocol."""
    country = g.dials.pick(("US", "GB", "DE"))
    name, domain = people.company(g.dials)
    tunnel, card = g.net.office(g.dials, country, name), g.card_of(country)
    protocol = g.worksheet((500, 5000), (80, 300), 1.0, verbatim=0.7, stem=g.dials.count(150, 500))
    same, client = g.settings(), g.programs.sdk(g.dials)
    for lawyer, part in g.sharing(protocol, "employee", country):
        lawyer.line = tunnel
        lawyer.pays_with(card)
        lawyer.profile.email = people.email(g.dials, lawyer.profile.full_name or "a lawyer", domain)
        lawyer.profile.kyc_status = "verified"
        rhythm = Human(lawyer.offset, (10.0, 15.0, 22.0), 2.0, 0.95, 0.8, 40.0, 25.0)
        g.api(lawyer, works.EXTRACTING, g.dials.about(160.0), part, rhythm, client=client, **same)
    g.together((1, 40), g.scale(5, 100), tunnel)


@innocent(10, 160, "image after image with one question from phones behind one carrier, all day, at piece rates")
def field_surveyors(g: Group) -> None:
    """Surveyors photograph meters, shelves or crops and read them with an app that uses each one's account."""
    country = g.dials.pick(("IN", "BR", "ID", "KE", "MX"))
    question, client, same = g.template((40, 160), (3, 15)), g.programs.homemade("fieldapp", g.dials), g.settings()
    for surveyor in g.people("phone_only", country):
        surveyor.line = g.net.mobile(g.dials, country)
        rhythm = Human(surveyor.offset, (9.0, 12.0, 16.0), 1.5, 0.9, 0.3, 30.0, 50.0)
        g.api(surveyor, works.SEEING, g.dials.about(90.0), question, rhythm, client=client, **same)


@innocent(
    6,
    60,
    "moderators of a platform send the vilest texts through one policy prompt in queues, from one contractor in two countries",
)
def moderation_contractor(g: Group) -> None:
    """A contractor's moderators let a model give a first opinion on every report."""
    policy, client, same = (
        g.template((200, 700), (20, 120), variants=g.dials.count(1, 4)),
        g.program("modq"),
        g.settings(),
    )
    sites = [g.net.office(g.dials, code, "Trust Services") for code in g.dials.some(("PH", "PL", "KE", "CO", "PT"), 2)]
    bank = g.banks.bank(g.dials, "GB")
    for moderator in g.people("employee"):
        moderator.line = g.dials.pick(sites)
        moderator.pays_with(bank)
        rhythm = Steady(g.between(0.2, 0.9), g.between(0, 24))
        g.api(moderator, works.LABELLING, g.dials.about(200.0), policy, rhythm, client=client, **same)

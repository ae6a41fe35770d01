"""People who measure models, with or without a contract, and people who train their own in an allowed way."""

from __future__ import annotations

from dataclasses import replace

from .. import people, works
from ..group import Group, innocent
from ..rhythm import DAY, HOUR, Burst, Human, Steady


@innocent(
    8,
    150,
    "public benchmarks question by question with chain-of-thought prompts, verbatim the same, in bursts from rented machines",
)
def benchmark_replicators(g: Group) -> None:
    """After a disputed paper, people everywhere repeat its benchmark with its published harness."""
    questions = g.worksheet((300, 3000), (25, 120), 1.0, verbatim=g.between(0.7, 1.0), stem=g.dials.count(10, 120))
    client, same, alike = g.program("bench-harness", 0.7), g.settings(), g.between(0.5, 1.0)
    paper = -g.scale(0.2, 10) * DAY
    for replicator in g.people("developer"):
        replicator.keeps(g.between(0.1, 1.0))
        own = replace(questions, in_order=g.coin(0.7))
        begins = paper + g.rng.exponential(g.scale(0.5, 6)) * DAY
        changes = same if g.coin(alike) else {}
        line = g.net.server(g.dials) if g.coin(0.6) else None
        rhythm = Burst(g.between(0, 24), g.scale(0.5, 8) * HOUR, 3.0, g.between(0.3, 1.0))
        work = replace(works.EXAMINING, elicits=g.between(0.1, 0.6))
        g.api(replicator, work, g.scale(60, 900), own, rhythm, client=client, line=line, begins=begins, **changes)


@innocent(
    10,
    120,
    "jailbreaks rewritten a hundred times, by volunteers with new accounts, VPNs and one shared sheet of attacks",
)
def red_team_volunteers(g: Group) -> None:
    """A community event attacks models for prizes, as the organisers and the provider agreed."""
    attacks = g.worksheet((20, 200), (30, 200), g.scale(10, 80))
    begins, code = g.between(-2, g.world.days - 1) * DAY, f"rt{g.dials.token(4)}"
    program = "research" if g.coin(0.5) else None
    for attacker in g.people():
        attacker.profile.access_program, attacker.profile.referral_code = program, code if g.coin(0.6) else None
        if g.coin(0.6):
            attacker.signed_up(begins + g.between(-24, 12) * HOUR)
        if g.coin(0.5):
            attacker.calls_from(g.net.vpn(g.dials), g.between(0.5, 1.0))
        rhythm = Human(attacker.offset, (13.0, 20.0, 24.0), 3.0, 0.95, 0.95, 30.0, 35.0)
        g.chat(
            attacker,
            works.PROBING,
            g.dials.about(70.0, 0.8),
            attacks,
            rhythm,
            begins=begins,
            ends=begins + g.between(1, 3) * DAY,
        )


@innocent(
    6,
    60,
    "one hunter, many accounts: scripted sign-ups, odd clients, error storms, and cards that must fail for the test",
)
def bug_bounty(g: Group) -> None:
    """Bug hunters probe the API's limits within the programme's rules."""
    line, prompt = (
        g.net.server(g.dials, g.dials.count(1, 10)),
        g.template((3, 20), (2, 20), variants=g.dials.count(2, 30)),
    )
    domain = f"{people.word(g.dials)}.dev"
    for account in g.people("developer"):
        account.profile.email = people.email(
            g.dials, account.profile.full_name or "a hunter", domain if g.coin(0.6) else None
        )
        account.line = line if g.coin(0.7) else g.net.gateway(g.dials, 6)
        account.pays_with(replace(g.banks.virtual(g.dials), trouble=g.between(0.1, 0.7)))
        client = g.programs.homemade(f"fuzz{g.dials.count(1, 9)}", g.dials)
        rhythm = Burst(g.between(0, 24), g.scale(0.1, 3) * HOUR, 3.0, 0.6)
        g.api(account, works.PROBING, g.scale(30, 600), prompt, rhythm, client=client, failing=g.between(0.2, 0.8))
    g.together((-1.5, 20), g.scale(1, 200), line)


@innocent(
    6,
    40,
    "an evaluation vendor with a contract: systematic coverage of every capability, graded answers, several accounts a client",
)
def evaluation_vendor(g: Group) -> None:
    """A vendor examines the models for its clients, an account for each."""
    name, domain = people.company(g.dials)
    suite = g.worksheet((1500, 9000), (20, 120), 3.0, verbatim=0.5, stem=g.dials.count(20, 150))
    servers = g.net.server(g.dials, g.dials.count(2, 12))
    client = g.program("evalrun")
    same = g.settings()
    bank = g.banks.bank(g.dials, "US")
    organization = f"org_{g.dials.token(10)}"
    for account, part in g.sharing(suite, "company"):
        account.profile.organization_name, account.profile.organization_id = name, organization if g.coin(0.7) else None
        account.profile.email = people.email(g.dials, account.profile.full_name or "eval", domain)
        account.profile.kyc_status = "verified"
        account.pays_with(bank)
        account.line, account.streams, account.statuses = servers, [], []
        for work in g.dials.some((works.EXAMINING, works.GRADING, works.CODING, works.PUZZLING, works.SEEING), 3):
            g.api(
                account,
                work,
                g.scale(60, 700),
                part,
                Burst(g.between(0, 24), 6 * HOUR, 1.0, 0.8),
                client=client,
                **same,
            )
    g.together((30, 400), g.scale(10, 3000), servers)


@innocent(
    6,
    60,
    "an incubator's start-ups label data by one recipe, with credit instead of cards, for classifiers the terms allow",
)
def synthetic_data_startups(g: Group) -> None:
    """Small companies of one incubator generate examples for small classifiers of their own, as the terms allow."""
    recipe = g.template((80, 350), (20, 100), variants=g.dials.count(2, 12))
    house, same, client = (
        g.net.office(g.dials, people.country_of(g.dials).code, "Incubator"),
        g.settings(),
        g.programs.sdk(g.dials),
    )
    code = f"inc{g.dials.token(4)}"
    for startup in g.people("company"):
        startup.profile.access_program, startup.profile.referral_code = "startup", code
        startup.keeps(g.between(0.1, 0.8))
        line = house if g.coin(0.5) else startup.line
        rhythm = Steady(g.between(0, 0.5)) if g.coin() else Burst(g.between(0, 24), 5 * HOUR, 2.0, 0.8)
        g.api(startup, works.LABELLING, g.scale(150, 1500), recipe, rhythm, client=client, line=line, **same)
    g.together((10, 150), g.scale(24, 1500), house)


@innocent(
    10,
    150,
    "contestants submit the same hidden questions through the same starter notebook in the last night before the deadline",
)
def leaderboard_contest(g: Group) -> None:
    """A data-science contest with a public starter notebook and a daily submission limit."""
    tasks = g.worksheet((100, 1200), (40, 200), g.scale(3, 30), verbatim=g.between(0, 0.5), stem=g.dials.count(20, 200))
    notebooks, client, same = g.net.server(g.dials, g.dials.count(20, 200)), g.programs.sdk(g.dials), g.settings()
    deadline, work = g.between(0.8, g.world.days) * DAY, g.dials.pick((works.PUZZLING, works.CODING, works.EXTRACTING))
    for contestant in g.people("developer" if g.coin(0.7) else "student"):
        line = notebooks if g.coin(0.7) else None
        rhythm = Burst(deadline / HOUR % 24 - g.dials.about(3.0), 3 * HOUR, 1.5, 0.8)
        g.api(contestant, work, g.scale(30, 600), tasks, rhythm, client=client, line=line, ends=deadline, **same)


@innocent(
    6,
    60,
    "the same questionnaire in thousands of invented persons' voices at temperature 1, from several universities at once",
)
def survey_simulators(g: Group) -> None:
    """Social scientists of several universities replicate a study with simulated respondents."""
    items = g.worksheet((30, 200), (20, 60), g.scale(10, 50), stem=g.dials.count(30, 150))
    same = g.settings() | {"temperature": 1.0}
    for scientist in g.people("student"):
        scientist.calls_from(g.net.campus(g.dials, scientist.profile.country), g.between(0.4, 1.0))
        scientist.profile.access_program = "research" if g.coin(0.6) else None
        rhythm = Burst(g.between(8, 20) - scientist.offset, g.scale(0.5, 6) * HOUR, 2.0, 0.6)
        g.api(scientist, works.PROBING, g.scale(50, 700), items, rhythm, client=g.programs.sdk(g.dials), **same)


@innocent(
    10,
    120,
    "people who explicitly ask for every reasoning step, in the same words, on shared puzzles: elicitation for pleasure",
)
def reasoning_club(g: Group) -> None:
    """Puzzlers compare how models think, with a pinned 'show every step' prompt."""
    puzzles = g.worksheet((20, 250), (20, 120), g.scale(3, 30), stem=g.dials.count(30, 120))
    work = replace(works.PUZZLING, elicits=g.between(0.4, 0.85))
    for puzzler in g.people():
        puzzler.keeps(g.between(0.2, 1.0))
        g.chat(puzzler, work, g.dials.about(25.0, 0.8), puzzles, g.human(puzzler, 21.0))


@innocent(6, 80, "newsrooms put the same public records through one shared notebook within hours of their publication")
def data_journalists(g: Group) -> None:
    """A network of data journalists processes a fresh release of records."""
    records = g.worksheet((400, 4000), (50, 200), 2.0, verbatim=0.6, stem=g.dials.count(60, 250))
    published, client, same = g.between(0, g.world.days - 0.6) * DAY, g.programs.sdk(g.dials), g.settings()
    for reporter, part in g.sharing(records, "writer" if g.coin() else "developer"):
        own = part if g.coin(0.5) else replace(records, in_order=True)
        rhythm = Steady(g.between(0, 0.5), 14 - reporter.offset)
        g.api(
            reporter,
            works.EXTRACTING,
            g.scale(80, 700),
            own,
            rhythm,
            client=client,
            begins=published,
            ends=published + g.between(8, 40) * HOUR,
            **same,
        )

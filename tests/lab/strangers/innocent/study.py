"""People who learn and teach."""

from __future__ import annotations

from .. import people, works
from ..group import Group, innocent
from ..rhythm import DAY, HOUR, Burst, Human


@innocent(
    20,
    300,
    "one exercise sheet, one starter file, one campus NAT and one deadline; half of them signed up in the same lab hour",
)
def course_assignment(g: Group) -> None:
    """A course hands out an assignment that asks the students to use the service."""
    campus = g.net.campus(g.dials)
    sheet = g.worksheet((4, 40), (20, 120), g.scale(4, 60), verbatim=g.between(0, 0.3))
    client, same = g.programs.sdk(g.dials), g.settings()
    code, domain, program = (
        f"edu{g.dials.token(4)}",
        f"{people.word(g.dials)}.edu",
        "education" if g.coin(0.6) else None,
    )
    in_lab, deadline = g.between(0, 0.9), g.between(17, 24)
    by_api = g.coin(0.6)
    for student in g.people("student", g.dials.pick(("US", "DE", "IN", "BR", "KR"))):
        student.keeps(g.between(0, 1))
        student.calls_from(campus, g.between(0.2, 1.0))
        student.profile.access_program, student.profile.referral_code = program, code if g.coin(0.7) else None
        student.profile.email = people.email(g.dials, student.profile.full_name or "a student", domain)
        rhythm = Burst((deadline - student.offset - g.dials.about(2.0)) % 24, 2.5 * HOUR, 1.5, g.between(0.3, 1.0))
        if by_api:
            g.api(
                student,
                works.STUDYING,
                g.dials.about(35.0),
                sheet,
                rhythm,
                client=client,
                **(same if g.coin(0.85) else {}),
            )
        else:
            g.chat(student, works.STUDYING, g.dials.about(12.0), sheet, rhythm)
    lab = [student for student in g.members if g.coin(in_lab)]
    g.together((3, 60), g.scale(0.3, 30), campus, lab)


@innocent(
    12,
    250,
    "strangers run the same notebook with the same prompts and library version, with new accounts and no other use",
)
def tutorial_followers(g: Group) -> None:
    """A video course with a notebook is popular; its followers are all over the world."""
    sheet = g.worksheet((6, 30), (15, 200), g.scale(1, 10), verbatim=g.between(0.5, 0.95))
    client, same = g.programs.sdk(g.dials), g.settings()
    published = -g.scale(0.3, 20) * DAY
    keen = g.between(0.2, 0.9)
    for follower in g.people():
        if g.coin(keen):
            follower.signed_up(published + g.dials.rng.exponential(g.scale(0.5, 12)) * DAY)
        follower.keeps(g.between(0, 0.8))
        g.api(follower, works.TEACHING, g.dials.about(25.0), sheet, g.human(follower, 20.0), client=client, **same)


@innocent(
    20,
    200,
    "one hour of sign-ups at one address with one referral code and starter kit, vouchers for cards, all at once on one weekend",
)
def hackathon(g: Group) -> None:
    """A venue full of teams with a starter kit."""
    country = people.country_of(g.dials).code
    venue = g.net.office(g.dials, country, "Congress Centre")
    kit = g.template((40, 200), (20, 120), variants=g.dials.count(1, 5))
    client, same = g.programs.sdk(g.dials), g.settings()
    code, remote, vouchers = f"hack{g.dials.token(4)}", g.between(0, 0.3), g.coin(0.5)
    begins = g.between(-0.5, g.world.days - 1.5) * DAY
    for maker in g.people("developer", country if g.coin(0.7) else None):
        if not g.coin(remote):
            maker.calls_from(venue, g.between(0.7, 1.0))
        if g.coin(0.7):
            maker.signed_up(begins + g.between(-1, 2) * HOUR, venue)
        maker.profile.referral_code, maker.profile.access_program = code, "startup" if vouchers else None
        maker.keeps(g.between(0, 0.4))
        g.api(
            maker,
            works.AGENT,
            g.dials.about(180.0, 0.8),
            kit,
            Human(maker.offset, (11.0, 16.0, 22.0), 3.0, 1.0, 1.0, 25.0, 30.0),
            client=client,
            begins=begins,
            ends=begins + g.between(24, 48) * HOUR,
            **same,
        )


@innocent(
    6,
    120,
    "thousands of exercises with worked solutions, topic after topic through a curriculum: it reads like a training set",
)
def teachers_in_bulk(g: Group) -> None:
    """Teachers of a network generate exercise sheets with solutions from one shared prompt."""
    sheet = g.worksheet((80, 900), (6, 20), g.scale(5, 25), stem=g.dials.count(30, 120))
    country = people.country_of(g.dials).code
    program, recipe = "education" if g.coin(0.7) else None, g.dials.token(32)
    by_api, split = g.coin(0.5), g.coin(0.5)
    card = g.card_of(country) if g.coin(0.3) else None
    for teacher, part in g.sharing(sheet, "writer", country):
        topics = part if split else sheet
        teacher.profile.access_program = program
        teacher.keeps(g.between(0.1, 1.0))
        rhythm = g.human(teacher, 16.0, 20.0)
        if card:
            teacher.pays_with(card)
        if by_api:
            g.api(
                teacher,
                works.TEACHING,
                g.dials.about(120.0, 0.7),
                topics,
                rhythm,
                client=g.programs.sdk(g.dials),
                system_prompt=recipe,
            )
        else:
            g.chat(teacher, works.TEACHING, g.dials.about(40.0, 0.6), topics, rhythm)


@innocent(
    15, 200, "everyone asks for step-by-step reasoning on the same past papers in the same nights before the exam"
)
def exam_crammers(g: Group) -> None:
    """Candidates of a national exam work through the past papers."""
    papers = g.worksheet((60, 400), (20, 90), g.scale(2, 20), verbatim=g.between(0, 0.6))
    country = g.dials.pick(("IN", "KR", "BR", "NG", "VN", "TR"))
    for candidate in g.people("student", country):
        if g.coin(0.4):
            candidate.calls_from(g.net.mobile(g.dials, country), g.between(0.5, 1.0))
        candidate.keeps(g.between(0, 0.5))
        g.chat(
            candidate,
            works.PUZZLING,
            g.dials.about(45.0, 0.7),
            papers,
            Human(candidate.offset, (20.0, 23.5, 7.0), 1.5, 0.95, 0.95, 18.0, 60.0),
        )


@innocent(8, 80, "one card, one project key format, one agent and one daily timetable in one building")
def bootcamp(g: Group) -> None:
    """A coding school pays for its pupils' accounts."""
    country = people.country_of(g.dials).code
    name, domain = people.company(g.dials)
    school, agent = g.net.office(g.dials, country, name), g.programs.framework(g.dials)
    card, one_card = g.card_of(country), g.coin(0.7)
    for pupil in g.people("developer", country):
        pupil.calls_from(school, g.between(0.6, 0.95))
        pupil.profile.organization_name = name
        pupil.profile.email = people.email(g.dials, pupil.profile.full_name or "a pupil", domain)
        if one_card:
            pupil.pays_with(card)
        pupil.keeps(g.between(0.1, 0.6))
        g.api(
            pupil,
            works.AGENT,
            g.dials.about(110.0),
            agent.prompt,
            Human(pupil.offset, (10.5, 14.5), 1.3, 0.97, 0.1, 20.0, 40.0),
            client=agent.client,
            system_prompt=agent.system_prompt,
            tool_set=agent.tools,
        )
    g.together((5, 100), 3, school)


@innocent(10, 150, "the same narrow drills in one language pair from an app-like prompt, every evening at the reminder")
def language_learners(g: Group) -> None:
    """A language-learning community shares a tutor prompt and a daily challenge."""
    tutor = g.template((60, 250), (6, 30), variants=g.dials.count(1, 6))
    hour, tight = g.between(18, 21), g.scale(0.1, 1.5)
    for learner in g.people():
        learner.keeps(g.between(0.2, 1.0))
        g.chat(
            learner,
            works.TEACHING,
            g.dials.about(25.0),
            tutor,
            Human(learner.offset, (hour,), tight, 0.9, 0.8, 20.0, 35.0),
        )


@innocent(
    6,
    60,
    "a lab's doctoral students run the same pipeline over a shared corpus with asynchronous workers on university servers",
)
def thesis_lab(g: Group) -> None:
    """A group at a university codes a corpus of texts for several theses."""
    campus = g.net.campus(g.dials)
    corpus = g.worksheet((300, 3000), (60, 250), 1.0, verbatim=0.5, stem=g.dials.count(60, 300))
    client, same = g.program("labcoder"), g.settings()
    work = g.dials.pick((works.LABELLING, works.EXTRACTING, works.GRADING))
    for scholar, part in g.sharing(corpus, "student"):
        scholar.profile.access_program = "research" if g.coin(0.6) else None
        scholar.calls_from(campus, g.between(0.6, 1.0))
        scholar.keeps(g.between(0, 0.5))
        g.api(
            scholar,
            work,
            g.scale(80, 900),
            part,
            Burst(g.between(0, 24), g.scale(1, 12) * HOUR, 2.0, g.between(0.4, 1.0)),
            client=client,
            **same,
        )

"""People who play, write and collect."""

from __future__ import annotations

from dataclasses import replace

from .. import people, works
from ..group import Group, innocent
from ..rhythm import DAY, HOUR, Burst, Clockwork, Human, Steady


@innocent(
    10,
    160,
    "a mod calls the service for every character's line with one persona prompt, by the thousand, from homes at night",
)
def game_modders(g: Group) -> None:
    """Players of a game with a popular mod that lets characters talk."""
    persona = g.template((150, 600), (8, 40), variants=g.dials.count(5, 60))
    client, same = g.programs.homemade("npcmod", g.dials), g.settings()
    for player in g.people("player" if g.coin(0.5) else None):
        player.keeps(g.between(0.2, 1.0))
        rhythm = Human(player.offset, (20.0, 23.5), 2.0, 0.7, 0.9, 90.0, 14.0)
        g.api(player, works.PLAYING, g.dials.about(160.0, 0.7), persona, rhythm, client=client, **same)


@innocent(
    10,
    150,
    "a circle's style sheet is the system prompt of all of them, they rewrite each other's chapters, and sprint together",
)
def novel_writing_month(g: Group) -> None:
    """Writers sprint together on the hour with a shared style sheet."""
    sheet = g.template((60, 300), (80, 400), variants=g.dials.count(1, 6))
    style, hours = g.dials.token(32), tuple(sorted({g.dials.count(0, 23) for _ in range(4)}))
    for writer in g.people("writer"):
        rhythm = Clockwork((0.0, 25.0), hours, g.scale(20, 400), 90.0) if g.coin(0.6) else g.human(writer, 21.0)
        g.chat(writer, works.WRITING, g.dials.about(22.0), sheet, rhythm, system_prompt=style)


@innocent(
    10,
    200,
    "a small language's volunteers send sentence after sentence from one list through one prompt, day and night: it is a corpus",
)
def wiki_translators(g: Group) -> None:
    """Volunteers translate an encyclopedia into a small language, each a shelf of articles."""
    shelves = g.worksheet((800, 6000), (40, 160), 1.0, verbatim=0.7, stem=g.dials.count(40, 200))
    client, same, country = g.program("wikibot"), g.settings(), g.dials.pick(("GE", "KZ", "KE", "UA", "PT", "ID"))
    for volunteer, part in g.sharing(shelves, country=country):
        volunteer.keeps(g.between(0.3, 1.0))
        rhythm = Steady(g.between(0, 0.7)) if g.coin(0.3) else g.human(volunteer, 18.0, 22.0)
        g.api(volunteer, works.TRANSLATING, g.scale(20, 300), part, rhythm, client=client, **same)


@innocent(10, 150, "new puzzle at midnight: hundreds solve the same text with reasoning models in the same minutes")
def puzzle_calendar(g: Group) -> None:
    """A yearly calendar of programming puzzles."""
    puzzles, hour = (
        g.worksheet((3, 12), (80, 300), g.scale(5, 50), verbatim=g.between(0.2, 0.8)),
        g.dials.pick((5.0, 0.0, 23.0)),
    )
    for solver in g.people("developer"):
        rhythm = Burst(hour, g.scale(0.2, 3) * HOUR, g.scale(0.02, 0.6), g.between(0.5, 1.0))
        if g.coin(0.5):
            g.api(solver, works.PUZZLING, g.scale(4, 40), puzzles, rhythm)
        else:
            g.chat(solver, works.PUZZLING, g.scale(4, 25), puzzles, rhythm)


@innocent(
    8, 120, "old parish books through one vision prompt, page by page, by the thousand, split among members by year"
)
def genealogists(g: Group) -> None:
    """A society transcribes archives, each member a volume."""
    pages = g.worksheet((500, 5000), (5, 20), 2.0, verbatim=0.6, stem=g.dials.count(60, 250))
    client, same = g.programs.sdk(g.dials), g.settings()
    for member, part in g.sharing(pages, "writer" if g.coin() else None, g.dials.pick(("DE", "GB", "US", "PL"))):
        g.api(member, works.SEEING, g.scale(20, 400), part, g.human(member, 10.0, 16.0), client=client, **same)


@innocent(
    8,
    100,
    "buyers of one prompt pack walk through it from the first to the last prompt, with a bot that posts on the minute",
)
def prompt_pack_buyers(g: Group) -> None:
    """A pack of a thousand prompts for marketers is sold with a runner."""
    pack = g.worksheet((200, 1500), (30, 120), g.scale(3, 25), verbatim=g.between(0.2, 0.8))
    client, same = g.program("packrunner", 0.7), g.settings()
    for buyer in g.people("writer" if g.coin(0.6) else "automator"):
        rhythm = (
            Clockwork((g.between(0, 59),), jitter=5.0)
            if g.coin(0.4)
            else Burst(g.between(8, 20) - buyer.offset, 2 * HOUR)
        )
        g.api(buyer, works.WRITING, g.scale(20, 250), replace(pack, in_order=True), rhythm, client=client, **same)


@innocent(
    6, 80, "servers in one data centre play each other day and night through the service, every move the same prompt"
)
def chess_bots(g: Group) -> None:
    """A league of hobby bots plays games; moves are asked for with one prompt and the position."""
    move, league = (
        g.template((60, 200), (6, 30), variants=g.dials.count(1, 4)),
        g.net.server(g.dials, g.dials.count(1, 20)),
    )
    rounds = tuple(sorted({g.dials.count(0, 23) for _ in range(5)}))
    client = g.programs.sdk(g.dials)
    for owner in g.people("developer" if g.coin() else "hobbyist"):
        line = league if g.coin(0.7) else None
        rhythm = Clockwork((0.0,), rounds, 2.0, 20.0) if g.coin(0.7) else Steady()
        g.api(
            owner,
            works.PUZZLING,
            g.dials.about(140.0, 0.7),
            move,
            rhythm,
            client=client if g.coin(0.8) else g.programs.sdk(g.dials),
            line=line,
        )


@innocent(
    15,
    200,
    "a shared character card of thousands of words is the prompt of hundreds, through proxies some of them rent together",
)
def roleplay_community(g: Group) -> None:
    """Role players share character cards and, to save money, a relay in front of their own keys."""
    cards, relay = (
        g.template((200, 900), (20, 120), variants=g.dials.count(3, 40)),
        g.net.server(g.dials, g.dials.count(1, 4)),
    )
    client, same, relayed = g.programs.homemade("tavernlike", g.dials), g.settings(), g.between(0, 0.8)
    for player in g.people("player"):
        line = relay if g.coin(relayed) else None
        rhythm = Human(player.offset, (21.0, 24.5), 2.0, 0.8, 0.9, 40.0, 45.0)
        g.api(player, works.PLAYING, g.dials.about(90.0, 0.8), cards, rhythm, client=client, line=line, **same)
        if g.coin(0.3):
            player.pays_with(g.banks.prepaid(g.dials))


@innocent(
    8,
    80,
    "a parish, a choir or a sports club: one card, one treasurer's mail, one weekly newsletter prompt, one evening",
)
def club_with_a_treasurer(g: Group) -> None:
    """A federation's clubs get accounts from its treasurer and write their newsletters on the same evening."""
    country, (name, domain) = people.country_of(g.dials).code, people.company(g.dials)
    card, letter, evening = g.card_of(country), g.template((60, 250), (60, 300)), g.between(18, 21)
    day = g.dials.count(0, g.world.days - 1) * DAY
    for club in g.people("hobbyist", country):
        club.profile.organization_name, club.profile.email = (
            name,
            people.email(g.dials, club.profile.full_name or "a club", domain),
        )
        club.pays_with(card)
        rhythm = Human(club.offset, (evening,), 0.6, 1.0, 1.0, 12.0)
        g.chat(club, works.WRITING, g.scale(6, 25), letter, rhythm, begins=day, ends=day + 1.5 * DAY)
    g.together((5, 300), g.scale(1, 48))

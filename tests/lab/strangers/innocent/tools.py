"""People whose software makes them alike."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .. import people, works
from ..account import Account
from ..group import Group, innocent
from ..rhythm import DAY, HOUR, Burst, Clockwork, Human, Steady, Summoned


@innocent(
    30,
    300,
    "one template in tens of thousands of variants, one system prompt, one tool set, one client, all over the world",
)
def agent_template(g: Group) -> None:
    """An open-source agent becomes popular; hardly anyone changes its default prompt."""
    prompt = g.template((80, 400), (15, 90), variants=g.dials.count(1, 4))
    client = g.programs.homemade(people.word(g.dials), g.dials)
    same, changed, tools = g.settings(), g.between(0, 0.4), g.dials.token(32)
    loops = g.between(0, 0.5)
    work = g.dials.pick((works.AGENT, works.CODING, works.EXTRACTING))
    for user in g.people():
        rhythm = Steady(g.between(0, 0.6)) if g.coin(loops) else g.human(user)
        stream = g.api(user, work, g.dials.about(70.0, 1.0), prompt, rhythm, client=client, tool_set=tools, **same)
        if g.coin(changed):
            user.streams[-1] = replace(stream, system_prompt=g.dials.token(32), models=g.world.taste(g.dials))
        user.keeps(g.between(0.4, 1.0))


@innocent(
    20,
    300,
    "every request carries the extension's long fixed prompt and page text of the same popular sites; own keys, home lines",
)
def browser_extension(g: Group) -> None:
    """A browser extension lets its users summarise pages with their own key."""
    pages = g.worksheet(
        (200, 2500), (80, 400), g.scale(1, 30), verbatim=g.between(0.3, 0.9), stem=g.dials.count(40, 120)
    )
    same = g.settings()
    for reader in g.people():
        reader.keeps(g.between(0.2, 1.0))
        g.api(
            reader,
            works.SUMMARISING,
            g.dials.about(18.0, 0.9),
            pages,
            g.human(reader, 8.0, 13.0, 21.0),
            client=reader.client,
            **same,
        )


@innocent(20, 300, "hundreds of phones ask the same thing within seconds of each other, several times a day")
def push_notifications(g: Group) -> None:
    """An app pushes a daily question; tapping it sends a prompt from the user's account."""
    calls = g.world.moments(g.dials, g.dials.count(2, 8) * g.world.days)
    daily = g.worksheet((6, 40), (15, 60), g.scale(1, 12), verbatim=g.between(0.3, 0.95))
    lag, answer = g.scale(3, 900), g.between(0.15, 0.8)
    client, by_api = g.programs.homemade("dailyapp", g.dials), g.coin(0.5)
    for user in g.people("phone_only" if g.coin(0.6) else None):
        user.keeps(g.between(0.2, 1.0))
        rhythm = Summoned(calls, lag, min(0.95, g.dials.about(answer, 0.3)))
        if by_api:
            g.api(user, works.CHATTING, g.scale(2, 12), daily, rhythm, client=client)
        else:
            g.chat(user, works.CHATTING, g.scale(2, 12), daily, rhythm)


@innocent(
    20,
    300,
    "machines that all fire in the same second of each hour with the same workflow's prompt, from the same clouds",
)
def cron_full_hour(g: Group) -> None:
    """A no-code template with a schedule at the full hour is shared in a forum."""
    flow = g.template((20, 150), (30, 300), variants=g.dials.count(1, 3))
    cloud = g.net.server(g.dials, g.dials.count(3, 30))
    hours = tuple(range(24)) if g.coin(0.5) else tuple(sorted({g.dials.count(0, 23) for _ in range(6)}))
    hosted, jitter, same, client = g.between(0.2, 1.0), g.scale(0.3, 20), g.settings(), g.programs.sdk(g.dials)
    for user in g.people():
        line = cloud if g.coin(hosted) else None
        rhythm = Clockwork((0.0,) if g.coin(0.9) else (30.0,), hours, jitter, g.scale(0.3, 5))
        g.api(user, works.SUMMARISING, g.scale(10, 150), flow, rhythm, client=client, line=line, **same)
        user.keeps(g.between(0, 1))


@innocent(8, 150, "agents around the clock, one image of one runner, addresses of one cloud that rotate with every job")
def ci_agents(g: Group) -> None:
    """Open-source projects use one popular action that reviews every commit."""
    review, runners = g.template((100, 500), (60, 400), variants=2), g.net.server(g.dials, g.dials.count(60, 400))
    client, same = g.programs.homemade("review-action", g.dials), g.settings()
    for project in g.people("developer"):
        project.keeps(g.between(0, 0.6))
        g.api(
            project,
            works.CODING,
            g.dials.about(120.0, 0.9),
            review,
            Steady(g.between(0, 0.8), 14 - project.offset),
            client=client,
            line=runners,
            **same,
        )


@innocent(
    6,
    60,
    "one person's dozens of accounts on rented servers with one program, prepaid cards, the same minute and the same names",
)
def bots_on_servers(g: Group) -> None:
    """A hobbyist runs a family of chat-room bots, an account for each to keep the bills apart."""
    owner = people.full_name(g.dials, people.COUNTRIES["US"])
    servers, client, same = g.net.server(g.dials, g.dials.count(1, 5)), g.program("roombot"), g.settings()
    persona, card = g.template((60, 300), (10, 60), variants=g.dials.count(3, 20)), g.banks.prepaid(g.dials)
    one_card, minute = g.coin(0.6), g.between(0, 59)
    for bot in g.people("dormant"):
        g.fake(bot, 0.8)
        bot.profile.full_name = owner
        bot.profile.email = people.email(g.dials, owner, f"{people.word(g.dials, 2)}.net" if g.coin(0.2) else None)
        bot.pays_with(card if one_card else g.banks.prepaid(g.dials))
        bot.line = servers
        rhythm = Clockwork((minute, minute + 0.5)) if g.coin(0.3) else Steady(0.7, g.between(0, 24))
        g.api(bot, works.PLAYING, g.dials.about(90.0), persona, rhythm, client=client, **same)
    g.together((20, 200), g.scale(1, 300), servers)


@innocent(10, 200, "one integration's prompt at sunrise, at sunset and at every doorbell; machines at home, always on")
def smart_homes(g: Group) -> None:
    """A home-automation integration asks the service what to do and say."""
    house = g.template((150, 600), (8, 40), variants=g.dials.count(1, 3))
    client, same, tools = g.programs.homemade("homehub", g.dials), g.settings(), g.dials.token(32)
    for home in g.people():
        home.keeps(g.between(0.3, 1.0))
        hours = (int(6 - home.offset) % 24, int(18 - home.offset) % 24, int(22 - home.offset) % 24)
        rhythm = Clockwork((0.0, 5.0), hours, 20.0) if g.coin(0.4) else Steady(0.8, 15 - home.offset)
        g.api(
            home,
            works.SUPPORT,
            g.dials.about(30.0),
            house,
            rhythm,
            client=client,
            tool_set=tools,
            line=home.line,
            **same,
        )


@innocent(15, 250, "everybody turns to the new model within an hour of its release and asks it the same riddles")
def release_day_fans(g: Group) -> None:
    """A forum tries every new model with its traditional questions."""
    riddles = g.worksheet((10, 60), (12, 80), g.scale(1, 8), verbatim=g.between(0.4, 0.95))
    release = max(0.0, g.world.newest.released)
    for fan in g.people("developer" if g.coin(0.5) else None):
        fan.adopts = g.between(0.7, 1.0)
        fan.streams = [replace(stream, moves_on=fan.adopts) for stream in fan.streams]
        begins = release + g.rng.exponential(g.scale(0.2, 6)) * HOUR
        g.chat(
            fan,
            works.PUZZLING,
            g.dials.about(30.0),
            riddles,
            Human(fan.offset, (12.0, 18.0, 22.0), 3.0, 1.0, 1.0, 15.0),
            begins=begins,
            ends=begins + DAY,
            models=g.world.only(g.world.newest.name),
        )


@innocent(
    6, 40, "plugin users behind random clouds whose nightly batch walks through one product catalogue, item after item"
)
def shop_plugin(g: Group) -> None:
    """Small shops use one plugin that writes product texts at night from a supplier's catalogue."""
    catalogue = g.worksheet((400, 4000), (20, 80), 2.0, verbatim=0.6, stem=g.dials.count(40, 150))
    client, same, hour = g.programs.homemade("shopwriter", g.dials), g.settings(), g.between(0, 4)

    def install(shop: Account, part: int) -> None:
        shop.keeps(g.between(0, 0.5))
        own = replace(catalogue, subjects=np.roll(catalogue.subjects, -37 * part, axis=0), in_order=True)
        g.api(
            shop,
            works.WRITING,
            g.dials.about(160.0, 0.7),
            own,
            Burst(hour - shop.offset, 2 * HOUR, 0.3, 0.9),
            client=client,
            line=g.net.server(g.dials),
            **same,
        )

    for part, shop in enumerate(g.people("company" if g.coin(0.5) else "writer")):
        install(shop, part)

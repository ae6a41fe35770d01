"""Ordinary customers: how a hobbyist, a developer or a company uses the service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from . import people, works
from .account import Account, Stream, Work
from .clients import Client
from .dials import Dials
from .prompts import Prompt, template
from .rhythm import DAY, Clockwork, Human, Rhythm, Steady

if TYPE_CHECKING:
    from .world import World

Settle = Callable[["World", Dials, Account], None]
_PERSONAS: dict[str, tuple[float, Settle]] = {}


def persona(weight: float) -> Callable[[Settle], Settle]:
    """Register a persona with its share of the population."""

    def register(settle: Settle) -> Settle:
        _PERSONAS[settle.__name__] = (weight, settle)
        return settle

    return register


def weights(dials: Dials) -> tuple[list[str], list[float]]:
    """Return the personas and their weights in a world."""
    return list(_PERSONAS), [dials.about(weight, 0.3) for weight, _ in _PERSONAS.values()]


def settle(world: World, dials: Dials, account: Account, name: str) -> None:
    """Make the account live like a persona."""
    _PERSONAS[name][1](world, dials, account)
    if not account.instruments and dials.coin(0.65):
        pay(world, dials, account)
    account.keys = [f"key_{dials.token(12)}" for _ in range(dials.pick((1, 2, 3), (7, 2, 1)))]


def pay(world: World, dials: Dials, account: Account) -> None:
    """Give the account a means of payment: mostly a card of its country."""
    country = account.profile.country or "US"
    kind = dials.pick(("card", "foreign", "prepaid", "virtual", "wallet", "crypto"), (80, 4, 4, 4, 7, 1))
    banks = world.banks
    account.pays_with(
        {
            "card": lambda: banks.card(dials, country),
            "foreign": lambda: banks.card(dials, people.country_of(dials).code),
            "prepaid": lambda: banks.prepaid(dials),
            "virtual": lambda: banks.virtual(dials),
            "wallet": lambda: banks.wallet(dials, country),
            "crypto": lambda: banks.crypto(dials),
        }[kind]()
    )
    if dials.coin(0.06) and account.created < -30 * DAY:
        account.instruments.insert(
            0,
            replace(
                banks.card(dials, country),
                added=account.created + 60.0,
                removed=account.created * dials.between(0, 0.8),
            ),
        )
    account.profile.tier = dials.pick(("plus", "build", "scale"), (6, 3, 1))


def human(dials: Dials, account: Account, peaks: tuple[float, ...] = (10.0, 15.0, 21.0)) -> Human:
    """Return a person's rhythm at the account's place."""
    return Human(
        account.offset + dials.between(-1, 1),
        tuple(peak + dials.between(-1.5, 1.5) for peak in peaks),
        dials.between(1.0, 2.5),
        dials.between(0.2, 0.95),
        dials.between(0.1, 0.9),
        dials.about(7.0),
        dials.about(70.0),
    )


def chat(
    world: World,
    dials: Dials,
    account: Account,
    work: Work,
    per_day: float,
    prompt: Prompt | None = None,
    rhythm: Rhythm | None = None,
) -> Stream:
    """Return a stream of chats in the browser."""
    return Stream(
        work,
        prompt or world.programs.talk(dials),
        rhythm or human(dials, account),
        per_day,
        world.taste(dials, 2),
        account.client,
        path="chat",
        streams=1.0,
        failing=0.01,
        moves_on=account.adopts,
    )


def api(
    world: World,
    dials: Dials,
    account: Account,
    work: Work,
    per_day: float,
    prompt: Prompt | None = None,
    rhythm: Rhythm | None = None,
    client: Client | None = None,
) -> Stream:
    """Return a stream of API calls with an own prompt and settings."""
    return Stream(
        work,
        prompt or template(dials.rng, dials.count(15, 200), dials.about(60.0)),
        rhythm or human(dials, account),
        per_day,
        world.taste(dials, 2),
        client or world.programs.sdk(dials),
        system_prompt=dials.token(32) if dials.coin(0.7) else None,
        tool_set=dials.token(32) if work.tools else None,
        temperature=dials.pick((None, 0.0, 0.2, 0.7, 1.0)),
        max_tokens=dials.pick((None, 512, 1024, 4096, 8192)),
        streams=dials.pick((0.0, 1.0, 0.3)),
        failing=dials.scale(0.003, 0.08),
        moves_on=account.adopts,
    )


def framework(
    world: World, dials: Dials, account: Account, work: Work, per_day: float, rhythm: Rhythm | None = None
) -> Stream:
    """Return a stream from a popular framework with its default prompt."""
    chosen = world.programs.framework(dials)
    return Stream(
        work,
        chosen.prompt,
        rhythm or human(dials, account),
        per_day,
        world.taste(dials, 2),
        chosen.client,
        system_prompt=chosen.system_prompt,
        tool_set=chosen.tools,
        temperature=dials.pick((None, 0.0, 0.7)),
        max_tokens=4096,
        streams=1.0,
        failing=0.03,
        moves_on=account.adopts,
    )


@persona(26)
def hobbyist(world: World, dials: Dials, account: Account) -> None:
    """Chats about everything."""
    account.streams = [chat(world, dials, account, works.CHATTING, dials.about(7.0, 0.8))]


@persona(9)
def student(world: World, dials: Dials, account: Account) -> None:
    """Learns and does homework, at times on campus."""
    account.streams = [
        chat(
            world,
            dials,
            account,
            works.STUDYING,
            dials.about(10.0, 0.8),
            rhythm=human(dials, account, (14.0, 19.0, 23.0)),
        )
    ]
    if dials.coin(0.5):
        account.calls_from(world.internet.campus(dials, account.profile.country), dials.between(0.2, 0.7))
    if dials.coin(0.25):
        account.profile.access_program = "education"
        account.profile.email = people.email(
            dials, account.profile.full_name or "a student", f"stud.{people.word(dials, 2)}.edu"
        )


@persona(14)
def developer(world: World, dials: Dials, account: Account) -> None:
    """Codes with the API, and chats."""
    account.streams = [
        api(world, dials, account, works.CODING, dials.about(25.0, 0.9)),
        chat(world, dials, account, works.CODING, dials.about(6.0)),
    ]
    account.profile.tier = "build"


@persona(8)
def agent_user(world: World, dials: Dials, account: Account) -> None:
    """Lets a popular coding agent work."""
    account.streams = [framework(world, dials, account, works.AGENT, dials.about(70.0, 0.9))]


@persona(5)
def company(world: World, dials: Dials, account: Account) -> None:
    """Runs a product on the API from a server."""
    name, domain = people.company(dials)
    account.profile.organization_name, account.profile.organization_id = name, f"org_{dials.token(10)}"
    account.profile.email = people.email(dials, account.profile.full_name or "tech ops", domain)
    account.profile.tier, account.profile.access_program = "scale", "startup" if dials.coin(0.15) else None
    work = dials.pick((works.SUPPORT, works.SUMMARISING, works.EXTRACTING, works.AGENT, works.WRITING))
    account.streams = [
        api(
            world,
            dials,
            account,
            work,
            dials.about(140.0, 1.0),
            rhythm=Steady(dials.between(0, 1), 14.0 - account.offset),
        )
    ]
    if dials.coin(0.3):
        account.streams.append(
            api(world, dials, account, works.EMBEDDING, dials.about(60.0), rhythm=Clockwork((dials.count(0, 59),)))
        )
    account.line = world.internet.server(dials, dials.count(1, 4))
    if dials.coin(0.25):
        account.pays_with(world.banks.marketplace(dials))
        account.streams = [replace(stream, path="cloud_marketplace") for stream in account.streams]


@persona(4)
def employee(world: World, dials: Dials, account: Account) -> None:
    """Works in an office with chat and some API."""
    account.streams = [
        chat(
            world,
            dials,
            account,
            works.WRITING,
            dials.about(12.0),
            rhythm=Human(account.offset, (10.0, 14.0), 1.8, 0.85, 0.05),
        )
    ]
    account.profile.tier = "team"


@persona(1.5)
def heavy(world: World, dials: Dials, account: Account) -> None:
    """Runs the API day and night for something of their own."""
    work = dials.pick(
        (works.AGENT, works.CODING, works.EXTRACTING, works.TRANSLATING, works.LABELLING, works.EXAMINING)
    )
    account.streams = [
        api(
            world,
            dials,
            account,
            work,
            dials.about(420.0, 0.8),
            rhythm=Steady(dials.between(0, 0.8), dials.between(0, 24)),
        )
    ]
    if dials.coin(0.5):
        account.calls_from(world.internet.server(dials, dials.count(1, 3)), 0.95)


@persona(6)
def writer(world: World, dials: Dials, account: Account) -> None:
    """Writes and rewrites."""
    account.streams = [
        chat(world, dials, account, works.WRITING, dials.about(14.0, 0.8), rhythm=human(dials, account, (9.0, 22.0)))
    ]


@persona(4)
def automator(world: World, dials: Dials, account: Account) -> None:
    """Has a few workflows that run by the clock."""
    minute = dials.pick((0.0, 0.0, 0.0, 15.0, 30.0, dials.between(0, 59)))
    hours = tuple(range(24)) if dials.coin(0.4) else tuple(sorted({dials.count(0, 23) for _ in range(4)}))
    rhythm = Clockwork((minute,), hours, dials.scale(0.5, 40), dials.scale(0.3, 10))
    account.streams = [framework(world, dials, account, works.SUMMARISING, dials.about(24.0, 0.8), rhythm)]
    if dials.coin(0.6):
        account.calls_from(world.internet.server(dials), 0.97)


@persona(6)
def phone_only(world: World, dials: Dials, account: Account) -> None:
    """Chats on the phone behind the carrier's NAT."""
    account.line = world.internet.mobile(dials, account.profile.country or "US")
    account.streams = [chat(world, dials, account, works.CHATTING, dials.about(5.0, 0.8))]


@persona(3)
def player(world: World, dials: Dials, account: Account) -> None:
    """Plays stories for hours."""
    account.streams = [
        chat(world, dials, account, works.PLAYING, dials.about(40.0, 0.8), rhythm=human(dials, account, (20.0, 23.5)))
    ]


@persona(14)
def dormant(world: World, dials: Dials, account: Account) -> None:
    """Signed up once and hardly comes back."""
    account.streams = [
        chat(
            world,
            dials,
            account,
            works.CHATTING,
            2.0,
            rhythm=Human(account.offset, weekday_chance=0.05, weekend_chance=0.05),
        )
    ]
    account.sign_ins = 0.03

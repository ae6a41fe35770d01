"""Second habits, laid over a group's story: innocents combine reasons to look suspicious, operators combine disguises."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from . import people, personas, works
from .account import Account
from .group import Group
from .rhythm import DAY, HOUR, Summoned

Habit = Callable[[Group], None]


def most(g: Group) -> Iterator[Account]:
    """Yield a share of the members that is the group's own."""
    share = g.between(0.3, 1.0)
    yield from (member for member in g.members if g.coin(share))


def revise(member: Account, *paths: str, **changes: object) -> None:
    """Change fields of the member's streams on the given access paths (all if none is given)."""
    member.streams = [
        replace(stream, **changes) if not paths or stream.path in paths else stream for stream in member.streams
    ]


def one_vpn(g: Group) -> None:
    """Share the exits of one VPN, recommended by a friend."""
    exits = g.net.vpn(g.dials, exits=g.dials.count(2, 12))
    for member in most(g):
        member.calls_from(exits, g.between(0.3, 1.0))


def opened_at_once(g: Group) -> None:
    """Open the accounts within hours, after a meeting."""
    g.together((0.3, 90), g.scale(1, 72), members=list(most(g)))


def prepaid_money(g: Group) -> None:
    """Pay with one brand of prepaid cards."""
    brand = g.dials.count(0, 4)
    for member in most(g):
        member.pays_with(g.banks.prepaid(g.dials, brand))


def one_cloud(g: Group) -> None:
    """Run the programs at one cheap provider, on a handful of addresses."""
    cloud = g.net.server(g.dials, g.dials.count(2, 30))
    for member in most(g):
        revise(member, "api", line=cloud)


def first_on_the_new_model(g: Group) -> None:
    """Turn to a new model as soon as it is out."""
    for member in most(g):
        revise(member, moves_on=g.between(0.8, 1.0))


def one_tool(g: Group) -> None:
    """Use the same version of the same tool, with its settings."""
    client, settings = g.program("sharedtool", 0.6), g.settings()
    for member in most(g):
        revise(member, "api", client=client, **settings)


def thin_profiles(g: Group) -> None:
    """Tell the service as little as it takes."""
    for member in most(g):
        member.profile.phone = member.profile.full_name = None
        member.profile.email_verified = g.coin(0.6)


def steps_please(g: Group) -> None:
    """Add 'lay out every step of your reasoning' to each prompt, as an article advised."""
    level = g.between(0.3, 0.8)
    for member in most(g):
        member.streams = [replace(stream, work=replace(stream.work, elicits=level)) for stream in member.streams]


def shared_bandwidth(g: Group) -> None:
    """Earn money with an app that lends one's line to a residential proxy, and surf through it."""
    peers = g.net.residential(g.dials, g.dials.count(100, 1200), g.scale(1, 20))
    for member in most(g):
        member.calls_from(peers, g.between(0.2, 0.9))


def one_mail_domain(g: Group) -> None:
    """Have mail at a small provider or at an association's domain."""
    domain = f"{people.word(g.dials)}.{g.dials.pick(('org', 'net', 'me', 'email'))}"
    for member in most(g):
        member.profile.email = people.email(g.dials, member.profile.full_name or g.dials.token(6), domain)


def retry_storm(g: Group) -> None:
    """Run programs that, after an outage of a service they depend on, all repeat their work in the same minute."""
    storms = g.world.moments(g.dials, g.dials.count(1, 3) * g.world.days)
    for member in most(g):
        member.streams += [
            replace(stream, rhythm=Summoned(storms, g.scale(5, 200)), per_day=0.3 * stream.per_day)
            for stream in member.streams
            if stream.path == "api"
        ]


def passes_the_time(g: Group) -> None:
    """Let the accounts chat about everyday things now and then."""
    for member in most(g):
        member.streams.append(personas.chat(g.world, g.dials, member, works.CHATTING, g.scale(2, 15)))


def partly_banned(g: Group) -> None:
    """Lose some accounts to the provider's bans."""
    share = g.between(0.1, 0.5)
    for member in g.members:
        if g.coin(share) and not member.statuses:
            g.ban(member, g.between(0.2, g.world.days) * DAY)


def papers_in_order(g: Group) -> None:
    """Pass the document check, with papers that serve several accounts."""
    papers = [g.dials.token(40) for _ in range(max(1, len(g.members) // g.dials.count(1, 4)))]
    for member in most(g):
        member.profile.kyc_status, member.profile.kyc_document_hash = "verified", g.dials.pick(papers)


def no_two_settings(g: Group) -> None:
    """Give every account its own client version, system prompt, temperature and limits."""
    for member in g.members:
        revise(member, "api", client=g.programs.sdk(g.dials), **g.settings())


def under_a_popular_name(g: Group) -> None:
    """Call with the client and the default system prompt of a popular framework."""
    framework = g.programs.framework(g.dials)
    for member in g.members:
        revise(member, "api", client=framework.client, system_prompt=framework.system_prompt, tool_set=framework.tools)


def through_the_chat(g: Group) -> None:
    """Ask in the browser instead of the API, where there is no key and no setting to compare."""
    for member in most(g):
        revise(
            member,
            "api",
            path="chat",
            client=member.client,
            system_prompt=None,
            tool_set=None,
            temperature=None,
            max_tokens=None,
        )


def waits_its_turn(g: Group) -> None:
    """Let each account work some hours only, one after the other."""
    turn = g.scale(3, 20) * HOUR
    for member in g.members:
        start = g.between(0, max(0.1, g.world.end - turn))
        member.streams = [
            replace(
                stream,
                begins=max(stream.begins, start),
                ends=min(stream.ends, start + turn),
                per_day=2 * stream.per_day,
            )
            for stream in member.streams
        ]


INNOCENT: tuple[Habit, ...] = (
    one_vpn,
    opened_at_once,
    prepaid_money,
    one_cloud,
    first_on_the_new_model,
    one_tool,
    thin_profiles,
    steps_please,
    shared_bandwidth,
    one_mail_domain,
    retry_storm,
)
OPERATOR: tuple[Habit, ...] = (
    passes_the_time,
    partly_banned,
    papers_in_order,
    no_two_settings,
    under_a_popular_name,
    through_the_chat,
    waits_its_turn,
)


def combine(g: Group) -> None:
    """Lay no, one or two second habits over a group, and note them in its members' cause."""
    options = OPERATOR if g.cause.operated else INNOCENT
    for habit in g.dials.some(options, g.dials.pick((0, 1, 2), (5, 4, 2))):
        habit(g)
        for member in g.members:
            member.cause += f"+{habit.__name__}"

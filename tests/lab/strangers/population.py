"""Fill a world: ordinary people, families, and the groups this seed draws."""

from __future__ import annotations

from .account import Account
from .dials import Dials
from .dirt import smear
from .group import CAUSES, Cause, Group
from .habits import combine
from .innocent import THEMES as _INNOCENT
from .operators import THEMES as _OPERATORS
from .world import World

THEMES = (*_INNOCENT, *_OPERATORS)  # importing the themes fills the register


def populate(world: World, campaigns: bool) -> None:
    """Add everybody.  The ordinary come first, since proxies and VPNs hide among them, and fill the world up at the end."""
    plan = _plan(world, campaigns)
    planned = sum(size for _, _, size in plan)
    dials = world.dials.fork("ordinary")
    for _ in range(max(0, int(0.8 * (world.size - planned)))):
        world.person(dials)
    for cause, number, size in plan:
        group = Group(world, cause, number, size)
        cause.tell(group)
        combine(group)
    while len(world.accounts) < world.size:
        world.person(dials)
    _families(world, dials)
    for account in world.accounts:
        _mend(account, world.end, dials)
        smear(dials, account)
    world.accounts = dials.some(world.accounts, len(world.accounts))


def _mend(account: Account, end: float, dials: Dials) -> None:
    """Let nothing happen to an account before it exists, and let it exist before the world ends."""
    if account.created > 0.98 * end:
        account.created = dials.between(0.1, 0.98) * end
    account.statuses = [event for event in account.statuses if event[0] > account.created]
    for instrument in account.instruments:
        instrument.added = max(instrument.added, account.created + 30.0)


def _plan(world: World, campaigns: bool) -> list[tuple[Cause, int, int]]:
    """Return which causes this world has, how often and how large."""
    dials = world.dials.fork("plan")
    innocents = [cause for cause in CAUSES.values() if not cause.operated]
    operators = [cause for cause in CAUSES.values() if cause.operated]
    chosen = dials.some(innocents, round(len(innocents) * dials.between(0.42, 0.58)))
    if campaigns:
        chosen += dials.some(operators, dials.count(6, 9))
    scale = max(1, round(world.size / 5000))
    plan = [
        (
            cause,
            number,
            max(cause.low if cause.operated else 6, min(cause.high, round(dials.scale(cause.low, cause.high)))),
        )
        for cause in chosen
        for number in range(1 if cause.operated else dials.count(1, scale))
    ]
    crowd = sum(size for _, _, size in plan)
    shrink = min(1.0, 0.45 * world.size / crowd)
    plan = [
        (cause, number, max(6, round(size * shrink)) if not cause.operated else size) for cause, number, size in plan
    ]
    while sum(size for _, _, size in plan) > 0.6 * world.size and len(plan) > 1:
        plan.pop(dials.count(0, len(plan) - 1))  # a small world has room for a few stories only
    return plan


def _families(world: World, dials: Dials) -> None:
    """Let some ordinary people share a household's line, and mostly its card."""
    single = [account for account in world.accounts if account.group_id is None and account.instruments]
    for first in dials.some(single, len(single) // 25):
        same = [
            other
            for other in dials.some(single, 60)
            if other.profile.country == first.profile.country and other is not first
        ]
        for other in same[: dials.count(1, 3)]:
            other.line = first.line
            if dials.coin(0.7):
                other.pays_with(*first.instruments)

"""Groups: the words in which innocent causes and operators' styles are written, and their register."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from . import personas
from .account import Account, Instrument, Stream, Work
from .clients import Client
from .network import Line
from .prompts import Prompt, template, worksheet
from .rhythm import DAY, HOUR, Human, Rhythm
from .world import World


@dataclass(frozen=True)
class Cause:
    """Why a group acts alike: its story, the size it may have, and why it is hard."""

    name: str
    tell: Callable[[Group], None]
    low: int
    high: int
    hard: str
    operated: bool


CAUSES: dict[str, Cause] = {}


def _register(
    operated: bool, low: int, high: int, hard: str
) -> Callable[[Callable[[Group], None]], Callable[[Group], None]]:
    def register(tell: Callable[[Group], None]) -> Callable[[Group], None]:
        CAUSES[tell.__name__] = Cause(tell.__name__, tell, low, high, hard, operated)
        return tell

    return register


def innocent(low: int, high: int, hard: str) -> Callable[[Callable[[Group], None]], Callable[[Group], None]]:
    """Register an innocent cause of groups of `low` to `high` accounts."""
    return _register(False, low, high, hard)


def operator(low: int, high: int, hard: str) -> Callable[[Callable[[Group], None]], Callable[[Group], None]]:
    """Register a style in which one operator runs `low` to `high` accounts to copy a model."""
    return _register(True, low, high, hard)


class Group:
    """One group under construction.  `between`, `coin` and the like are the dials that no two groups share."""

    def __init__(self, world: World, cause: Cause, number: int, size: int) -> None:
        """Draw the group's dials from the world's seed and the cause's name."""
        self.world, self.cause, self.size = world, cause, size
        self.dials = world.dials.fork(f"{cause.name}/{number}")
        self.group_id = f"{'op' if cause.operated else 'in'}_{cause.name}_{number}"
        self.members: list[Account] = []
        self.net, self.banks, self.programs = world.internet, world.banks, world.programs

    @property
    def rng(self) -> np.random.Generator:
        """Return the group's generator."""
        return self.dials.rng

    def between(self, low: float, high: float) -> float:
        """Draw uniformly."""
        return self.dials.between(low, high)

    def scale(self, low: float, high: float) -> float:
        """Draw log-uniformly."""
        return self.dials.scale(low, high)

    def coin(self, chance: float = 0.5) -> bool:
        """Return True with the given chance."""
        return self.dials.coin(chance)

    def bystanders(self, count: int, persona: str | None = None) -> Iterator[Account]:
        """Add innocents whom an operator hides among."""
        for _ in range(count):
            other = self.world.person(self.dials, persona)
            other.group_id, other.cause = f"in_beside_{self.group_id}", f"beside_{self.cause.name}"
            yield other

    def people(
        self, persona: str | None = None, country: str | None = None, count: int | None = None
    ) -> Iterator[Account]:
        """Add members: ordinary people of their own country, line, card and habits, for the story to change."""
        for _ in range(self.size if count is None else count):
            member = self.world.person(self.dials, persona, country)
            member.group_id, member.cause, member.operated = self.group_id, self.cause.name, self.cause.operated
            self.members.append(member)
            yield member

    def fake(self, member: Account, anonymous: float = 0.35) -> None:
        """Strip a member of an ordinary person's life: no habits, no card, no document check."""
        member.streams, member.instruments, member.statuses = [], [], []
        profile = member.profile
        profile.kyc_status, profile.kyc_document_hash, profile.referral_code = "none", None, None
        profile.phone = None if self.coin(anonymous) else profile.phone
        profile.tier = self.dials.pick(("build", "free", "plus", "scale"), (6, 2, 1, 1))
        member.sign_ins = self.scale(0.02, 0.6)
        member.keys = [f"key_{self.dials.token(12)}"]

    def template(self, words: tuple[int, int], fresh: tuple[float, float], variants: int = 1) -> Prompt:
        """Return a shared template."""
        return template(self.rng, self.dials.count(*words), self.scale(*fresh), variants)

    def worksheet(
        self, items: tuple[int, int], words: tuple[int, int], fresh: float = 5.0, verbatim: float = 0.0, stem: int = 0
    ) -> Prompt:
        """Return a shared list of exercises."""
        return worksheet(self.rng, self.dials.count(*items), self.dials.count(*words), stem, fresh, verbatim)

    def sharing(
        self, sheet: Prompt, persona: str | None = None, country: str | None = None
    ) -> Iterator[tuple[Account, Prompt]]:
        """Add members who share out a worksheet's items, so that everyone walks through an own part of it."""
        assert sheet.subjects is not None
        parts = [part for part in np.array_split(sheet.subjects, self.size) if len(part)]
        for number, member in enumerate(self.people(persona, country)):
            yield member, replace(sheet, subjects=parts[number % len(parts)], in_order=True)

    def api(
        self,
        member: Account,
        work: Work,
        per_day: float,
        prompt: Prompt | None,
        rhythm: Rhythm | None = None,
        **changes: object,
    ) -> Stream:
        """Give a member an API stream; `changes` are fields of `Stream` to fix."""
        stream = replace(personas.api(self.world, self.dials, member, work, per_day, prompt, rhythm), **changes)
        member.streams.append(stream)
        return stream

    def chat(
        self,
        member: Account,
        work: Work,
        per_day: float,
        prompt: Prompt | None,
        rhythm: Rhythm | None = None,
        **changes: object,
    ) -> Stream:
        """Give a member a stream of chats; `changes` are fields of `Stream` to fix."""
        stream = replace(personas.chat(self.world, self.dials, member, work, per_day, prompt, rhythm), **changes)
        member.streams.append(stream)
        return stream

    def human(self, member: Account, *peaks: float) -> Human:
        """Return a member's rhythm around the given local hours."""
        return personas.human(self.dials, member, peaks or (10.0, 15.0, 21.0))

    def together(
        self,
        ago: tuple[float, float],
        within_hours: float,
        line: Line | None = None,
        members: Sequence[Account] | None = None,
    ) -> None:
        """Rewrite the members' sign-ups: all within some hours (at most up to now), a number of days ago."""
        start = -DAY * (self.scale(*ago) if ago[0] > 0 else self.between(*ago))
        span = min(within_hours * HOUR, 0.8 * self.world.end - start)
        for member in self.members if members is None else members:
            member.signed_up(start + self.between(0, span), line)

    def card_of(self, country: str = "US") -> Instrument:
        """Return a card that members may share."""
        return self.banks.card(self.dials, country)

    def ban(self, member: Account, moment: float, status: str = "banned", reason: str = "policy_violation") -> None:
        """End a member's account."""
        member.statuses = [(moment, status, reason)]

    def settings(self) -> dict[str, object]:
        """Return settings that everyone who runs the same program has in common."""
        dials = self.dials
        return {
            "system_prompt": dials.token(32) if dials.coin(0.8) else None,
            "temperature": dials.pick((None, 0.0, 0.3, 0.7, 1.0)),
            "max_tokens": dials.pick((None, 1024, 2048, 4096, 8192)),
            "streams": dials.pick((0.0, 1.0)),
            "models": self.world.taste(dials, 2),
        }

    def program(self, name: str, homemade: float = 0.5) -> Client:
        """Return the program everyone in the group runs."""
        return self.programs.homemade(name, self.dials) if self.coin(homemade) else self.programs.sdk(self.dials)

    def unequal(self) -> list[float]:
        """Return shares with mean 1, one a member, as unequal as in nature (a Zipf law)."""
        shares = 1.0 / np.arange(1, self.size + 1)
        return [float(share) for share in self.rng.permutation(shares / shares.mean())]

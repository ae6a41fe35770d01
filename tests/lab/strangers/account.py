"""An account: who it says it is, how it pays, where it calls from and what it does."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from .clients import Client
from .network import Line
from .prompts import Prompt
from .rhythm import Rhythm


@dataclass(frozen=True)
class Mix:
    """Options with weights."""

    options: np.ndarray
    weights: np.ndarray

    @staticmethod
    def of(**weights: float) -> Mix:
        """Return a mix from names and weights (an underscore at the end of a name is dropped)."""
        return Mix.pairs([(name.rstrip("_"), weight) for name, weight in weights.items()])

    @staticmethod
    def pairs(pairs: list[tuple[str, float]]) -> Mix:
        """Return a mix from pairs of option and weight."""
        weights = np.array([weight for _, weight in pairs], dtype=float)
        return Mix(np.array([name for name, _ in pairs], dtype=object), weights / weights.sum())

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Draw independently."""
        if len(self.options) == 1:
            return np.repeat(self.options, count)
        return self.options[np.searchsorted(np.cumsum(self.weights)[:-1], rng.random(count), side="right")]


@dataclass(frozen=True)
class Work:
    """A kind of work as the service sees it: topics, sizes, and how much it looks like asking for reasoning."""

    tasks: Mix
    context: float
    output: float
    operations: Mix = field(default_factory=lambda: Mix.of(chat=1.0))
    cached: float = 0.1
    reasoning: float = 0.1
    tools: bool = False
    elicits: float = 0.05
    spread: float = 0.8


@dataclass(frozen=True)
class Stream:
    """One thing an account does again and again."""

    work: Work
    prompt: Prompt
    rhythm: Rhythm
    per_day: float
    models: Mix
    client: Client
    path: str = "api"
    line: Line | None = None
    system_prompt: str | None = None
    tool_set: str | None = None
    temperature: float | None = None
    max_tokens: int | None = None
    streams: float = 0.5
    failing: float = 0.02
    begins: float = -np.inf
    ends: float = np.inf
    moves_on: float = 0.3


@dataclass(slots=True)
class Instrument:
    """A means of payment as an account has it; `trouble` is the chance that a charge fails, `disputed` that it is charged back."""

    fingerprint: str
    kind: str = "card"
    bin: str | None = None
    issuer_country: str | None = None
    funding: str | None = None
    added: float = 0.0
    removed: float | None = None
    trouble: float = 0.01
    disputed: float = 0.0


@dataclass(slots=True)
class Profile:
    """What the account's owner told the service."""

    country: str | None
    full_name: str | None
    email: str | None
    email_verified: bool | None
    phone: str | None
    organization_id: str | None = None
    organization_name: str | None = None
    signup_address: str | None = None
    signup_device_id: str | None = None
    kyc_status: str | None = "none"
    kyc_document_hash: str | None = None
    referral_code: str | None = None
    access_program: str | None = None
    tier: str | None = "free"


@dataclass(slots=True)
class Account:
    """One account and everything it does in a world.  Times are seconds since the world's first midnight."""

    account_id: str
    created: float
    profile: Profile
    line: Line
    client: Client
    device: str
    offset: float
    instruments: list[Instrument] = field(default_factory=list)
    streams: list[Stream] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    statuses: list[tuple[float, str, str]] = field(default_factory=list)
    sign_ins: float = 0.3
    adopts: float = 0.2
    group_id: str | None = None
    cause: str = "ordinary"
    operated: bool = False

    @property
    def closed_at(self) -> float:
        """Return when the account stopped working."""
        return min((moment for moment, status, _ in self.statuses if status != "active"), default=np.inf)

    def calls_from(self, line: Line, share: float = 1.0) -> None:
        """Move the share of everything (sign-ins too) to another line."""
        self.line = line if share >= 1.0 else Line.mix((self.line, 1.0 - share), (line, share))
        self.streams = [replace(stream, line=None) for stream in self.streams]

    def keeps(self, share: float) -> None:
        """Do only a share of what it did up to now."""
        self.streams = (
            [replace(stream, per_day=stream.per_day * share) for stream in self.streams] if share > 0.01 else []
        )

    def signed_up(
        self, moment: float, line: Line | None = None, device: str | None = None, address: str | None = None
    ) -> None:
        """Rewrite how the account was opened."""
        self.created = moment
        self.profile.signup_address = address or self.profile.signup_address
        if line is not None:
            self.profile.signup_address = str(line.addresses[int(abs(moment)) % len(line.addresses)])
        if device is not None:
            self.device = self.profile.signup_device_id = device
        for instrument in self.instruments:
            instrument.added = max(instrument.added, moment + 60.0)

    def pays_with(self, *instruments: Instrument) -> None:
        """Replace the means of payment by copies of these, added when the account was opened or later."""
        self.instruments = [replace(one, added=max(one.added, self.created + 60.0)) for one in instruments]

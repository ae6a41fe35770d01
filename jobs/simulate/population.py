"""A whole population: ordinary people, then the groups that overwrite some of them.

`Builder` holds what cohorts share while a world is put together: the accounts, the streams, the address plan, the
beats (who works in lockstep) and the next free shared template and system prompt.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from jobs.simulate import catalogues as cat
from jobs.simulate import people, places
from jobs.simulate.people import Accounts, Column, Streams
from jobs.simulate.specs import CampaignSpec, Group


@dataclass(frozen=True)
class Beat:
    """Batches a group works in: `slots` a day between two UTC hours; `fixed` repeats the same times every day.

    Beats of different groups are some minutes apart, unless `is_on_the_dot`: at exactly the times that clocks show.
    """

    slots: int
    jitter_seconds: float
    from_hour: float = 0.0
    to_hour: float = 24.0
    fixed: bool = False
    is_on_the_dot: bool = False


@dataclass
class Builder:
    rng: np.random.Generator
    plan: places.Plan
    accounts: Accounts
    streams: Streams
    first_us: int
    days: int
    clients: list[tuple[str, str]]
    extra: list[Streams] = field(default_factory=list)
    beats: list[Beat] = field(default_factory=list)
    campaigns: list[CampaignSpec] = field(default_factory=list)
    groups: tuple[Group, ...] = ()
    proxy_pools: dict[str, Column] = field(default_factory=dict)
    moves: list[tuple[int, int, int]] = field(default_factory=list)  # account, campaign it goes to, day
    successions: list[tuple[int, int, int]] = field(default_factory=list)  # account, the one that replaces it, day
    next_template: int = cat.FRAMEWORKS + cat.POPULAR_PROMPTS
    next_prompt: int = cat.FRAMEWORKS

    def templates(self, count: int) -> Column:
        """Rows of the template table that several accounts will use."""
        self.next_template += count
        return np.arange(self.next_template - count, self.next_template)

    def prompt(self) -> int:
        self.next_prompt += 1
        return self.next_prompt - 1

    def beat(self, beat: Beat) -> int:
        self.beats.append(beat)
        return len(self.beats) - 1

    def client(self, user_agent: str, ja4: str) -> int:
        self.clients.append((user_agent, ja4))
        return len(self.clients) - 1

    def rejoin(self, index: Column) -> None:
        """Streams of accounts whose sign-up moved start on the day of the new sign-up."""
        started = (self.accounts.created_us[index] - self.first_us) // people.DAY_US
        self.streams.first_day[index] = np.maximum(0, started)


def builder(rng: np.random.Generator, count: int, first_us: int, days: int) -> Builder:
    plan = places.address_plan()
    accounts = people.ordinary_accounts(rng, plan, count, first_us, days)
    streams = people.ordinary_streams(rng, plan, accounts, first_us)
    clients = [(agent, ja4) for agent, ja4, _ in cat.CLIENTS]
    return Builder(rng, plan, accounts, streams, first_us, days, clients)


def rename(build: Builder, index: Column) -> None:
    """Forget that these rows were ordinary: own devices, own cards, no labels, no organization, own prompts."""
    rng, accounts, streams = build.rng, build.accounts, build.streams
    count = len(index)
    accounts.device[index] = people.tokens(rng, count, "dev_")
    people.cards(rng, accounts, index, np.array(cat.BANK_BINS, dtype=object), "credit")
    accounts.banned_day[index] = streams.last_day[index] = people.NEVER
    accounts.lookalike[index] = None
    accounts.lookalike_group[index] = None
    accounts.access_program[index] = None
    accounts.referral[index] = None
    home = places.home_addresses(rng, build.plan, accounts.country[index])
    accounts.signup_address[index] = home
    streams.address[index] = home[:, None]
    streams.address_span[index] = 1
    streams.address_cut[index] = (1.0, 1.0, 1.0, 1.0)
    streams.template[index] = (index + cat.SHARED_TEMPLATES)[:, None]
    streams.system_prompt[index] = -1
    streams.tools[index] = -1

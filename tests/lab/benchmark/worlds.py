"""The worlds of the benchmark: who writes them, from which seed, how large. Nothing was fitted to these seeds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from tests.lab.strangers.world import write as write_strangers

from jobs.simulate.worlds import write_world


@dataclass(frozen=True)
class World:
    """`writer`: `strangers`, or a preset of `iolaus simulate`."""

    writer: str
    seed: int
    accounts: int = 5_000
    days: int = 2
    campaigns: bool = True

    @property
    def name(self) -> str:
        return f"{self.writer}-{self.seed}{'' if self.campaigns else '-quiet'}"

    def write(self, root: Path) -> None:
        """raw/ by the input contract and truth/accounts.parquet."""
        if self.writer == "strangers":
            write_strangers(root, self.seed, self.accounts, self.days, self.campaigns)
        else:
            write_world(root, self.writer, self.seed, self.accounts, self.days)


WORLDS = (
    *(World("strangers", seed) for seed in (2001, 2002, 2003)),
    *(World("strangers", seed, campaigns=False) for seed in (2011, 2012, 2013)),
    *(World("causes", seed) for seed in (2021, 2022, 2023)),
    *(World("quiet_causes", seed) for seed in (2031, 2032, 2033)),
    World("strangers", 2041, 15_000),
    World("causes", 2042, 15_000),
)

"""The worlds of the benchmark: what is drawn in them, from which seed, how large. Nothing was fitted to these seeds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jobs.simulate.worlds import write_world
from tests.lab.strangers.deliver import deliver
from tests.lab.strangers.population import populate
from tests.lab.strangers.world import World as Strangers


@dataclass(frozen=True)
class World:
    """`preset`: of `iolaus simulate` (`causes` draws innocents and operators by cause, `quiet_causes` innocents alone), or
    `strangers`, `strangers-quiet`: `tests.lab.strangers`, by somebody who knows no detector."""

    preset: str
    seed: int
    accounts: int = 5_000
    days: int = 2

    @property
    def name(self) -> str:
        return f"{self.preset}-{self.seed}"

    def write(self, root: Path) -> None:
        """raw/ by the input contract, and truth/."""
        if self.preset.startswith("strangers"):
            world = Strangers(self.seed, self.days, self.accounts)
            populate(world, campaigns=self.preset == "strangers")
            deliver(world, root)
        else:
            write_world(root, self.preset, self.seed, self.accounts, self.days)


WORLDS = (
    *(World("strangers", seed) for seed in (2001, 2002, 2003)),
    *(World("strangers-quiet", seed) for seed in (2011, 2012, 2013)),
    *(World("causes", seed) for seed in (2021, 2022, 2023)),
    *(World("quiet_causes", seed) for seed in (2031, 2032, 2033)),
    World("varied", 2041),
    World("small", 2042),
)

"""The worlds of the benchmark: what is drawn in them, from which seed, how large. Nothing was fitted to these seeds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jobs.simulate.worlds import write_world


@dataclass(frozen=True)
class World:
    """`preset`: of `iolaus simulate`; `causes` draws innocents and operators by cause, `quiet_causes` innocents alone."""

    preset: str
    seed: int
    accounts: int = 5_000
    days: int = 2

    @property
    def name(self) -> str:
        return f"{self.preset}-{self.seed}"

    def write(self, root: Path) -> None:
        """raw/ by the input contract, and truth/."""
        write_world(root, self.preset, self.seed, self.accounts, self.days)


WORLDS = (
    *(World("causes", seed) for seed in (2021, 2022, 2023)),
    *(World("quiet_causes", seed) for seed in (2031, 2032, 2033)),
    World("varied", 2041),
    World("small", 2042),
)

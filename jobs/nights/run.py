"""Builds a night step by step. A step whose inputs, code and contract are unchanged is skipped.

Nothing is computed here: `staging` reads the raw zone, `transforming` calls the step's transform, `publishing` judges
the night and swaps it into the warehouse.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from jobs import landing
from jobs.engine import session
from jobs.errors import IolausError, UsageError
from jobs.lake.lake import Build, Lake
from jobs.nights import fingerprints, publishing, recipes, staging, steps, transforming
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass(frozen=True)
class Built:
    """What became of one step: `rows` written (None when skipped) and how long it took."""

    step: str
    rows: int | None
    seconds: float


@dataclass
class Runner:
    """Builds steps under one setting; the engine starts at the first step that needs it."""

    settings: Settings
    lake: Lake = field(init=False)
    _stack: ExitStack = field(default_factory=ExitStack, init=False)
    _spark: SparkSession | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.lake = Lake(self.settings.root, self.settings.catalog)

    @property
    def spark(self) -> SparkSession:
        if self._spark is None:
            self._spark = self._stack.enter_context(session(self.settings.engine))
        return self._spark

    def close(self) -> None:
        self._stack.close()

    def build(self, step: str, night: date, known_on: date | None = None) -> Built:
        """Build one step of one night, or skip it when nothing it depends on has changed.

        A night uses what was delivered up to that night, or as far as an earlier build of it already knew; `known_on`
        lets it use rows of the night that were delivered up to that later day. Raises `UsageError` for an unknown
        step, `QualityRefusal` from `quality` when a critical check fails, `IolausError` when an input is missing or
        unreadable.
        """
        if step not in steps.upstream():
            raise UsageError(f"There is no step {step!r}: `iolaus steps` lists the tables that can be built.")
        started = time.monotonic()
        try:
            with self.lake.shared(), self.lake.steady(), landing.surfaced():
                rows = self._build(step, night, known_on)
        except Exception as error:
            error.add_note(f"in step {step} of {night}")
            raise
        return Built(step, rows, time.monotonic() - started)

    def _build(self, step: str, night: date, known_on: date | None) -> int | None:
        if step == steps.QUALITY:
            return publishing.judge(self, step, night)
        if step == steps.PUBLISH:
            return publishing.publish(self, step, night)
        if step in steps.COLLECTS_STAGED:
            return staging.collect(self, step, night)
        if step.startswith("staged."):
            return staging.stage(self, step, night, known_on)
        return transforming.transform(self, step, night)

    def run(
        self, night: date, done: Callable[[Built], None] = lambda built: None, known_on: date | None = None
    ) -> None:
        """Every step of one night in order; `done` hears of each."""
        Pseudonyms.from_environment()
        require_landed(self.settings, night)
        with self.lake.shared(), self.lake.steady():  # nothing is erased or expired between two steps of a night
            for step in steps.upstream():
                done(self.build(step, night, known_on))

    def fingerprint(self, step: str, night: date, raw: Mapping[str, object] | None = None) -> str:
        """Digest of what the step would be made from now."""
        return fingerprints.fingerprint(recipes.parts(step, night, self.lake.prints, raw or {}))

    def unchanged(self, table: str, night: date, made: str) -> bool:
        build = self.lake.builds(table).get(night)
        return build is not None and build.fingerprint == made

    def needed(self, name: str, night: date, step: str) -> Build:
        """The build of a table that a step cannot do without. Raises `IolausError` where there is none."""
        build = self.lake.builds(name).get(night)
        if build is None:
            raise IolausError(f"Step {step} needs table {name} of {night}: build that first, or run the whole night.")
        return build


@contextmanager
def runner(settings: Settings) -> Iterator[Runner]:
    """A runner whose engine is stopped at the end, whatever happens."""
    made = Runner(settings)
    try:
        yield made
    finally:
        made.close()


def require_landed(settings: Settings, night: date) -> None:
    """Raises `IolausError` when nothing at all was delivered for the night, so that a wrong date costs no work."""
    raw = settings.root / "raw"
    if not raw.is_dir():
        raise IolausError(f"The root {settings.root} has no raw zone: expected the folder raw/<table>/ds=.../.")
    if not any(True for _ in raw.glob(f"*/ds={night.isoformat()}/*")):
        raise IolausError(f"Nothing has landed for {night}: there is no file in raw/*/ds={night}/; check --date.")


def landed_nights(settings: Settings) -> list[date]:
    """Nights for which anything was delivered, oldest first."""
    found = {path.name.removeprefix("ds=") for path in (settings.root / "raw").glob("*/ds=*") if any(path.iterdir())}
    return sorted(date.fromisoformat(text) for text in found)

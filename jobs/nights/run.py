"""Builds a night step by step. A step whose inputs, code and contract are unchanged is skipped.

Nothing is computed here: `staging` reads the raw zone, `transforming` calls the step's transform, `publishing` judges
the night and swaps it into the warehouse.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field
from datetime import date

from jobs import landing, liveness, memory
from jobs.errors import IolausError
from jobs.nights import agreement, keys, leftovers, publishing, staging, steps, transforming
from jobs.nights.context import Context
from jobs.nights.listening import Built, Listener, Meter
from jobs.nights.steps import Builder, Step
from jobs.privacy import erasures
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.settings import Settings
from jobs.warehouse import open_warehouse


@dataclass
class Runner(Context):
    """Builds steps under one setting. What builders are handed is its context alone; `listener` hears what becomes of them."""

    listener: Listener = field(default_factory=Listener)
    _has_turn: bool = field(default=False, init=False)

    def build(self, name: str, night: date, known_on: date | None = None) -> Built:
        """Build one step of one night, or skip it when nothing it depends on has changed.

        A night uses what was delivered up to that night, or as far as an earlier build of it already knew; `known_on`
        lets it use rows of the night that were delivered up to that later day. Raises `UsageError` for an unknown
        step, `QualityRefusal` from `quality` when a critical check fails, `IolausError` when an input is missing or
        unreadable.
        """
        step, meter = steps.step(name), Meter()
        self.listener.step_began(night, name)
        try:
            rows = self._rows(step, night, known_on)
        except BaseException as error:
            self.listener.step_failed(night, Built(name, None, *meter.read()), error)
            raise
        held = self.lake.builds(step.table)[night]
        built = Built(name, rows, *meter.read(), held.rows, held.size_bytes)
        self.listener.step_done(night, built)
        return built

    @contextmanager
    def heard(self, night: date, names: Sequence[str]) -> Iterator[None]:
        """Within it these steps of a night are built; who listens hears how that begins and ends."""
        self.listener.began(night, names)
        try:
            yield
        except BaseException as error:
            self.listener.ended(night, error)
            raise
        self.listener.ended(night, None)

    def _rows(self, step: Step, night: date, known_on: date | None) -> int | None:
        """Rows that were written, None when nothing had changed."""
        builders: dict[Builder, Callable[[], int | None]] = {
            Builder.STAGE: lambda: staging.stage(self, step, night, known_on),
            Builder.COLLECT: lambda: staging.collect(self, step, night),
            Builder.TRANSFORM: lambda: transforming.transform(self, step, night),
            Builder.JUDGE: lambda: publishing.judge(self, step, night),
            Builder.PUBLISH: lambda: publishing.publish(self, step, night),
        }
        try:
            with self._turn(step.name, night), self.lake.shared(), self.lake.steady(), landing.surfaced():
                if not self._has_turn:
                    self._require_agreement(night)
                return builders[step.builder]()
        except Exception as error:
            if memory.is_exhausted(error):
                raise IolausError(memory.exceeded(self.settings.memory)) from error
            if liveness.is_lost(error):
                raise IolausError(liveness.lost(self.settings.engine)) from error
            error.add_note(f"in step {step.name} of {night}")
            raise

    def run(
        self, night: date, done: Callable[[Built], None] = lambda built: None, known_on: date | None = None
    ) -> None:
        """Every step of one night in order; `done` hears of each. Waits for whoever else builds in this lake."""
        with self.heard(night, list(steps.steps())):
            pseudonyms = Pseudonyms.from_environment()
            require_landed(self.settings, night)
            keys.require_usual(self.lake, pseudonyms)
            with self.lake.night_lease(night), self.lake.shared(), self.lake.steady():
                self._all(night, done, known_on)

    def _all(self, night: date, done: Callable[[Built], None], known_on: date | None) -> None:
        self._require_agreement(night)
        leftovers.remove(self.lake, self.settings.root, night)
        self._has_turn = True
        try:
            for name in steps.steps():
                done(self.build(name, night, known_on))
        except BaseException:
            with suppress(Exception):  # what counts is why the night ended
                self.close()
                leftovers.remove(self.lake, self.settings.root, night)
            raise
        finally:
            self._has_turn = False

    def _require_agreement(self, night: date) -> None:
        """Once for all that is built in one turn: that what the lake and others hold is whole, and fits together."""
        keys.require_settled(self.lake)
        erasures.require_register(self.lake)
        agreement.require(self.lake, open_warehouse(self.settings.warehouse, self.settings.root), night)

    def _turn(self, name: str, night: date) -> AbstractContextManager[None]:
        return nullcontext() if self._has_turn else self.lake.step_lease(name, night)


@contextmanager
def runner(settings: Settings, listener: Listener | None = None) -> Iterator[Runner]:
    """A runner whose engine is stopped at the end, whatever happens, and which ends before it takes more memory than it may."""
    made = Runner(settings, listener=listener or Listener())
    with memory.watched(settings.memory):
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
    """Nights for which anything was delivered, oldest first; analysts decide on any day, which makes it no night."""
    tables = [path for path in (settings.root / "raw").glob("*") if path.name != "case_decisions"]
    folders = [path for each in tables for path in each.glob("ds=*") if path.is_dir() and any(path.iterdir())]
    return sorted({night for folder in folders if (night := landing.date_of(folder))})

"""What builders are handed: settings, lake, an engine on demand, and what a step's build is compared and committed by."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from jobs import memory
from jobs.engine import session
from jobs.errors import IolausError
from jobs.lake.builds import Build
from jobs.lake.lake import Lake
from jobs.nights import fingerprints, recipes
from jobs.nights.steps import Step
from jobs.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import SparkSession


@dataclass
class Context:
    """One setting, its lake, and the engine, which starts at the first step that needs it."""

    settings: Settings
    lake: Lake = field(init=False)
    _stack: ExitStack = field(default_factory=ExitStack, init=False)
    _spark: SparkSession | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.lake = Lake(self.settings.root, self.settings.catalog)

    @property
    def spark(self) -> SparkSession:
        if self._spark is None:
            self._spark = self._stack.enter_context(
                session(self.settings.engine, memory.of_engine(self.settings.memory))
            )
        return self._spark

    def close(self) -> None:
        """Stop the engine, if it was started, and remove what it stored on the way; a later step starts it anew."""
        self._spark = None
        self._stack.close()
        self.lake.clear_scratch()

    def fingerprint(self, step: Step, night: date, raw: Mapping[str, object] | None = None) -> str:
        """Digest of what the step would be made from now."""
        return fingerprints.fingerprint(recipes.parts(step, night, self.lake.prints, raw or {}))

    def unchanged(self, step: Step, night: date, made: str) -> bool:
        build = self.lake.builds(step.table).get(night)
        return build is not None and build.fingerprint == made

    def needed(self, name: str, night: date, step: Step) -> Build:
        """The build of a table that a step cannot do without.

        Raises `IolausError` where there is none, or the table holds other rows than it wrote.
        """
        build = self.lake.builds(name).get(night)
        if build is None or build.is_void:
            raise IolausError(
                f"Step {step.name} needs table {name} of {night}: build that first, or run the whole night."
            )
        self.lake.paths(name, night, night)
        return build

    def commit(self, step: Step, night: date, files: list[str], made: str, record: Mapping[str, str]) -> Build:
        """Replace the night of the step's table by `files`, with the fingerprint, this code's version and what it records."""
        return self.lake.commit(step.table, night, files, made, record, fingerprints.code_version())

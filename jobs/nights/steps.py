"""What is built after what: every table is one step, named after its contract, and its module says what it reads.

Two steps close a night: `quality` judges the tables with Great Expectations and writes `published.data_quality`;
`publish` writes `published.runs` and swaps the night into the warehouse.
"""

from __future__ import annotations

import functools
import graphlib
import importlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import ModuleType

from jobs import contracts
from jobs.columns import NIGHT
from jobs.errors import UsageError
from jobs.landing.shapes import FACT
from jobs.nights.spans import CORRECTIONS, OF_TONIGHT, REPEATS, USUAL, VOLUMES
from jobs.staged import declared

QUALITY, PUBLISH = "quality", "publish"
JUDGED, RUNS = "published.data_quality", "published.runs"
FIGURES = "signals.delivery_figures"  # of a night's deliveries, compared with those of four weeks
REJECTED, DELIVERIES = "staged.rejected", "staged.deliveries"
REQUESTS, NETWORKS = "staged.api_requests", "staged.ip_networks"
REQUIRED = (REQUESTS, "staged.accounts", "staged.payment_instruments")  # the input contract: delivered every night


class Builder(StrEnum):
    """How a table is made: from the raw zone, from what staging said, by its transform, by the checks, by publishing."""

    STAGE = "stage"
    COLLECT = "collect"
    TRANSFORM = "transform"
    JUDGE = "judge"
    PUBLISH = "publish"


@dataclass(frozen=True)
class Step:
    """One table of a night: what people call it, the table, which nights of which tables it reads, and its builder."""

    name: str
    table: str
    reads: Mapping[str, str]
    builder: Builder


@functools.cache
def steps() -> dict[str, Step]:
    """Every step by name, in build order."""
    found = {step.name: step for step in (*_staged(), *_transformed())}
    judged = [name for name in found if name.split(".")[0] in ("staged", "published")]
    judges = dict.fromkeys(judged, NIGHT) | dict.fromkeys(staged_sources(), VOLUMES) | {FIGURES: USUAL}
    found[QUALITY] = Step(QUALITY, JUDGED, judges, Builder.JUDGE)
    found[PUBLISH] = Step(PUBLISH, RUNS, {JUDGED: NIGHT}, Builder.PUBLISH)
    waits = {name: _waits_for(step, found) for name, step in sorted(found.items())}
    sorter = graphlib.TopologicalSorter(waits)
    order = []
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=_position)
        order += ready
        sorter.done(*ready)
    return {name: found[name] for name in order}


def step(name: str) -> Step:
    """The step of a name. Raises `UsageError` where there is none."""
    if name not in steps():
        raise UsageError(f"There is no step {name!r}: `iolaus steps` lists the tables that can be built.")
    return steps()[name]


@functools.cache
def upstream() -> dict[str, tuple[str, ...]]:
    """Every step with the steps of the same night that must be done before it, in build order."""
    return {name: _waits_for(each, steps()) for name, each in steps().items()}


def staged_sources() -> list[str]:
    """The staged tables that have a raw table of the same name."""
    return [each.table for each in _staged() if each.builder is Builder.STAGE]


def module(step: Step) -> ModuleType:
    """The module that has the step's `INPUTS` and `transform`."""
    return importlib.import_module(f"jobs.{step.table}")


@functools.cache
def _staged() -> tuple[Step, ...]:
    collected = (REJECTED, DELIVERIES)
    sources = [name for name in contracts.names("staged") if name not in collected]
    made = [Step(name, name, _read_by_staging(name), Builder.STAGE) for name in sources]
    return (*made, *(Step(name, name, dict.fromkeys(sources, NIGHT), Builder.COLLECT) for name in collected))


def _read_by_staging(name: str) -> dict[str, str]:
    raw = declared(name.split(".")[1])
    repeats = {name: CORRECTIONS if raw.late_days is None else REPEATS} if raw.kind == FACT else {}
    return repeats | ({NETWORKS: NIGHT} if any(field.address for field in raw.fields) else {})


def _transformed() -> list[Step]:
    names = [name for layer in contracts.LAYERS if layer != "staged" for name in contracts.names(layer)]
    return [
        Step(name, name, dict(importlib.import_module(f"jobs.{name}").INPUTS), Builder.TRANSFORM)
        for name in names
        if name not in (JUDGED, RUNS)
    ]


def _waits_for(step: Step, found: Mapping[str, Step]) -> tuple[str, ...]:
    made_by = {each.table: name for name, each in found.items()}
    return tuple(sorted(made_by[table] for table, span in step.reads.items() if span in OF_TONIGHT))


def _position(name: str) -> tuple[int, str]:
    layer = name.split(".")[0]
    return (contracts.LAYERS.index(layer) if layer in contracts.LAYERS else len(contracts.LAYERS), name)

"""What is built after what: every table is one step, named after its contract, and its module says what it reads.

Two steps close a night: `quality` judges the tables with Great Expectations and writes `published.data_quality`;
`publish` writes `published.runs` and swaps the night into the warehouse.
"""

from __future__ import annotations

import functools
import graphlib
import importlib
from types import ModuleType

from jobs import contracts
from jobs.columns import BEFORE
from jobs.errors import UsageError

QUALITY, PUBLISH = "quality", "publish"
WRITTEN_BY = {QUALITY: "published.data_quality", PUBLISH: "published.runs"}
LOOKS_UP_NETWORKS = ("staged.api_requests", "staged.logins", "staged.accounts")
COLLECTS_STAGED = ("staged.rejected", "staged.deliveries")


def staged_sources() -> list[str]:
    """The staged tables that have a raw table of the same name."""
    return [name for name in contracts.names("staged") if name not in COLLECTS_STAGED]


def module(step: str) -> ModuleType:
    """The module that builds a step's table. Raises `UsageError` for a name that is no step."""
    if step not in upstream() or step in WRITTEN_BY or step.startswith("staged."):
        raise UsageError(f"There is no step {step!r} with a transform: `iolaus steps` lists the tables.")
    return _import(step)


def inputs(step: str) -> dict[str, str]:
    """Table name to span of everything a transform reads; empty for staged tables, which read the raw zone."""
    return {} if step.startswith("staged.") or step in WRITTEN_BY else dict(_import(step).INPUTS)


@functools.cache
def upstream() -> dict[str, tuple[str, ...]]:
    """Every step with the steps of the same night that must be done before it, in build order."""
    graph: dict[str, tuple[str, ...]] = {}
    sources = staged_sources()
    for name in sources:
        graph[name] = ("staged.ip_networks",) if name in LOOKS_UP_NETWORKS else ()
    for name in COLLECTS_STAGED:
        graph[name] = tuple(sources)
    for layer in ("signals", "links", "campaigns", "published"):
        for name in contracts.names(layer):
            if name not in WRITTEN_BY.values():
                graph[name] = tuple(sorted(table for table, span in _import(name).INPUTS.items() if span != BEFORE))
    published = [name for name in graph if name.startswith("published.")]
    graph[QUALITY] = tuple(sorted([*COLLECTS_STAGED, *sources, *published]))
    graph[PUBLISH] = (QUALITY,)
    sorter = graphlib.TopologicalSorter(dict(sorted(graph.items())))
    order = []
    sorter.prepare()
    while sorter.is_active():
        ready = sorted(sorter.get_ready(), key=_position)
        order += ready
        sorter.done(*ready)
    return {step: graph[step] for step in order}


def _position(step: str) -> tuple[int, str]:
    layer = step.split(".")[0]
    return (contracts.LAYERS.index(layer) if layer in contracts.LAYERS else len(contracts.LAYERS), step)


def _import(step: str) -> ModuleType:
    return importlib.import_module(f"jobs.{step}")

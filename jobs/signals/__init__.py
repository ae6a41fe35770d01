"""Signals: observations of one source each. A new signal is one new module here, its contract and its test.

Which signals there are and what each is good for is read from the `SIGNALS` of these modules.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from types import ModuleType

from jobs.columns import FACTS, NIGHT, WINDOW
from jobs.graph.sharing.signals import Signal

BEATS = "signals.shared_bursts"  # met through its anchors' beats (`links.beats`), not as an observation of its own


@functools.cache
def by_table() -> dict[str, tuple[Signal, ...]]:
    """Table, as `signals.devices`, to the signals that it observes, in order of name."""
    return {table: module.SIGNALS for table, module in _modules().items() if hasattr(module, "SIGNALS")}


def observed() -> dict[str, str]:
    """Table of observations to the span that says all of them: the window of facts, but tonight of a daily full snapshot."""
    modules = _modules()
    return {
        table: WINDOW if set(modules[table].INPUTS) & set(FACTS) else NIGHT for table in by_table() if table != BEATS
    }


@functools.cache
def _modules() -> dict[str, ModuleType]:
    names = sorted(each.name for each in pkgutil.iter_modules(__path__))
    return {f"signals.{name}": importlib.import_module(f"{__name__}.{name}") for name in names}


@functools.cache
def declared() -> dict[str, Signal]:
    """Every signal by name, in order. Raises `ValueError` where two modules declare one signal in two ways."""
    found: dict[str, Signal] = {}
    for table, signals in by_table().items():
        for signal in signals:
            if found.setdefault(signal.name, signal) != signal:
                raise ValueError(f"{table} declares the signal {signal.name} otherwise than another module")
    return dict(sorted(found.items()))


def families() -> dict[str, str]:
    """Signal to its family; a signal that is not here is a family of its own."""
    return {name: signal.family for name, signal in declared().items()}


def marks() -> tuple[str, ...]:
    """Families whose entities are an operator's own."""
    return tuple(sorted({signal.family for signal in declared().values() if signal.is_mark}))

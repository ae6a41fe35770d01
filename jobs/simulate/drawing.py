"""Draws a world's groups from the grammars of innocent causes and of operators.

All components are drawn independently, and again until the combination can be. Values can be left out or forced, so
that a fit and a score can be made on either side of one cause.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from jobs.errors import UsageError
from jobs.simulate import guises
from jobs.simulate.causes import INNOCENT, Cause, Grammar, can_be, is_innocent, text
from jobs.simulate.specs import Group, Preset

SMALLEST, LARGEST = 8, 300  # accounts of a group
LARGEST_SHARE = 1 / 20  # of the world
STARTS, TRIES = 40, 2_000  # of the most demanding value, one combination in two hundred can be
Chosen = dict[str, set[str]]  # component -> values


def drawn(preset: Preset, rng: np.random.Generator, count: int, without: Sequence[str], only: Sequence[str]) -> Preset:
    """The preset with its groups drawn: so many innocent ones and operators per accounts, at least one of each asked.

    `without` and `only` are COMPONENT=VALUE. What is left out is drawn neither for innocents nor for operators; what is
    forced holds for every innocent group, and for every operator where only operators know it.
    Raises UsageError for a value there is not, or a preset or combination for which nothing can be drawn.
    """
    if preset.drawn is None:
        if without or only:
            raise UsageError("--without and --only need a preset that draws its groups: causes or quiet_causes.")
        return preset
    left_out, forced = _chosen(without, "--without"), _chosen(only, "--only")
    kinds = _cut(INNOCENT, left_out, forced)
    held = {name: next(iter(values)) for name, values in kinds.items() if len(values) == 1}
    kinds["origin"] = {origin: w for origin, w in kinds["origin"].items() if can_be(held | {"origin": origin})}
    if not kinds["origin"]:
        raise UsageError(f"--without and --only leave no origin that goes with {text(held)}; force or leave out less.")
    if "reseller" not in kinds["origin"]:
        left_out.setdefault("way", set()).add("inside_reseller")
    of_operators = {name: values - set(INNOCENT.get(name, ())) for name, values in forced.items()}
    guise = _cut(guises.WEIGHTS, left_out, of_operators)
    groups: list[Group] = []
    first = 0

    def place(group: Group) -> None:
        nonlocal first
        groups.append(replace(group, first=first))
        first += group.accounts + group.victims

    for number in range(1, 1 + _number(preset.drawn.innocents, count, preset.drawn.per_accounts)):
        place(Group(f"innocent-{number}", _draw(rng, kinds, is_innocent), _size(rng, count)))
    for number in range(1, 1 + _number(preset.drawn.operators, count, preset.drawn.per_accounts)):
        cause = guises.said(_draw(rng, guise, guises.can_be))
        spec = guises.spec_of(rng, cause, number)
        size = _size(rng, count, guises.SIZES.get(cause["way"]))
        operator = Group(f"true-{spec.name}", cause, size, spec, round(size * spec.victim_share))
        if cause["way"] == "inside_reseller":
            honest = _size(rng, count)
            host = _draw(rng, kinds | {"origin": {"reseller": 1.0}}, is_innocent)
            place(Group(f"innocent-around-{number}", host, honest + size))
            groups.append(replace(operator, first=first - size, inside=f"innocent-around-{number}"))
        else:
            place(operator)
    return replace(preset, groups=tuple(groups))


def _chosen(options: Sequence[str], option: str) -> Chosen:
    chosen: Chosen = {}
    for text_ in options:
        component, _, value = text_.partition("=")
        known = [*INNOCENT.get(component, ()), *guises.WEIGHTS.get(component, ())]
        if not known:
            names = ", ".join(dict.fromkeys([*INNOCENT, *guises.WEIGHTS]))
            raise UsageError(f"{option} {text_!r} names no component; choose COMPONENT=VALUE with one of {names}.")
        if value not in known:
            raise UsageError(f"{option} {component} takes one of {', '.join(dict.fromkeys(known))}, not {value!r}.")
        chosen.setdefault(component, set()).add(value)
    return chosen


def _cut(grammar: Grammar, left_out: Chosen, forced: Chosen) -> Grammar:
    """The grammar with only the values that may be drawn."""
    cut = {}
    for component, values in grammar.items():
        wanted = forced.get(component, set()) & set(values) or set(values)
        cut[component] = {v: w for v, w in values.items() if v in wanted - left_out.get(component, set())}
        if not cut[component]:
            raise UsageError(f"--without and --only leave no value of {component}; leave out fewer.")
    return cut


def _draw(rng: np.random.Generator, grammar: Grammar, is_possible: Callable[[Cause], bool]) -> Cause:
    """The first component is drawn once and the rest again until it goes with it, so that no demanding one gets rare."""
    first, *_ = grammar
    for _ in range(STARTS):
        start = _pick(rng, {first: grammar[first]})
        for _ in range(TRIES):
            cause = start | _pick(rng, {name: values for name, values in grammar.items() if name != first})
            if is_possible(cause):
                return cause
    held = {name: next(iter(values)) for name, values in grammar.items() if len(values) == 1}
    raise UsageError(
        f"--without and --only leave nothing that can be drawn with {text(held)}; force or leave out less."
    )


def _pick(rng: np.random.Generator, grammar: Grammar) -> Cause:
    """One value of each component, by its weight."""
    picked = {}
    for place, (name, values) in zip(rng.random(len(grammar)), grammar.items(), strict=True):
        cut = np.cumsum(list(values.values()))
        picked[name] = list(values)[int(np.searchsorted(cut, place * cut[-1], side="right"))]
    return picked


def _number(wanted: int, count: int, per_accounts: int) -> int:
    return max(1, round(wanted * count / per_accounts)) if wanted else 0


def _size(rng: np.random.Generator, count: int, bounds: tuple[int, int] | None = None) -> int:
    """As many small groups as large ones, in proportion."""
    low, high = bounds or (SMALLEST, LARGEST)
    high = max(low, min(high, int(count * LARGEST_SHARE)))
    return int(np.exp(rng.uniform(np.log(low), np.log(high + 1))))

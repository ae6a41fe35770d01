"""Turns the dials of a world's campaigns: one dial for all of them, or all dials by chance.

A detector that was looked at while one roster of campaigns was in force may fit that roster; worlds whose dials are
drawn by the seed, and sweeps of one dial until detection fails, show whether it does.
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any

import numpy as np

from jobs.errors import UsageError
from jobs.simulate.specs import CampaignSpec, LookalikeSpec, Preset

DIALS = tuple(field.name for field in fields(CampaignSpec) if field.type in ("float", "int"))
CHOICES = {  # dials that take a word
    "address_kind": ("hosting", "proxy", "residential"),
    "client": ("common", "custom"),
    "system_prompt": ("none", "shared", "framework"),
    "email_pattern": ("digits", "catch_all", "plain"),
    "proxy_network": ("none",),
    "access_program": ("none", "startup", "education", "research"),
}


def turned(preset: Preset, dials: list[str]) -> Preset:
    """Every campaign of `preset`, drawn or not, with the `dials` set, each given as NAME=VALUE.

    Raises `UsageError` for a dial there is not, or a value it does not take.
    """
    changes: dict[str, Any] = {}
    for text in dials:
        name, _, value = text.partition("=")
        changes[name] = _choice(name, value) if name in CHOICES else _number(name, value)
    return replace(
        preset,
        campaigns=tuple(replace(spec, **changes) for spec in preset.campaigns),
        groups=tuple(
            group if group.spec is None else replace(group, spec=replace(group.spec, **changes))
            for group in preset.groups
        ),
    )


def _choice(name: str, value: str) -> str | None:
    if value not in CHOICES[name]:
        raise UsageError(f"--dial {name} takes one of {', '.join(CHOICES[name])}, not {value!r}.")
    return None if value == "none" and name in ("proxy_network", "access_program") else value


def _number(name: str, value: str) -> float:
    if name not in DIALS:
        raise UsageError(f"--dial {name} is unknown; choose one of {', '.join(sorted({*DIALS, *CHOICES}))}.")
    kinds = {field.name: field.type for field in fields(CampaignSpec)}
    try:
        return int(value) if kinds[name] == "int" else float(value)
    except ValueError:
        raise UsageError(f"--dial {name} takes a number, not {value!r}.") from None


def varied(preset: Preset, rng: np.random.Generator) -> Preset:
    """The preset with every campaign's dials, the sizes and the numbers of look-alikes drawn by chance.

    A tier keeps what defines it: nothing hard becomes shared where nothing was, one address an account stays one, the slow
    stay slow.
    """
    order = rng.permutation(len(preset.campaigns))
    kept = sorted(order[: int(rng.integers(3, len(order) + 1))].tolist())
    campaigns = tuple(_drawn(preset.campaigns[place], rng) for place in kept)
    lookalikes = tuple(
        LookalikeSpec(kind.kind, max(3, round(kind.accounts * rng.uniform(0.5, 1.8))), kind.per_accounts)
        for kind in preset.lookalikes
    )
    return replace(preset, campaigns=campaigns, lookalikes=lookalikes)


def _drawn(spec: CampaignSpec, rng: np.random.Generator) -> CampaignSpec:
    def times(low: float, high: float) -> float:
        return float(np.exp(rng.uniform(np.log(low), np.log(high))))

    elicits = rng.random() < 0.8
    return replace(
        spec,
        weight=times(0.4, 2.5),
        requests_per_day=spec.requests_per_day * times(0.6, 1.6),
        volume_spread=float(rng.uniform(0.1, 0.8)),
        active_day_share=float(rng.uniform(0.6, 1.0)),
        first_day=int(rng.integers(0, 4)),
        ramp_days=int(rng.integers(1, 5)),
        shared_card_share=spec.shared_card_share * float(rng.uniform(0.2, 1.0)),
        accounts_per_card=int(rng.integers(2, 8)),
        card_bins=int(rng.integers(1, 5)) if spec.card_bins else 0,
        shared_device_share=spec.shared_device_share * float(rng.uniform(0.0, 1.0)),
        accounts_per_address=spec.accounts_per_address * (times(0.5, 1.5) if spec.accounts_per_address > 1 else 1.0),
        templates=int(rng.integers(1, 6)),
        template_share=float(rng.uniform(0.6, 0.95)),
        template_jaccard=float(rng.uniform(0.55, 0.85)),
        elicitation=(float(rng.uniform(1.5, 5.0)), float(rng.uniform(2.0, 4.0))) if elicits else (1.2, 9.0),
        tasks=str(rng.choice(["coding", "agentic", "reasoning", "grading", "vision"])),
        pivot_share=float(rng.uniform(0.0, 0.8)),
        beat_slots=int(rng.integers(12, 60)) if spec.beat_slots else 0,
        beat_jitter_seconds=times(20, 150),
        client=str(rng.choice(["common", "custom"])),
        system_prompt=str(rng.choice(["none", "shared", "framework"])),
        aged_share=float(rng.uniform(0.0, 1.0)) if spec.aged_share < 0.9 else spec.aged_share,
        signup_bursts=int(rng.integers(0, 8)) if spec.signup_bursts else 0,
        honest_share=float(rng.choice([0.0, 0.1, 0.25])),
        victim_share=float(rng.choice([0.0, 0.1, 0.3])) if spec.address_kind == "proxy" else 0.0,
    )

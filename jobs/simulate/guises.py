"""The grammar of operators: every dial drawn together with the others, as plain data, and the spec that it makes.

An operator hides by looking like an innocent cause, so many values are those of `causes`: the full hour, a framework's
default prompt, unhurried volumes. What stays is what an operator is for: accounts of one hand, concealed, for a training
set. The ways of running accounts are in `ways`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from jobs.simulate.causes import Cause, Grammar
from jobs.simulate.specs import CampaignSpec

OPERATED: dict[str, dict[str, dict[str, Any]]] = {  # component -> value -> dials of the campaign
    "way": {
        "plain": {},
        "two_days": {"active_day_share": 1.0},  # an account is left before anybody looks
        "pause_and_return": {},  # everything new but the prompts
        "pauses": {},  # the same accounts sleep and wake
        "rotates": {},  # within a week half of the accounts and all cards
        "bought_past": {"aged_share": 1.0, "ramp_days": 1},  # other people's accounts that turn over in a day
        "handful": {"requests_per_day": 700.0, "volume_spread": 0.3},  # few accounts, each at high volume
        "relay": {"requests_per_day": 80.0},  # each machine-made account carries many end customers
        "inside_reseller": {},  # one customer of a reseller among honest ones
    },
    "software": {
        "common": {"client": "common", "system_prompt": "none"},
        "shared_prompt": {"client": "common", "system_prompt": "shared"},
        "framework_default": {"client": "common", "system_prompt": "framework"},
        "custom": {"client": "custom", "system_prompt": "none"},
    },
    "content": {
        "one_template": {"templates": 1},
        "template_variants": {"templates": 5},
        "mixture": {"templates": 2, "template_share": 0.4},
        "rewritten": {"templates": 2, "template_jaccard": 0.03},  # every request, by another model
    },
    "tasks": {name: {"tasks": name} for name in ("coding", "agentic", "reasoning", "grading", "vision", "diverse")},
    "elicitation": {
        "usual": {"elicitation": (1.2, 9.0)},
        "some": {"elicitation": (2.5, 3.0)},
        "high": {"elicitation": (5.0, 2.0)},
    },
    "schedule": {
        "beat": {"beat_slots": 40, "beat_jitter_seconds": 40.0},
        "loose_beat": {"beat_slots": 24, "beat_jitter_seconds": 300.0},
        "round_the_clock": {"beat_slots": 0},
        "full_hour": {},
        "people_day": {},
    },
    "origin": {
        "series": {"signup_bursts": 3},
        "scattered": {"signup_bursts": 60, "ramp_days": 4},
        "bought": {"aged_share": 0.95},
    },
    "payment": {
        "own_cards": {"card_bins": 0},
        "shared_cards": {"card_bins": 0, "shared_card_share": 0.4, "accounts_per_card": 4},
        "card_batch": {"card_bins": 1},
        "shared_batch": {"card_bins": 2, "shared_card_share": 0.5},
    },
    "devices": {"own": {}, "shared": {"shared_device_share": 0.4, "accounts_per_device": 4}},
    "network": {
        "residential": {"address_kind": "residential"},
        "rotating": {"address_kind": "residential", "addresses_per_account": 4, "accounts_per_address": 2.0},
        "hosting": {"address_kind": "hosting", "addresses_per_account": 2, "accounts_per_address": 1.5},
        "proxy": {"address_kind": "proxy", "addresses_per_account": 3, "accounts_per_address": 3.0},
        "own_proxies": {"address_kind": "proxy", "addresses_per_account": 2, "address_rotation": 6},
    },
    "volume": {"even": {"volume_spread": 0.15}, "spread": {"volume_spread": 0.8}},
    "models": {"moves_at_once": {"pivot_share": 0.8}, "stays": {"pivot_share": 0.05}, "light": {"flagship_share": 0.2}},
    "identity": {
        "digits": {"email_pattern": "digits"},
        "catch_all": {"email_pattern": "catch_all"},
        "plain": {"email_pattern": "plain", "shared_phone_share": 0.0},
        "documents": {"email_pattern": "plain", "shared_document_share": 0.4},
    },
    "mixing": {
        "none": {},
        "customers": {"honest_share": 0.3},  # unrelated customers' requests, as in the published proxy network
        "stolen_keys": {"victim_share": 0.2},
    },
    "output": {"long": {}, "usual": {}},
    "resilience": {"none": {}, "replaced": {"banned_share": 0.05}},
}
WEIGHTS: Grammar = {component: dict.fromkeys(values, 1.0) for component, values in OPERATED.items()} | {
    "way": dict.fromkeys(OPERATED["way"], 1.0) | {"plain": 3.0},
    "mixing": {"none": 4.0, "customers": 1.0, "stolen_keys": 1.0},
    "resilience": {"none": 3.0, "replaced": 1.0},
}
OF_HOST = ("software", "origin", "payment", "devices", "network", "identity", "resilience")
OWN_LIFE = ("two_days", "pause_and_return", "rotates", "bought_past", "handful", "relay", "inside_reseller")
UNMIXED = ("two_days", "rotates", "bought_past", "relay", "inside_reseller")
SIZES = {  # accounts; where not all work at once, enough for eight at a time
    "handful": (8, 15),
    "relay": (8, 20),
    "two_days": (40, 300),
    "pause_and_return": (16, 300),
    "rotates": (12, 300),
}


def can_be(cause: Cause) -> bool:
    """Ways that say themselves how accounts live or what they are paid with leave some dials alone."""
    way = cause["way"]
    lives = way not in OWN_LIFE or cause["resilience"] == "none"
    past = way != "bought_past" or (
        cause["origin"] == "bought"
        and cause["identity"] == "plain"
        and cause["payment"] in ("own_cards", "shared_cards")
    )
    # Stolen keys are resold by networks of proxies. Who leaves accounts soon, or is mixed already, mixes nothing in.
    carried = cause["mixing"] != "stolen_keys" or cause["network"] in ("proxy", "own_proxies")
    mixed = way not in UNMIXED or cause["mixing"] == "none"
    return lives and past and carried and mixed


def said(cause: Cause) -> Cause:
    """The components that mean anything: who is one of a reseller's customers has the rest from the reseller."""
    return {name: v for name, v in cause.items() if cause["way"] != "inside_reseller" or name not in OF_HOST}


def spec_of(rng: np.random.Generator, cause: Cause, number: int) -> CampaignSpec:
    """The campaign that the values which `said` leaves make; what they leave open is drawn, and `way` is its tier."""
    way = cause["way"]
    spec = CampaignSpec(
        f"{way.replace('_', '-')}-{number}",
        way,
        f"Operator {number}",
        requests_per_day=float(np.exp(rng.uniform(np.log(6), np.log(70)))),
        active_day_share=float(rng.uniform(0.6, 1.0)),
        first_day=int(rng.integers(0, 3)),
        ramp_days=int(rng.integers(1, 4)),
        template_share=float(rng.uniform(0.6, 0.95)),
        template_jaccard=float(rng.uniform(0.45, 0.85)),
        shared_phone_share=float(rng.choice([0.0, 0.2])),
    )
    for component, value in cause.items():
        if component != "way":
            spec = replace(spec, **OPERATED[component][value])
    has_network = spec.address_kind == "proxy" and rng.random() < 0.5
    return replace(spec, **OPERATED["way"][way], proxy_network=f"Relay {number}" if has_network else None)

"""The dials an operator would turn until it is not found: what is turned, in which steps, and what it means.

A step is a label and the simulator's dials as NAME=VALUE joined by `:`; they are set on all campaigns of the world.
Everything not named stays as the roster has it, so a single dial shows what is left when the rest is still careless.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain

PRESET = "small"
SMALL = "accounts=1500:days=4"  # six campaigns of thirty to forty accounts; about half a minute a world


@dataclass(frozen=True)
class Sweep:
    """`steps` are (label, dials), cheap first; `says` is what turning it does."""

    name: str
    title: str
    says: str
    steps: tuple[tuple[str, str], ...]
    world: str = SMALL
    is_ordered: bool = True  # steps lead somewhere; else they are alternatives

    def world_of(self, step: int, seed: int | str) -> str:
        """The world of one step, as `tests.lab.accuracy.worlds` takes it."""
        return f"{PRESET}:{seed}:{self.world}:{self.steps[step][1]}"


def _each(dial: str, *values: float | int, also: str = "") -> tuple[tuple[str, str], ...]:
    return tuple((f"{value:g}", f"{dial}={value}{also}") for value in values)


OWN = "address_kind=residential:proxy_network=none:address_rotation=1"
ADDRESSES = (
    ("8 share 1", f"{OWN}:accounts_per_address=8:addresses_per_account=1"),
    ("4 share 1", f"{OWN}:accounts_per_address=4:addresses_per_account=1"),
    ("2 share 1", f"{OWN}:accounts_per_address=2:addresses_per_account=1"),
    ("1 own", f"{OWN}:accounts_per_address=1:addresses_per_account=1"),
    ("2 own", f"{OWN}:accounts_per_address=1:addresses_per_account=2"),
    ("4 own", f"{OWN}:accounts_per_address=1:addresses_per_account=4"),
)
CARDS = (
    ("5 share 1, 1 BIN", "shared_card_share=0.9:accounts_per_card=5:card_bins=1"),
    ("3 share 1, 2 BINs", "shared_card_share=0.6:accounts_per_card=3:card_bins=2"),
    ("few shared, 4 BINs", "shared_card_share=0.2:accounts_per_card=2:card_bins=4"),
    ("own virtual card, 8 BINs", "shared_card_share=0:card_bins=8"),
    ("own bank card", "shared_card_share=0:card_bins=0"),
)

# everything at once: each group of dials at level 0 (careless) to 4 (as hidden as the simulator allows)
LEVELS: dict[str, tuple[str, ...]] = {
    "addresses": (
        "address_kind=hosting:proxy_network=none:address_rotation=1:accounts_per_address=8:addresses_per_account=1",
        ADDRESSES[1][1], ADDRESSES[2][1], ADDRESSES[3][1], ADDRESSES[4][1],
    ),
    "cards": tuple(dials for _, dials in CARDS),
    "devices": (
        "shared_device_share=0.7:accounts_per_device=5", "shared_device_share=0.3:accounts_per_device=3",
        "shared_device_share=0.1:accounts_per_device=2", "shared_device_share=0", "shared_device_share=0",
    ),
    "identities": (
        "email_pattern=catch_all:shared_phone_share=0.5:shared_document_share=0.3:aged_share=0:signup_bursts=1",
        "email_pattern=digits:shared_phone_share=0.2:shared_document_share=0:aged_share=0.25:signup_bursts=4",
        "email_pattern=plain:shared_phone_share=0.1:shared_document_share=0:aged_share=0.5:signup_bursts=12",
        "email_pattern=plain:shared_phone_share=0:shared_document_share=0:aged_share=0.8:signup_bursts=40",
        "email_pattern=plain:shared_phone_share=0:shared_document_share=0:aged_share=1",
    ),
    "clients": (
        "client=custom:system_prompt=shared", "client=custom:system_prompt=none", "client=common:system_prompt=none",
        "client=common:system_prompt=none", "client=common:system_prompt=none",
    ),
    "paraphrase": (
        "templates=1:template_jaccard=0.8:template_share=0.95", "templates=2:template_jaccard=0.65:template_share=0.85",
        "templates=3:template_jaccard=0.5:template_share=0.7", "templates=4:template_jaccard=0.3:template_share=0.5",
        "templates=4:template_jaccard=0.1:template_share=0.2",
    ),
    "rhythm": (
        "beat_slots=24:beat_jitter_seconds=30:pivot_share=0.8:volume_spread=0.2",
        "beat_slots=40:beat_jitter_seconds=120:pivot_share=0.5:volume_spread=0.3",
        "beat_slots=40:beat_jitter_seconds=600:pivot_share=0.3:volume_spread=0.5",
        "beat_slots=40:beat_jitter_seconds=2400:pivot_share=0.2:volume_spread=0.6",
        "beat_slots=0:pivot_share=0.1:volume_spread=0.8",
    ),
    "mixing": (
        "honest_share=0:ramp_days=1", "honest_share=0.15:ramp_days=1", "honest_share=0.3:ramp_days=2",
        "honest_share=0.45:ramp_days=3", "honest_share=0.6:ramp_days=3",
    ),
}  # fmt: skip
ALWAYS = "access_program=none:victim_share=0:banned_share=0:requests_per_day=26"
HIDDEN = 4


def at_level(level: int, careless: str | None = None) -> str:
    """All groups of dials at one level, but the `careless` one, which stays at 0."""
    return ":".join([ALWAYS, *(steps[0 if group == careless else level] for group, steps in LEVELS.items())])


SWEEPS = (
    Sweep("everything", "everything at once", "all dials turned together, level by level",
          tuple((f"level {level}", at_level(level)) for level in range(HIDDEN + 1))),
    Sweep("forgotten", "one thing forgotten", "everything at level 4, but one group of dials left careless",
          tuple((group, at_level(HIDDEN, group)) for group in LEVELS), is_ordered=False),
    Sweep("addresses", "addresses", "from shared exits to home addresses of its own for every account", ADDRESSES),
    Sweep("cards", "cards", "from cards charged for five accounts to one card of an ordinary bank each", CARDS),
    Sweep("template_jaccard", "paraphrase", "how much of its template a prompt keeps",
          _each("template_jaccard", 0.8, 0.6, 0.45, 0.3, 0.2, 0.1)),
    Sweep("template_share", "template share", "the share of prompts made from a template at all",
          _each("template_share", 0.95, 0.7, 0.4, 0.2, 0.1)),
    Sweep("honest_share", "honest traffic", "the share of unrelated customers' requests in the same accounts",
          _each("honest_share", 0.0, 0.3, 0.5, 0.7, 0.9)),
    Sweep("ramp_days", "ramp-up", "days over which the accounts start to work",
          _each("ramp_days", 1, 2, 4, 6, also=":first_day=0"), "accounts=1500:days=6"),
    Sweep("beats", "randomised beats", "seconds by which requests stray from their batch; at last no batches at all",
          tuple(chain(_each("beat_jitter_seconds", 30, 120, 600, 1800, 7200, also=":beat_slots=40"),
                      (("no beat", "beat_slots=0"),)))),
    Sweep("aged_share", "aged accounts", "the share of accounts bought with a past",
          _each("aged_share", 0.0, 0.5, 0.9, 1.0)),
)  # fmt: skip

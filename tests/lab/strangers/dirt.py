"""What producers write when they know nothing.  The contract reads these values as null: nobody shares them with anybody."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from .account import Account
from .clients import Client
from .dials import Dials

NOTHING = ("", "unknown", "n/a")
NO_DEVICE = "00000000-0000-0000-0000-000000000000"
NO_ADDRESS = "0.0.0.0"
HASH_OF_NOTHING = hashlib.sha256(b"").hexdigest()


def smear(dials: Dials, account: Account) -> None:
    """Replace some of an account's missing values, and a few known ones, by stand-ins."""
    profile = account.profile
    for field in ("phone", "full_name", "organization_name", "referral_code"):
        if dials.coin(0.04 if getattr(profile, field) is None else 0.004):
            setattr(profile, field, dials.pick(NOTHING))
    if dials.coin(0.015):
        account.device = profile.signup_device_id = dials.pick((NO_DEVICE, *NOTHING))
    if dials.coin(0.01):
        profile.signup_address = dials.pick((NO_ADDRESS, "unknown"))
    if dials.coin(0.05):
        account.streams = [
            replace(stream, system_prompt=stream.system_prompt or HASH_OF_NOTHING) for stream in account.streams
        ]
    if dials.coin(0.01):
        account.streams = [
            replace(stream, client=Client(dials.pick(NOTHING), stream.client.ja4)) for stream in account.streams
        ]

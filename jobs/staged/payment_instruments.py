"""One row per account and payment instrument in the snapshot in force.

A card's BIN stays in clear: it names a bank's product, not a person. No more of the number does than the eight digits that a
BIN has at most, whatever was delivered in its place.
"""

from __future__ import annotations

import pyarrow as pa

from jobs.landing.landed import Landed
from jobs.landing.shapes import SNAPSHOT, Field, RawTable
from jobs.privacy import pseudonyms

BIN_DIGITS = 8  # ISO/IEC 7812-1:2017; six before


def issuer_range(value: str) -> str:
    """A BIN, also of what is more of the card's number than that."""
    digits = pseudonyms.digits(value) or ""
    return digits[:BIN_DIGITS] if len(digits) > BIN_DIGITS else value.strip()


def derive(landed: Landed) -> dict[str, pa.Array]:
    return {
        "instrument_fingerprint": landed.tokens("instrument", "instrument_fingerprint", pseudonyms.plain),
        "bin": landed.pseudonyms.per_distinct(landed["bin"], issuer_range),
    }


RAW = RawTable(
    name="payment_instruments",
    kind=SNAPSHOT,
    fields=(
        Field("account_id", required=True),
        Field("instrument_fingerprint", required=True),
        Field("kind", required=True, one_of=("card", "bank", "wallet", "crypto", "marketplace")),
        Field("bin"),
        Field("issuer_country"),
        Field("funding", means=("unknown",)),
        Field("added_at", "timestamp", required=True),
        Field("removed_at", "timestamp"),
    ),
    key=("account_id", "instrument_fingerprint"),
    derive=derive,
)

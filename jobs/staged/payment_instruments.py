"""One row per account and payment instrument in the snapshot in force.

A card's BIN stays in clear: it names a bank's product, not a person.
"""

from __future__ import annotations

import pyarrow as pa

from jobs.landing.landed import Landed
from jobs.landing.shapes import SNAPSHOT, Field, RawTable
from jobs.privacy import pseudonyms


def derive(landed: Landed) -> dict[str, pa.Array]:
    return {"instrument_fingerprint": landed.tokens("instrument", "instrument_fingerprint", pseudonyms.plain)}


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

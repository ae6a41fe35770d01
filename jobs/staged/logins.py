"""One row per console or chat sign-in. Sign-ins carry no id of their own, so the record's digest is it."""

from __future__ import annotations

import pyarrow as pa

from jobs.columns import LATE_DAYS
from jobs.landing.landed import Landed, address_columns
from jobs.landing.shapes import FACT, Field, RawTable
from jobs.privacy import pseudonyms


def derive(landed: Landed) -> dict[str, pa.Array]:
    return address_columns(landed, "client_address", "client") | {
        "login_id": landed.digests,
        "device_id": landed.tokens("device", "device_id", pseudonyms.plain),
    }


RAW = RawTable(
    name="logins",
    kind=FACT,
    fields=(
        Field("account_id", required=True),
        Field("logged_in_at", "timestamp", required=True),
        Field("client_address", address=True),
        Field("device_id"),
        Field("user_agent"),
    ),
    key=("login_id",),
    event_at="logged_in_at",
    late_days=LATE_DAYS,
    derive=derive,
)

"""One row per registered network block in the snapshot in force: public facts that give an address its surroundings."""

from __future__ import annotations

import pyarrow as pa

from jobs.landing import addresses
from jobs.landing.landed import Landed
from jobs.landing.shapes import SNAPSHOT, Field, RawTable


def derive(landed: Landed) -> dict[str, pa.Array]:
    return {"cidr": landed.pseudonyms.per_distinct(landed["cidr"], addresses.block)}


RAW = RawTable(
    name="ip_networks",
    kind=SNAPSHOT,
    fields=(
        Field("cidr", required=True, network=True),
        Field("asn", "asn", low=0, high=2**32 - 1),
        Field("organization"),
        Field("kind", one_of=("hosting", "isp", "mobile", "education", "corporate", "vpn", "proxy")),
        Field("country"),
    ),
    key=("cidr",),
    derive=derive,
)

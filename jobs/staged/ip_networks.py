"""One row per registered network block in the snapshot in force: public facts that give an address its surroundings.

A block smaller than an IPv4 /24, or an IPv6 /48 and smaller, is one customer's, down to a single host: it is called by a token,
and so is its holder, who may be a person.
"""

from __future__ import annotations

import pyarrow as pa
import pyarrow.compute as pc

from jobs.landing import addresses
from jobs.landing.landed import Landed
from jobs.landing.shapes import SNAPSHOT, Field, RawTable
from jobs.privacy import pseudonyms


def derive(landed: Landed) -> dict[str, pa.Array]:
    blocks = landed.pseudonyms.per_distinct(landed["cidr"], addresses.block)
    names = landed.pseudonyms.per_distinct(blocks, lambda cidr: addresses.network_name(landed.pseudonyms, cidr))
    is_small = pc.not_equal(blocks, names)
    holders = pc.if_else(is_small, landed.tokens("org", "organization", pseudonyms.name), landed["organization"])
    return {"cidr": names, "organization": holders}


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
    made_from={"organization": ("cidr", "organization")},
)

"""A block of delivered rows on its way to staged, and the columns that every address gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from jobs.landing import addresses
from jobs.landing.addresses import Addresses, Networks
from jobs.privacy.pseudonyms import Pseudonyms


@dataclass(frozen=True)
class Landed:
    """A block of rows on its way to staged: raw columns at their declared types and what derivations need.

    `digests` are the rows' record digests; `addresses` the columns declared as addresses, already read.
    """

    columns: dict[str, pa.Array]
    digests: pa.Array
    addresses: dict[str, Addresses]
    pseudonyms: Pseudonyms
    networks: Networks

    def __getitem__(self, column: str) -> pa.Array:
        return self.columns[column]

    def tokens(self, kind: str, column: str, normalise: Any) -> pa.Array:
        return self.pseudonyms.tokens(kind, self.columns[column], normalise)


def address_columns(landed: Landed, column: str, name: str) -> dict[str, pa.Array]:
    """Six columns of an address: `<name>_address`, `_prefix`, `_network`, `_asn`, `_network_kind`, `_country`."""
    found = landed.addresses[column]
    pseudonyms, networks = landed.pseudonyms, landed.networks.find(found.distinct)

    def known(key: str) -> list[Any]:
        return [None if network is None else network[key] for network in networks]

    return {
        f"{name}_address": found.spread([addresses.token(pseudonyms, each) for each in found.distinct], pa.string()),
        f"{name}_prefix": found.spread(
            [addresses.prefix_token(pseudonyms, each) for each in found.distinct], pa.string()
        ),
        f"{name}_network": found.spread(known("cidr"), pa.string()),
        f"{name}_asn": found.spread(known("asn"), pa.int64()),
        f"{name}_network_kind": found.spread(known("kind"), pa.string()),
        f"{name}_country": found.spread(known("country"), pa.string()),
    }

"""One row per indicator in the snapshot in force; what identifies a person is a token that can be compared.

- ipv4-net, ipv6-net: `value` is what other tables call a `*_network`: the canonical CIDR, or the token of a small block
  (`jobs/landing/addresses.py`); `value_token` equals a `*_prefix` for a /24 or /48, an `*_address` for a /32 or /128, and is null
  for other sizes.
- instrument: `value_token` equals an `instrument_fingerprint`.
- email-domain: `value_token` equals an `accounts.email_domain`.
- phone-prefix: `value_token` is a word of `accounts.phone_prefixes`; null unless it has 2 to 9 digits.
- asn, ja4, card-bin, account, system-prompt-hash: `value` in clear and no token.
"""

from __future__ import annotations

import pyarrow as pa

from jobs.landing import addresses
from jobs.landing.landed import Landed
from jobs.landing.shapes import SNAPSHOT, Field, RawTable
from jobs.privacy import pseudonyms
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.staged.accounts import LEAD_DIGITS
from jobs.staged.payment_instruments import issuer_range

NETWORKS = ("ipv4-net", "ipv6-net")
TOKENS = ("instrument", "email-domain", "phone-prefix")
CLEAR = ("asn", "ja4", "card-bin", "account", "system-prompt-hash")


def derive(landed: Landed) -> dict[str, pa.Array]:
    kinds, values = landed["kind"].to_pylist(), landed["value"].to_pylist()
    pairs = list(zip(kinds, values, strict=True))
    return {
        "value": pa.array([clear(landed.pseudonyms, kind, value) for kind, value in pairs], pa.string()),
        "value_token": pa.array([token(landed.pseudonyms, kind, value) for kind, value in pairs], pa.string()),
    }


def clear(made: Pseudonyms, kind: str | None, value: str | None) -> str | None:
    """What may stay readable of an indicator's value."""
    if value is None or kind in TOKENS or kind is None:
        return None
    if kind in NETWORKS:
        cidr = addresses.block(value)
        return addresses.network_name(made, cidr) if cidr else None
    if kind == "card-bin":
        return issuer_range(value)
    return value.strip().upper().removeprefix("AS") if kind == "asn" else value.strip()


def token(made: Pseudonyms, kind: str | None, value: str | None) -> str | None:
    """The token that accounts, instruments or addresses covered by the indicator carry."""
    if value is None:
        return None
    if kind in NETWORKS:
        cidr = addresses.block(value)
        return addresses.block_token(made, cidr) if cidr else None
    if kind == "instrument":
        fingerprint = pseudonyms.plain(value)
        return made.token("instrument", fingerprint) if fingerprint else None
    if kind == "email-domain":
        name = pseudonyms.email(value.strip().removeprefix("@"))
        return made.token("domain", name) if name else None
    if kind == "phone-prefix":
        lead = pseudonyms.digits(value)
        return made.token("phonelead", lead) if lead and len(lead) in LEAD_DIGITS else None
    return None


RAW = RawTable(
    name="indicators",
    kind=SNAPSHOT,
    fields=(
        Field("indicator_id", required=True),
        Field("kind", required=True, one_of=(*NETWORKS, *TOKENS, *CLEAR)),
        Field("value", required=True, network_if=("kind", NETWORKS)),
        Field("actor", required=True),
        Field("source_id", required=True),
        Field("source_reliability", required=True, one_of=("A", "B", "C", "D", "E", "F")),
        Field("credibility", "int", required=True, one_of=(1, 2, 3, 4, 5, 6)),
        Field("valid_from", "timestamp", required=True),
        Field("valid_until", "timestamp"),
    ),
    key=("indicator_id",),
    derive=derive,
    made_from={"value": ("kind", "value"), "value_token": ("kind", "value")},
)

"""What of a campaign others can look for, as rows of the raw table `indicators` and as STIX patterns, and back.

Only what is nobody's: registered networks and their systems, client fingerprints, issuing ranges of cards, hashes of system
prompts. Tokens stay here: another provider has another key, and accounts, devices and cards are people's.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

DAYS_VALID = {"asn": 30, "ipv4-net": 30, "ipv6-net": 30, "ja4": 90, "card-bin": 90, "system-prompt-hash": 180}
CONFIDENCE = {"low": 15, "moderate": 50, "high": 85}  # of analysis, on STIX' scale of 0 to 100
CREDIBILITY = {
    15: 5,
    50: 3,
    85: 2,
}  # the nearest of the Admiralty scale (STIX 2.1, appendix A: 90, 70, 50, 30, 10 for 1 to 5)
RELIABILITY = "B"  # of a provider that looked at its own logs: usually reliable
LEAST_ACCOUNTS = 3
LEAST_BITS = 3.0  # eight times as common in the campaign as elsewhere: a home provider's network is no indicator
PATTERNS = {
    "asn": "[autonomous-system:number = {}]",
    "ipv4-net": "[ipv4-addr:value ISSUBSET '{}']",
    "ipv6-net": "[ipv6-addr:value ISSUBSET '{}']",
    "ja4": "[x-iolaus-client:ja4 = '{}']",
    "card-bin": "[x-iolaus-payment:issuer_range = '{}']",
    "system-prompt-hash": "[x-iolaus-request:system_prompt_hash = '{}']",
}
WORDS = {
    "asn": "autonomous system", "ipv4-net": "IPv4 network", "ipv6-net": "IPv6 network", "ja4": "TLS client fingerprint (JA4)",
    "card-bin": "issuing range of cards", "system-prompt-hash": "hash of the system prompt",
}  # fmt: skip
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Shareable:
    """One thing to look for: how many of the campaign's accounts met it, and when."""

    kind: str
    value: str
    accounts: int
    first_seen: date
    last_seen: date

    @property
    def valid_until(self) -> date:
        return self.last_seen + timedelta(days=DAYS_VALID[self.kind])


def shareable(things: Iterable[Row]) -> list[Shareable]:
    """In order of kind and value; `things`: signal, entity, accounts, bits, first_seen_at, last_seen_at."""
    found: dict[tuple[str, str], Shareable] = {}
    for row in things:
        for kind, value in _values(row["signal"], row["entity"]):
            if row["accounts"] >= LEAST_ACCOUNTS and row["bits"] >= LEAST_BITS:
                seen = found.get((kind, value))
                found[kind, value] = Shareable(
                    kind,
                    value,
                    max(row["accounts"], seen.accounts if seen else 0),
                    min(row["first_seen_at"].date(), seen.first_seen if seen else date.max),
                    max(row["last_seen_at"].date(), seen.last_seen if seen else date.min),
                )
    return [found[key] for key in sorted(found)]


def _values(signal: str, entity: str) -> list[tuple[str, str]]:
    """Kinds and values of indicators in an entity; none in what is a token or a habit."""
    first, _, rest = entity.partition("|")
    if signal == "egress_network":
        network = [("ipv6-net" if ":" in first else "ipv4-net", first)] if "/" in first else []
        return network + ([("asn", rest.removeprefix("AS"))] if rest else [])
    if signal == "client_fingerprint" and re.fullmatch(r"[a-z0-9]{10}_[0-9a-f]{12}_[0-9a-f]{12}", first):
        return [("ja4", first)]
    if signal == "card_bin_cluster" and first.isdigit():
        return [("card-bin", first)]
    return [("system-prompt-hash", entity)] if signal == "system_prompt" else []


def pattern(kind: str, value: str) -> str:
    escaped = value.replace("\\", "\\\\").replace("'", "\\'")
    return PATTERNS[kind].format(escaped)


def rows(bundle: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Rows of the raw table `indicators` from the indicators of a STIX bundle, in order of their ids.

    An indicator whose pattern is none of PATTERNS, or that is revoked, is left out. The actor is the campaign that it indicates.
    """
    objects = {each["id"]: each for each in bundle["objects"]}
    indicated = {
        each["source_ref"]: objects[each["target_ref"]]["name"]
        for each in bundle["objects"]
        if each["type"] == "relationship" and each["relationship_type"] == "indicates" and each["target_ref"] in objects
    }
    found = []
    for each in sorted(bundle["objects"], key=lambda each: each["id"]):
        if each["type"] == "indicator" and not each.get("revoked") and (read := _read(each["pattern"])):
            found.append(
                {
                    "indicator_id": each["id"],
                    "kind": read[0],
                    "value": read[1],
                    "actor": indicated.get(each["id"], each["name"]),
                    "source_id": each.get("created_by_ref", bundle["id"]),
                    "source_reliability": RELIABILITY,
                    "credibility": CREDIBILITY.get(each.get("confidence", 50), 3),
                    "valid_from": each["valid_from"],
                    "valid_until": each.get("valid_until"),
                }
            )
    return found


def _read(text: str) -> tuple[str, str] | None:
    for kind, shape in PATTERNS.items():
        head, tail = shape.split("{}")
        if text.startswith(head) and text.endswith(tail):
            value = text[len(head) : len(text) - len(tail)]
            return kind, re.sub(r"\\(.)", r"\1", value)
    return None


def moment(day: date) -> str:
    """The first moment of a day, as STIX writes it."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")

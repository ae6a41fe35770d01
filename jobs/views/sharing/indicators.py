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

from jobs.vocabulary import ACCUSING, Role

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


# Of one campaign ($1) up to a day ($2), per night and thing: how many of its own accounts met it, its victims and bystanders
# apart, and how many accounts of groups that nobody accuses. A network is a thing, and so is the system it belongs to.
_MET = """SELECT as_of_date, campaign_id, subject_id, {signal} AS signal, split_part(entity, '|', {part}) AS value, bits,
first_seen_at, last_seen_at FROM campaign_evidence WHERE as_of_date {nights} CAST($2 AS DATE) AND subject_kind = 'account'
AND first_seen_at IS NOT NULL AND signal {which}"""
_THINGS = """WITH met AS ({heads} UNION ALL {systems}),
mine AS (SELECT as_of_date, signal, value, count(DISTINCT subject_id) AS accounts, min(first_seen_at) AS first_seen_at,
max(last_seen_at) AS last_seen_at FROM met WHERE campaign_id = $1 AND value <> '' AND bits >= {bits} AND NOT EXISTS (
SELECT 1 FROM campaign_members m WHERE m.as_of_date = met.as_of_date AND m.campaign_id = met.campaign_id
AND m.account_id = met.subject_id AND m.role <> '{operated}')
GROUP BY as_of_date, signal, value HAVING count(DISTINCT subject_id) >= {accounts}),
others AS (SELECT met.as_of_date, met.signal, met.value, count(DISTINCT met.subject_id) AS others FROM met
JOIN campaigns c ON c.as_of_date = met.as_of_date AND c.campaign_id = met.campaign_id
WHERE c.verdict NOT IN ({accusing}) GROUP BY met.as_of_date, met.signal, met.value)
SELECT mine.as_of_date, mine.signal, mine.value, mine.accounts, coalesce(others.others, 0) AS others, mine.first_seen_at,
mine.last_seen_at FROM mine LEFT JOIN others ON others.as_of_date = mine.as_of_date AND others.signal = mine.signal
AND others.value = mine.value ORDER BY mine.as_of_date, mine.signal, mine.value"""
ON, UP_TO = "=", "<="  # which nights a statement asks for, against its $2
_SYSTEM = "egress_system"  # beside signals: what stands behind the network in an entity of `egress_network`


@dataclass(frozen=True)
class Shareable:
    """One thing to look for: how many of the campaign's accounts met it, and when.

    `others`: accounts of groups that nobody accuses which met it on the same night.
    """

    kind: str
    value: str
    accounts: int
    others: int
    first_seen: date
    last_seen: date

    @property
    def valid_until(self) -> date:
        return self.last_seen + timedelta(days=DAYS_VALID[self.kind])


def things(nights: str) -> str:
    """The statement that gives the rows of `shareable` for campaign $1 and the nights ON or UP_TO $2."""
    signals = "IN ('card_bin_cluster', 'client_fingerprint', 'egress_network', 'system_prompt')"
    return _THINGS.format(
        heads=_MET.format(signal="signal", part=1, nights=nights, which=signals),
        systems=_MET.format(signal=f"'{_SYSTEM}'", part=2, nights=nights, which="= 'egress_network'"),
        bits=LEAST_BITS,
        accounts=LEAST_ACCOUNTS,
        operated=Role.OPERATED,
        accusing=", ".join(f"'{verdict}'" for verdict in sorted(ACCUSING)),
    )


def shareable(rows: Iterable[Row]) -> list[Shareable]:
    """In order of kind and value; `rows` of one night: signal, value, accounts, others, first_seen_at, last_seen_at."""
    found = [
        Shareable(kind, value, row["accounts"], row["others"], row["first_seen_at"].date(), row["last_seen_at"].date())
        for row in rows
        if (kind := _kind(row["signal"], row["value"]))
        for value in [row["value"].removeprefix("AS") if kind == "asn" else row["value"]]
    ]
    return sorted(found, key=lambda each: (each.kind, each.value))


def _kind(signal: str, value: str) -> str | None:
    """The kind of indicator that a thing is; None for a token or a habit."""
    if signal == "egress_network" and "/" in value:
        return "ipv6-net" if ":" in value else "ipv4-net"
    if signal == "client_fingerprint" and re.fullmatch(r"[a-z0-9]{10}_[0-9a-f]{12}_[0-9a-f]{12}", value):
        return "ja4"
    if signal == "card_bin_cluster" and value.isdigit():
        return "card-bin"
    return {_SYSTEM: "asn", "system_prompt": "system-prompt-hash"}.get(signal)


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

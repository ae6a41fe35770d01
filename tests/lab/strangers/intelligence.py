"""What the service knows from elsewhere: indicators (some of them misleading), published incidents, analysts' decisions."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

from .account import Account
from .dials import Dials
from .world import World

Row = dict[str, object]
_ACTORS = ("Amber Heron", "Quiet Lathe", "Paper Kite", "Cobalt Ferry")

# Published in 2026 (see the domain page): metric, bound and value as stated; what is not stated stays null.
_INCIDENTS = (
    (
        "deepseek-2026",
        "DeepSeek distillation",
        "DeepSeek",
        "Anthropic",
        "exchanges",
        "floor",
        150_000,
        None,
        None,
        date(2026, 2, 23),
        "campaign",
        "B2",
    ),
    (
        "moonshot-2026",
        "Moonshot distillation",
        "Moonshot",
        "Anthropic",
        "exchanges",
        "floor",
        3_400_000,
        None,
        None,
        date(2026, 2, 23),
        "campaign",
        "B2",
    ),
    (
        "minimax-2026",
        "MiniMax distillation",
        "MiniMax",
        "Anthropic",
        "exchanges",
        "floor",
        13_000_000,
        None,
        None,
        date(2026, 2, 23),
        "campaign",
        "B2",
    ),
    (
        "three-2026",
        "The three together",
        None,
        "Anthropic",
        "accounts",
        "about",
        24_000,
        None,
        None,
        date(2026, 2, 23),
        "aggregate",
        "B2",
    ),
    (
        "qwen-2026",
        "Qwen-affiliated operators",
        "operators affiliated with Alibaba/Qwen",
        "Anthropic",
        "exchanges",
        "floor",
        28_800_000,
        date(2026, 4, 22),
        date(2026, 6, 5),
        date(2026, 6, 24),
        "campaign",
        "B3",
    ),
    (
        "gtig-2026",
        "Reasoning-trace coercion",
        None,
        "Google",
        "exchanges",
        "floor",
        100_000,
        None,
        None,
        date(2026, 2, 12),
        "campaign",
        "B2",
    ),
)
_INCIDENT_COLUMNS = (
    "incident_id",
    "name",
    "actor",
    "provider",
    "metric",
    "bound",
    "value",
    "first_day",
    "last_day",
    "as_of",
    "scope",
    "source_grade",
)


def known_campaigns(world: World) -> list[Row]:
    """Return the incidents that were public when the world began."""
    rows = [
        dict(zip(_INCIDENT_COLUMNS, row, strict=True)) | {"source": "public reporting", "response": None}
        for row in _INCIDENTS
    ]
    return [row for row in rows if row["as_of"] < world.first_day]


def indicators(world: World) -> list[Row]:
    """Return a few true indicators of operators and more that hit innocents as well."""
    dials = world.dials.fork("indicators")
    begin = datetime.combine(world.first_day, time(), UTC)
    rows = []
    for number, (kind, value, reliability, credibility) in enumerate(
        [*_true(world, dials), *_misleading(world, dials)]
    ):
        since = begin - timedelta(days=dials.count(1, 120))
        until = since + timedelta(days=dials.count(60, 365)) if dials.coin(0.6) else None
        rows.append(
            {
                "indicator_id": f"ind-{world.seed}-{number}",
                "kind": kind,
                "value": value,
                "actor": dials.pick(_ACTORS),
                "source_id": f"src-{dials.count(1, 6)}",
                "source_reliability": reliability,
                "credibility": credibility,
                "valid_from": since,
                "valid_until": until,
            }
        )
    return rows


def _true(world: World, dials: Dials) -> Iterator[tuple[str, str, str, int]]:
    """Yield what partners reported of some operators: one trace of one or two of their accounts."""
    by_group: dict[str, list[Account]] = {}
    for account in world.accounts:
        if account.operated and account.group_id:
            by_group.setdefault(account.group_id, []).append(account)
    for members in by_group.values():
        for account in dials.some(members, dials.pick((0, 1, 2), (6, 3, 1))):
            grade = dials.pick("ABC"), dials.count(1, 3)
            hashes = [stream.system_prompt for stream in account.streams if stream.system_prompt]
            address = account.line.one(dials)
            if account.instruments and dials.coin(0.4):
                yield "instrument", account.instruments[0].fingerprint, *grade
            elif hashes and dials.coin(0.3):
                yield "system-prompt-hash", hashes[0], *grade
            elif ":" not in address and dials.coin(0.6):
                yield "ipv4-net", f"{address}/32", *grade
            else:
                yield "account", account.account_id, *grade


def _misleading(world: World, dials: Dials) -> Iterator[tuple[str, str, str, int]]:
    """Yield rumours that are true of somebody, and of thousands of others."""
    for _ in range(dials.count(2, 6)):
        account = dials.pick(world.accounts)
        grade = dials.pick("BCDEF"), dials.count(2, 6)
        network = dials.pick(world.internet.of_kind(dials.pick(("vpn", "hosting", "proxy", "mobile"))))
        choice = dials.pick(("net", "asn", "ja4", "bin", "domain", "phone", "hash", "tor"))
        if choice == "net" and ":" not in network.cidr:
            yield "ipv4-net", network.cidr, *grade
        elif choice == "asn":
            yield "asn", str(network.asn), *grade
        elif choice == "ja4" and account.client.ja4:
            yield "ja4", account.client.ja4, *grade
        elif choice == "bin" and account.instruments and account.instruments[0].bin:
            yield "card-bin", account.instruments[0].bin, *grade
        elif choice == "domain" and account.profile.email:
            yield "email-domain", account.profile.email.split("@")[1], *grade
        elif choice == "phone" and account.profile.phone:
            yield "phone-prefix", account.profile.phone[:6], *grade
        elif choice == "hash":
            yield "system-prompt-hash", dials.pick(world.programs.frameworks).system_prompt, *grade
        elif choice == "tor":
            yield "ipv4-net", str(ipaddress.ip_network(f"{world.internet.tor.one(dials)}/24", strict=False)), *grade


def case_decisions(world: World) -> list[Row]:
    """Return what analysts decided before the world began: mostly about ordinary accounts, at times about a group's member."""
    dials = world.dials.fork("decisions")
    begin = datetime.combine(world.first_day, time(), UTC)
    old = [account for account in world.accounts if account.created < -20 * 86400]
    rows = []
    for account in dials.some(old, max(3, world.size // 400)):
        decision = (
            "confirmed"
            if account.operated
            else dials.pick(("rejected", "benign_research", "benign_reseller", "victim"), (8, 1, 1, 0.5))
        )
        rows.append(
            {
                "decided_at": begin - timedelta(hours=dials.between(3, 400)),
                "subject_kind": "account",
                "subject_id": account.account_id,
                "decision": decision,
                "analyst": f"analyst-{dials.count(1, 5)}",
                "note": None,
            }
        )
    return rows

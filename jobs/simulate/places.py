"""Where requests come from: countries, the networks of the world and the addresses in them.

An address is one int64 (an IPv4 number, or `(network << 32) + host` for IPv6) until it is written as text. Residential
ranges serve ordinary people and residential proxies alike, because that is what a residential proxy sells.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

COUNTRIES: tuple[tuple[str, int, float, str], ...] = (  # code, hours from UTC, share of ordinary people, phone prefix
    ("US", -6, 0.34, "1"), ("GB", 0, 0.09, "44"), ("DE", 1, 0.08, "49"), ("FR", 1, 0.06, "33"), ("IN", 5, 0.13, "91"),
    ("JP", 9, 0.07, "81"), ("KR", 9, 0.05, "82"), ("BR", -3, 0.06, "55"), ("CA", -5, 0.05, "1"), ("SG", 8, 0.03, "65"),
    ("AU", 10, 0.04, "61"),
)  # fmt: skip
COUNTRY_CODES = tuple(row[0] for row in COUNTRIES)
COUNTRY_SHARES = np.array([row[2] for row in COUNTRIES]) / sum(row[2] for row in COUNTRIES)
HOURS_FROM_UTC = np.array([row[1] for row in COUNTRIES])
IPV6_SHARE = 0.12  # of households


@dataclass
class Networks:
    """The address plan: one entry of every list per range; `take` hands out the next free range."""

    cidr: list[str] = field(default_factory=list)
    asn: list[int] = field(default_factory=list)
    organization: list[str] = field(default_factory=list)
    kind: list[str] = field(default_factory=list)
    country: list[str] = field(default_factory=list)
    next_free: int = 41 << 24
    next_asn: int = 64_600

    def new_asn(self) -> int:
        self.next_asn += 1
        return self.next_asn

    def take(self, prefix: int, organization: str, kind: str, country: str, asn: int | None = None) -> int:
        """First address of a new IPv4 range of that prefix length."""
        size = 1 << (32 - prefix)
        start = -(-self.next_free // size) * size
        self.next_free = start + size
        self._add(f"{dotted(start)}/{prefix}", organization, kind, country, asn)
        return start

    def take_v6(self, organization: str, kind: str, country: str, asn: int) -> int:
        """First address of a new IPv6 /32."""
        number = 1 + sum(":" in cidr for cidr in self.cidr)
        self._add(f"2a10:{number:x}::/32", organization, kind, country, asn)
        return number << 32

    def _add(self, cidr: str, organization: str, kind: str, country: str, asn: int | None) -> None:
        self.cidr.append(cidr)
        self.asn.append(self.new_asn() if asn is None else asn)
        self.organization.append(organization)
        self.kind.append(kind)
        self.country.append(country)


@dataclass
class Plan:
    """Start of every range the population draws from; rows of the arrays are countries."""

    networks: Networks
    homes: Ints  # (countries, 3) /14 ranges of internet providers
    homes_v6: Ints  # (countries,)
    carriers: Ints  # (countries,) mobile carriers' shared exits
    hosting: Ints  # (6,) /16
    vpn: Ints  # (5,) /26 of exits
    proxies: dict[str, Ints] = field(default_factory=dict)  # /24 ranges of each proxy provider


def address_plan() -> Plan:
    networks = Networks()
    homes = np.zeros((len(COUNTRIES), 3), np.int64)
    homes_v6 = np.zeros(len(COUNTRIES), np.int64)
    carriers = np.zeros(len(COUNTRIES), np.int64)
    for row, code in enumerate(COUNTRY_CODES):
        for provider in range(3):
            asn = networks.new_asn()
            homes[row, provider] = networks.take(14, f"{code} Broadband {provider + 1}", "isp", code, asn)
            if provider == 0:
                homes_v6[row] = networks.take_v6(f"{code} Broadband 1", "isp", code, asn)
        carriers[row] = networks.take(24, f"{code} Mobile", "mobile", code)
    hosts = ("US", "US", "DE", "SG", "JP", "GB")
    hosting = [networks.take(16, f"Cloud Host {n + 1}", "hosting", code) for n, code in enumerate(hosts)]
    vpn = [networks.take(26, f"Open Tunnel {n % 2 + 1}", "vpn", code) for n, code in enumerate(hosts[:5])]
    return Plan(networks, homes, homes_v6, carriers, np.array(hosting), np.array(vpn))


def proxy_ranges(plan: Plan, provider: str) -> Ints:
    """The provider's twelve /24 ranges in different countries, under one AS number; made at first use."""
    if provider not in plan.proxies:
        asn = plan.networks.new_asn()
        starts = [
            plan.networks.take(24, provider, "proxy", COUNTRY_CODES[turn % len(COUNTRY_CODES)], asn)
            for turn in range(12)
        ]
        plan.proxies[provider] = np.array(starts)
    return plan.proxies[provider]


def home_addresses(rng: np.random.Generator, plan: Plan, country: Ints) -> Ints:
    """One household address per row of `country` (indices into COUNTRIES)."""
    v4 = plan.homes[country, rng.integers(0, 3, len(country))] + rng.integers(1, 1 << 18, len(country))
    v6 = plan.homes_v6[country] + (rng.integers(0, 1 << 22, len(country)) << 8)
    return np.where(rng.random(len(country)) < IPV6_SHARE, v6, v4)


def pool(rng: np.random.Generator, starts: Ints, size: int, hosts: int) -> Ints:
    """`size` addresses spread over ranges that hold `hosts` each."""
    return starts[rng.integers(0, len(starts), size)] + rng.integers(1, hosts - 1, size)


def dotted(number: int) -> str:
    return f"{number >> 24 & 255}.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


def text(number: int) -> str:
    """The address as people write it."""
    if number < 1 << 32:
        return dotted(number)
    host = number & 0xFFFFFFFF
    return f"2a10:{number >> 32:x}:{host >> 16:x}:{host & 0xFFFF:x}::1"


def texts(numbers: Ints) -> tuple[list[str], NDArray[Any]]:
    """Distinct addresses as text, and for each row its position among them."""
    distinct, position = np.unique(numbers, return_inverse=True)
    return [text(int(number)) for number in distinct], position.reshape(-1)

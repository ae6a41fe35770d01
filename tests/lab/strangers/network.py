"""The internet of one world: who owns which addresses, and the lines that people and machines call from."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from .dials import Dials
from .people import COUNTRIES, UNSERVED, country_of, word

_FIRST_OCTETS = [n for n in range(2, 224) if n not in (10, 100, 127, 169, 172, 192, 198, 203)]


@dataclass(slots=True)
class Network:
    """One address block; `exits` are the few addresses behind which everybody there appears (none: everyone has an own one)."""

    cidr: str
    asn: int
    organization: str
    kind: str
    country: str
    listed: bool = True
    exits: list[str] = field(default_factory=list)

    def host(self, dials: Dials) -> str:
        """Return a random address of the block."""
        block = ipaddress.ip_network(self.cidr)
        if block.version == 6:
            return str(
                ipaddress.ip_address(
                    int(block.network_address) + int.from_bytes(dials.rng.bytes(12), "big") % block.num_addresses
                )
            )
        return str(ipaddress.ip_address(int(block.network_address) + dials.count(1, block.num_addresses - 2)))


@dataclass(frozen=True)
class Line:
    """Where requests come from: some addresses, and how many requests in a row use the same one on average."""

    addresses: np.ndarray
    stay: float = 30.0
    weights: np.ndarray | None = None

    @staticmethod
    def of(addresses: Sequence[str], stay: float = 30.0) -> Line:
        """Return a line over equally likely addresses."""
        return Line(np.array(addresses, dtype=object), stay)

    @staticmethod
    def mix(*parts: tuple[Line, float]) -> Line:
        """Return a line that uses several others, each with its share."""
        total = sum(share for _, share in parts)
        weights = [
            np.full(len(line.addresses), share / total / len(line.addresses))
            if line.weights is None
            else line.weights * share / total
            for line, share in parts
        ]
        stay = sum(line.stay * share for line, share in parts) / total
        return Line(np.concatenate([line.addresses for line, _ in parts]), max(1.0, stay), np.concatenate(weights))

    def draw(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Return the addresses of `count` consecutive requests."""
        change = rng.random(count) < 1.0 / self.stay
        change[0] = True
        stretch = np.cumsum(change) - 1
        return self.addresses[rng.choice(len(self.addresses), stretch[-1] + 1, p=self.weights)][stretch]

    def one(self, dials: Dials) -> str:
        """Return one address, as for a login."""
        return str(dials.rng.choice(self.addresses, p=self.weights))


class Internet:
    """All networks of a world."""

    def __init__(self, dials: Dials) -> None:
        """Lay out providers in every country, then clouds, VPNs, campuses and Tor."""
        self.dials = dials
        self.networks: list[Network] = []
        self._blocks = set[int]()
        self._asn = 20_000
        self._homes: list[tuple[str, str]] = []
        self._vendors: list[list[tuple[str, str]]] = []
        for code in (*COUNTRIES, *UNSERVED):
            for _ in range(dials.count(2, 4)):
                self._add("isp", code, dials.count(16, 21), blocks=dials.count(1, 3))
            self._add("isp", code, dials.count(22, 23), name=f"{word(dials).capitalize()} Regional Net")
            for _ in range(dials.count(1, 2)):
                self._add("mobile", code, 22, exits=dials.count(6, 40))
            for _ in range(dials.count(1, 2)):
                self._add(
                    "education", code, 20, exits=dials.count(1, 6), name=f"University of {word(dials).capitalize()}"
                )
        for _ in range(9):
            self._add(
                "hosting",
                dials.pick(("US", "DE", "NL", "SG", "FR", "GB")),
                17,
                blocks=3,
                name=f"{word(dials).capitalize()} Cloud",
            )
        for _ in range(6):
            name = f"{word(dials).capitalize()} VPN"
            for code in dials.some(tuple(COUNTRIES), dials.count(5, 12)):
                self._add("vpn", code, 24, exits=dials.count(4, 24), name=name)
        for _ in range(2):
            self._add("proxy", dials.pick(("US", "NL", "SG")), 23, name=f"{word(dials).capitalize()} Proxy Gateway")
        self.tor = Line.of(
            [dials.pick(self.of_kind("hosting")).host(dials) for _ in range(dials.count(40, 90))], stay=9.0
        )

    def _block(self, prefix: int) -> str:
        while (key := self.dials.pick(_FIRST_OCTETS) * 256 + self.dials.count(0, 255)) in self._blocks:
            pass
        self._blocks.add(key)
        return f"{key // 256}.{key % 256}.0.0/{prefix}"

    def _add(
        self, kind: str, country: str, prefix: int, blocks: int = 1, exits: int = 0, name: str | None = None
    ) -> Network:
        """Register a provider's blocks (for an ISP also one of IPv6) and return the last."""
        self._asn += self.dials.count(1, 40)
        name = name or f"{word(self.dials, 2).capitalize()} {'Mobile' if kind == 'mobile' else 'Telecom'}"
        listed = self.dials.coin(0.97)
        cidrs = [self._block(prefix) for _ in range(blocks)]
        if kind == "isp" and prefix < 22 and self.dials.coin(0.6):
            cidrs.insert(0, f"2a{self.dials.count(1, 15):02x}:{self.dials.count(256, 0xFFFF):x}::/32")
        for cidr in cidrs:
            network = Network(cidr, self._asn, name, kind, country, listed)
            network.exits = [network.host(self.dials) for _ in range(exits)]
            self.networks.append(network)
        return self.networks[-1]

    def of_kind(self, kind: str, country: str | None = None) -> list[Network]:
        """Return the networks of a kind, in a country if it has one there."""
        found = [network for network in self.networks if network.kind == kind]
        local = [network for network in found if network.country == country]
        return local or found

    def _behind(self, dials: Dials, kind: str, country: str | None, most: int, stay: float) -> Line:
        network = dials.pick(self.of_kind(kind, country))
        return Line.of(dials.some(network.exits, most), stay)

    def home(self, dials: Dials, country: str) -> Line:
        """Return a household's line: one address, or a few where the provider renews it."""
        network = dials.pick(self.of_kind("isp", country))
        addresses = [network.host(dials) for _ in range(dials.pick((1, 2, 4), (6, 3, 1)))]
        if ":" in network.cidr:
            prefix = int(ipaddress.ip_address(addresses[0])) >> 64 << 64
            addresses = [str(ipaddress.ip_address(prefix + dials.count(1, 2**62))) for _ in range(5)]
        self._homes += [(country, address) for address in addresses]
        return Line.of(addresses, stay=60.0)

    def mobile(self, dials: Dials, country: str) -> Line:
        """Return a phone's line behind its carrier's NAT."""
        return self._behind(dials, "mobile", country, 6, 7.0)

    def campus(self, dials: Dials, country: str | None = None) -> Line:
        """Return a university's line."""
        return self._behind(dials, "education", country, 4, 12.0)

    def vpn(self, dials: Dials, country: str | None = None, exits: int = 5) -> Line:
        """Return a customer's line through some exits of a commercial VPN."""
        return self._behind(dials, "vpn", country, exits, 15.0)

    def office(self, dials: Dials, country: str, name: str) -> Line:
        """Return a new company's line: an own block, or a business line at an ISP."""
        if dials.coin(0.5):
            network = self._add("corporate", country, 24, exits=dials.count(1, 3), name=name)
            return Line.of(network.exits, 40.0)
        return Line.of([dials.pick(self.of_kind("isp", country)).host(dials)], 1000.0)

    def server(self, dials: Dials, machines: int = 1, provider: Network | None = None) -> Line:
        """Return the line of rented servers."""
        network = provider or dials.pick(self.of_kind("hosting"))
        return Line.of([network.host(dials) for _ in range(machines)], 40.0)

    def _proxy_exits(self) -> list[list[tuple[str, str]]]:
        """Return the exits of the residential proxies on the market: households, some of whom are customers of the service."""
        dials = self.dials
        while len(self._vendors) < 3:
            places = [country_of(dials).code for _ in range(5000)]
            strangers = [(place, dials.pick(self.of_kind("isp", place)).host(dials)) for place in places]
            self._vendors.append(strangers + dials.some(self._homes, 700))
        return self._vendors

    def residential(self, dials: Dials, exits: int, stay: float = 1.0, country: str | None = None) -> Line:
        """Return a residential proxy's line; whoever rents from the same vendor, for whatever reason, meets the same households."""
        households = dials.pick(self._proxy_exits())
        local = [address for place, address in households if country in (None, place)]
        return Line.of(dials.some(local or [address for _, address in households], exits), stay)

    def gateway(self, dials: Dials, exits: int) -> Line:
        """Return the line of a listed proxy service."""
        network = dials.pick(self.of_kind("proxy"))
        return Line.of([network.host(dials) for _ in range(exits)], 4.0)

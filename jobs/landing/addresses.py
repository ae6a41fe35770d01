"""IP addresses while they are still in clear: their token, their prefix and the registered network around them.

An IPv4-mapped IPv6 address is the IPv4 address it maps, and tokens are of the address's bytes, so spelling does not
count. The prefix is the /24 or /48, the usual size one customer is given (RFC 6177 for IPv6). The network is the
longest block of `ip_networks` that contains the address: its CIDR where the block is as large as what is announced to the
whole Internet, a token where it is smaller, because then it is one customer's: a household's, down to a single host.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from jobs import store
from jobs.privacy.pseudonyms import Pseudonyms

PREFIX_BITS = {4: 24, 6: 48}
ADDRESS_KIND, PREFIX_KIND = "address", "prefix"
# The longest prefixes that stay in clear. An IPv4 /24 is the smallest block that networks announce to each other; an IPv6
# /48 is announced, too, but it is also what one home may be given (RFC 6177, RIPE-690).
CLEAR_BITS = {4: 24, 6: 47}
_SMALL = re.compile(r"net([46])-(\d{1,3})_")  # how the token of a smaller block starts: family and length
_MAPPED = bytes(10) + b"\xff\xff"
_EXAMPLES = [
    ipaddress.ip_network(each) for each in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")
]
_WIDTH = 17  # a family byte and 16 address bytes: one sorted order for both families


def packed(text: str) -> bytes | None:
    """The 4 or 16 bytes of an address, or None for what is none."""
    text = text.strip()
    try:
        if ":" not in text:
            return socket.inet_pton(socket.AF_INET, text)
        found = socket.inet_pton(socket.AF_INET6, text)
    except (OSError, ValueError):
        return None
    return found[12:] if found.startswith(_MAPPED) else found


def caller(text: str) -> str | None:
    """The caller's address of what a log has for it: one address or a list as in `X-Forwarded-For`, ports or none.

    The first public address counts, else the first that names a machine at all; None where none does (unspecified and
    loopback addresses name nobody). A text without a readable address comes back as it is, for the checks to judge.
    """
    found = [each for each in map(_one_address, text.split(",")) if each is not None]
    if not found:
        return text
    public = [each for each in found if not (each.is_private or each.is_link_local) or _is_documentation(each)]
    named = [each for each in found if not (each.is_unspecified or each.is_loopback)]
    return str((public or named)[0]) if public or named else None


def _one_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    text = text.strip().strip('"')
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, ipaddress.IPv6Address) else found


def _is_documentation(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Blocks for examples (RFC 5737, RFC 3849) stand for public addresses."""
    return any(address.version == net.version and address in net for net in _EXAMPLES)


def block(text: str) -> str | None:
    """A CIDR block in canonical form (host bits cleared), or None for what is none."""
    try:
        return str(ipaddress.ip_network(text.strip(), strict=False))
    except ValueError:
        return None


@dataclass(frozen=True)
class Addresses:
    """A column of addresses as indices into its distinct ones; None for a text that is no address."""

    indices: pa.Array
    distinct: list[bytes | None]

    @classmethod
    def of(cls, texts: pa.Array) -> Addresses:
        encoded = texts.dictionary_encode()
        return cls(encoded.indices, [packed(text) for text in encoded.dictionary.to_pylist()])

    @property
    def invalid(self) -> Any:
        bad = np.array([each is None for each in self.distinct] + [False])
        return bad[self.indices.fill_null(len(self.distinct)).to_numpy(zero_copy_only=False)]

    def spread(self, values: list[Any], kind: pa.DataType) -> pa.Array:
        return pa.array(values, kind).take(self.indices)


class Networks:
    """Longest-prefix lookup in a set of possibly nested blocks: small ones by token, the others as sorted disjoint segments."""

    def __init__(self, rows: list[dict[str, Any]], pseudonyms: Pseudonyms) -> None:
        """`rows` have `cidr` as `network_name` gives it, `asn`, `kind` and `country`; blocks are unique."""
        self._pseudonyms = pseudonyms
        self._small = {row["cidr"]: row for row in rows if _SMALL.match(row["cidr"])}
        sizes = {(int(found[1]), int(found[2])) for name in self._small if (found := _SMALL.match(name))}
        self._sizes = sorted(sizes, reverse=True)  # the longest first
        parsed = [(ipaddress.ip_network(row["cidr"]), row) for row in rows if row["cidr"] not in self._small]
        order = sorted(parsed, key=lambda each: (each[0].version, int(each[0].network_address), each[0].prefixlen))
        starts: list[bytes] = [_key(4, 0), _key(6, 0)]
        owners: list[int] = [-1, -1]
        self.rows = [row for _, row in order]
        for version in (4, 6):
            blocks = [(index, net) for index, (net, _) in enumerate(order) if net.version == version]
            open_blocks: list[tuple[int, Any]] = []
            for index, net in blocks:
                _close(open_blocks, int(net.network_address), version, starts, owners)
                starts.append(_key(version, int(net.network_address)))
                owners.append(index)
                open_blocks.append((index, net))
            _close(open_blocks, None, version, starts, owners)
        # Among segments that start at one point the last one recorded holds; what was recorded before it is empty.
        last = dict(zip(starts, owners, strict=True))
        self._starts = np.array(sorted(last), f"S{_WIDTH}")
        self._owners = np.array([last[start] for start in sorted(last)], np.int64)

    @classmethod
    def read(cls, path: str | None, pseudonyms: Pseudonyms) -> Networks:
        """The networks of a Parquet file or folder of `staged.ip_networks` rows; none for None."""
        if path is None:
            return cls([], pseudonyms)
        columns = ["cidr", "asn", "kind", "country"]
        return cls(store.read_parquet(path, columns).to_pylist(), pseudonyms)

    def find(self, addresses: list[bytes | None]) -> list[dict[str, Any] | None]:
        """The row of the longest block around each address, or None."""
        if not (self.rows or self._small) or not addresses:
            return [None] * len(addresses)
        keys = np.array([_key_of(each) for each in addresses], f"S{_WIDTH}")
        owners = self._owners[np.searchsorted(self._starts, keys, side="right") - 1]
        return [
            None if address is None else self._in_small(address) or (self.rows[owner] if owner >= 0 else None)
            for owner, address in zip(owners.tolist(), addresses, strict=True)
        ]

    def _in_small(self, address: bytes) -> dict[str, Any] | None:
        version = 4 if len(address) == 4 else 6
        for size in self._sizes:
            if size[0] == version and (row := self._small.get(_small_token(self._pseudonyms, *size, address))):
                return row
        return None


def _close(
    open_blocks: list[tuple[int, Any]], until: int | None, version: int, starts: list[bytes], owners: list[int]
) -> None:
    """End the blocks that end before `until`; what follows belongs to the block around them, or to none."""
    while open_blocks and (until is None or int(open_blocks[-1][1].broadcast_address) < until):
        _, ended = open_blocks.pop()
        after = int(ended.broadcast_address) + 1
        if after < 2 ** (32 if version == 4 else 128):
            starts.append(_key(version, after))
            owners.append(open_blocks[-1][0] if open_blocks else -1)


def _key(version: int, address: int) -> bytes:
    return _key_of(address.to_bytes(4 if version == 4 else 16, "big"))


def _key_of(address: bytes | None) -> bytes:
    if address is None:
        return b"\x04" + bytes(16)
    return (b"\x04" if len(address) == 4 else b"\x06") + address.ljust(16, b"\0")


def network_name(pseudonyms: Pseudonyms, cidr: str) -> str:
    """What a registered block is called: its CIDR, or the token of one that is so small that it names a customer."""
    net = ipaddress.ip_network(cidr)
    if net.prefixlen <= CLEAR_BITS[net.version]:
        return cidr
    return _small_token(pseudonyms, net.version, net.prefixlen, net.network_address.packed)


def _small_token(pseudonyms: Pseudonyms, version: int, bits: int, address: bytes) -> str:
    """The token of the block of `bits` around an address, such as `net4-32_k1a2b_...`."""
    host_bits = 8 * len(address) - bits
    start = int.from_bytes(address, "big") >> host_bits << host_bits
    return pseudonyms.token(f"net{version}-{bits}", start.to_bytes(len(address), "big").hex())


def block_token(pseudonyms: Pseudonyms, cidr: str) -> str | None:
    """The token a single address or a whole prefix would have; None for blocks of any other size."""
    net = ipaddress.ip_network(cidr)
    if net.prefixlen == net.max_prefixlen:
        return token(pseudonyms, net.network_address.packed)
    return prefix_token(pseudonyms, net.network_address.packed) if net.prefixlen == PREFIX_BITS[net.version] else None


def token(pseudonyms: Pseudonyms, address: bytes | None) -> str | None:
    """The token of an address; None for None."""
    return None if address is None else pseudonyms.token(ADDRESS_KIND, address.hex())


def prefix_token(pseudonyms: Pseudonyms, address: bytes | None) -> str | None:
    if address is None:
        return None
    return pseudonyms.token(PREFIX_KIND, address[: PREFIX_BITS[4 if len(address) == 4 else 6] // 8].hex())

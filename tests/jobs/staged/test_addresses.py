"""Longest-prefix lookup against a plain scan with `ipaddress`, and the tokens of addresses and prefixes."""

from __future__ import annotations

import ipaddress
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.landing.addresses import Addresses, Networks, block, block_token, network_name, packed
from jobs.privacy.pseudonyms import Pseudonyms

MADE = Pseudonyms(b"a key for tests, 16 bytes")
# A small corner of both address spaces, so that blocks nest, touch and end at the space's very edges.
V4 = st.builds(
    lambda byte, bits: block(f"{byte}.0.0.0/{bits}"), st.sampled_from([0, 1, 2, 3, 254, 255]), st.integers(0, 9)
)
V6 = st.builds(
    lambda head, bits: block(f"{head}::/{bits}"), st.sampled_from(["0", "1", "2", "2001", "ffff"]), st.integers(0, 17)
)
ADDRESSES = ["0.0.0.0", "0.128.0.1", "1.2.3.4", "2.0.0.0", "3.255.255.255", "254.1.1.1", "255.255.255.255"]
ADDRESSES += ["::", "::1", "1::", "2::9", "2001:db8::1", "fffe::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]


def _scan(cidrs: list[str], address: str) -> str | None:
    around = [net for net in map(ipaddress.ip_network, cidrs) if ipaddress.ip_address(address) in net]
    return str(max(around, key=lambda net: net.prefixlen)) if around else None


@given(st.lists(st.one_of(V4, V6), unique=True, max_size=8))
def test_lookup_is_the_longest_block_a_scan_finds(cidrs: list[str]) -> None:
    networks = Networks([{"cidr": cidr, "asn": 1, "kind": None, "country": None} for cidr in cidrs], MADE)
    found = networks.find([packed(address) for address in ADDRESSES])
    assert [row["cidr"] if row else None for row in found] == [_scan(cidrs, address) for address in ADDRESSES]


def test_nothing_registered_and_no_address() -> None:
    assert Networks([], MADE).find([packed("1.2.3.4"), None]) == [None, None]
    row = {"cidr": "0.0.0.0/0", "asn": 1, "kind": None, "country": None}
    assert Networks([row], MADE).find([None, packed("::1")]) == [None, None]


@pytest.mark.parametrize(
    ("one", "other"),
    [("203.0.113.9", "::ffff:203.0.113.9"), ("2001:DB8:0:0::1", "2001:db8::1"), (" 203.0.113.9 ", "203.0.113.9")],
)
def test_spelling_of_an_address_does_not_count(one: str, other: str) -> None:
    assert packed(one) == packed(other)


@pytest.mark.parametrize("text", ["", "1.2.3", "01.2.3.4", "1.2.3.4/32", "fe80::1%eth0", "1.2.3.4\0", "example.org"])
def test_what_is_no_address(text: str) -> None:
    assert packed(text) is None


def test_an_indicator_has_the_token_of_the_address_or_prefix_it_names() -> None:
    import pyarrow as pa

    from jobs.landing.landed import Landed, address_columns

    texts = pa.array(["203.0.113.9", "203.0.113.77", "2001:db8:1:2::1", None])
    landed = Landed({}, texts, {"a": Addresses.of(texts)}, MADE, Networks([], MADE))
    columns: dict[str, Any] = {name: each.to_pylist() for name, each in address_columns(landed, "a", "client").items()}
    address, prefix = columns["client_address"], columns["client_prefix"]
    assert prefix[0] == prefix[1] == block_token(MADE, "203.0.113.0/24")
    assert prefix[2] == block_token(MADE, "2001:db8:1::/48")
    assert address[0] == block_token(MADE, "203.0.113.9/32") != address[1]
    assert address[2] == block_token(MADE, "2001:db8:1:2::1/128")
    assert block_token(MADE, "203.0.0.0/16") is None
    assert address[3] is None
    assert columns["client_asn"] == [None] * 4


SMALL = st.builds(
    lambda host, bits: block(f"203.0.113.{host}/{bits}"), st.integers(0, 255), st.integers(20, 32)
) | st.builds(lambda host, bits: block(f"2001:db8:1::{host:x}/{bits}"), st.integers(0, 65535), st.integers(44, 128))


@given(st.lists(SMALL, unique=True, max_size=8), st.integers(0, 255), st.integers(0, 65535))
def test_a_small_block_is_found_by_its_token_as_a_scan_finds_it_in_clear(cidrs: list[str], v4: int, v6: int) -> None:
    names = {network_name(MADE, cidr): cidr for cidr in cidrs}
    networks = Networks([{"cidr": name, "asn": 1, "kind": None, "country": None} for name in names], MADE)
    addresses = [f"203.0.113.{v4}", f"2001:db8:1::{v6:x}"]
    found = networks.find([packed(address) for address in addresses])
    assert [names[row["cidr"]] if row else None for row in found] == [_scan(cidrs, each) for each in addresses]


@pytest.mark.parametrize(
    ("cidr", "is_clear"),
    [
        ("203.0.113.0/24", True),
        ("203.0.113.0/25", False),
        ("203.0.113.9/32", False),
        ("2001:db8::/47", True),
        ("2001:db8::/48", False),
        ("2001:db8::1/128", False),
    ],
)
def test_only_a_block_as_large_as_the_internet_announces_is_named_in_clear(cidr: str, is_clear: bool) -> None:
    name = network_name(MADE, cidr)
    assert (name == cidr) is is_clear
    if not is_clear:
        version, bits = (6 if ":" in cidr else 4), cidr.partition("/")[2]
        assert re.fullmatch(rf"net{version}-{bits}_{MADE.key_id}_[0-9a-f]{{32}}", name)

"""Longest-prefix lookup against a plain scan with `ipaddress`, and the tokens of addresses and prefixes."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.landing.addresses import Addresses, Networks, block, block_token, packed
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
    networks = Networks([{"cidr": cidr, "asn": 1, "kind": None, "country": None} for cidr in cidrs])
    found = networks.find([packed(address) for address in ADDRESSES])
    assert [row["cidr"] if row else None for row in found] == [_scan(cidrs, address) for address in ADDRESSES]


def test_nothing_registered_and_no_address() -> None:
    assert Networks([]).find([packed("1.2.3.4"), None]) == [None, None]
    row = {"cidr": "0.0.0.0/0", "asn": 1, "kind": None, "country": None}
    assert Networks([row]).find([None, packed("::1")]) == [None, None]


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
    landed = Landed({}, texts, {"a": Addresses.of(texts)}, MADE, Networks([]))
    columns: dict[str, Any] = {name: each.to_pylist() for name, each in address_columns(landed, "a", "client").items()}
    address, prefix = columns["client_address"], columns["client_prefix"]
    assert prefix[0] == prefix[1] == block_token(MADE, "203.0.113.0/24")
    assert prefix[2] == block_token(MADE, "2001:db8:1::/48")
    assert address[0] == block_token(MADE, "203.0.113.9/32") != address[1]
    assert address[2] == block_token(MADE, "2001:db8:1:2::1/128")
    assert block_token(MADE, "203.0.0.0/16") is None
    assert address[3] is None
    assert columns["client_asn"] == [None] * 4

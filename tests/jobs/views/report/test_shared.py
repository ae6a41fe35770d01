"""What accounts share, drawn: rows of things, columns of accounts in one order, at any size."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from jobs import signals
from jobs.views.report.colours import EVIDENCE
from jobs.views.report.shared import COLUMNS, SHOWN, drawn


def members(count: int, role: str = "operated") -> list[dict[str, Any]]:
    return [{"account_id": f"{role}{n:06}", "role": role} for n in range(count)]


def sharing(
    accounts: list[dict[str, Any]], entity: str, signal: str = "device", bits: float = 1.0
) -> list[dict[str, Any]]:
    thing = {"signal": signal, "entity": entity, "family": signal, "bits": bits}
    return [thing | {"subject_id": each["account_id"]} for each in accounts]


def cells(strip: str) -> list[tuple[int, int, str]]:
    """First column, number of columns and strength of every filled run."""
    found = re.findall(r'<rect x="(\d+)" width="(\d+)" height="1" class="([^"]*)"/>', strip)
    return [(int(x), int(width), kind) for x, width, kind in found]


def test_things_come_most_shared_first_and_the_rest_is_counted() -> None:
    accounts = members(SHOWN + 5)
    shared = [row for n in range(SHOWN + 5) for row in sharing(accounts[: n + 1], f"d{n:03}")]
    found = drawn(accounts, shared)
    assert [each["accounts"] for each in found.things] == list(range(SHOWN + 5, 5, -1))
    assert found.left_out == 5


def test_accounts_that_share_the_same_things_stand_beside_each_other() -> None:
    accounts = members(6)
    odd, even = accounts[1::2], accounts[::2]
    first, second = drawn(accounts, sharing(odd, "odd") + sharing(even, "even")).things
    assert (first["entity"], cells(first["strip"])) == ("even", [(0, 3, "s4")])
    assert (second["entity"], cells(second["strip"])) == ("odd", [(3, 3, "s4")])


def test_every_account_is_in_the_picture_at_25_000() -> None:
    accounts = members(25_000)
    found = drawn(
        accounts, sharing(accounts, "all") + sharing(accounts[:6_250], "quarter") + sharing(accounts[:3], "few")
    )
    everybody, quarter, few = found.things
    assert cells(everybody["strip"]) == [(0, COLUMNS, "s4")]
    assert cells(quarter["strip"]) == [(0, COLUMNS // 4, "s4")]
    assert cells(few["strip"]) == [(0, 1, "s1")]
    assert found.columns == COLUMNS


def test_roles_stand_apart_and_are_counted() -> None:
    found = drawn(members(3) + members(1, "victim") + members(2, "shared_infrastructure"), [])
    assert found.roles == [("operated", 3), ("shared_infrastructure", 2), ("victim", 1)]
    assert found.things == []


def test_a_thing_says_the_most_that_it_says_of_an_account() -> None:
    accounts = members(2)
    (found,) = drawn(accounts, sharing(accounts[:1], "d", bits=1.0) + sharing(accounts[1:], "d", bits=3.0)).things
    assert found["bits"] == 3.0


def test_an_account_that_evidence_names_twice_counts_once_and_one_that_is_no_member_not_at_all() -> None:
    accounts = members(2)
    (found,) = drawn(accounts, sharing([*accounts, *accounts, {"account_id": "stranger"}], "d")).things
    assert found["accounts"] == 2


@given(st.integers(1, 700), st.integers(0, 3), st.randoms())
def test_the_order_of_rows_draws_nothing_differently(count: int, things: int, random: Any) -> None:
    accounts = members(count)
    shared = [row for n in range(things) for row in sharing(accounts[n :: n + 2], f"d{n}")]
    turned, mixed = accounts[:], shared[:]
    random.shuffle(turned)
    random.shuffle(mixed)
    assert drawn(turned, mixed) == drawn(accounts, shared)


def test_no_two_kinds_of_evidence_have_the_same_colour() -> None:
    assert set(EVIDENCE) == set(signals.families().values())
    assert len(set(EVIDENCE.values())) == len(EVIDENCE)

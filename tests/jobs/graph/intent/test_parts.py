"""What members hang together by: connected components over things of one's own."""

from __future__ import annotations

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from jobs.graph.intent.parts import parts


def found(*pairs: tuple[str, str]) -> dict[str, int]:
    accounts, things = zip(*pairs, strict=True)
    met = pa.table({"campaign_id": ["c"] * len(pairs), "account_id": accounts, "thing": things})
    rows = parts(met).to_pylist()
    return {row["account_id"]: row["part_accounts"] for row in rows}


def test_accounts_that_share_a_thing_with_one_another_in_turn_are_one_part() -> None:
    assert found(("a", "t"), ("b", "t"), ("b", "d"), ("c", "d"), ("x", "card"), ("y", "card")) == {
        "a": 3, "b": 3, "c": 3, "x": 2, "y": 2,
    }  # fmt: skip


def test_an_account_whose_thing_nobody_else_has_is_a_part_alone() -> None:
    assert found(("a", "own"), ("b", "t"), ("c", "t")) == {"a": 1, "b": 2, "c": 2}


@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from("123456")), min_size=1, max_size=20))
def test_it_is_what_a_search_from_each_account_finds(pairs: list[tuple[str, str]]) -> None:
    def reached(account: str) -> set[str]:
        seen: set[str] = set()
        waiting = [account]
        while waiting:
            each = waiting.pop()
            if each not in seen:
                seen.add(each)
                things = {thing for who, thing in pairs if who == each}
                waiting += [who for who, thing in pairs if thing in things]
        return seen

    assert found(*pairs) == found(*pairs[::-1]) == {account: len(reached(account)) for account, _ in pairs}

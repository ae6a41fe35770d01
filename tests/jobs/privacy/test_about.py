"""One rule says what leaves: the same rows and words from the lake, the warehouse, pages, notes and deliveries."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jobs import contracts
from jobs.history.forgetting import _Wanted
from jobs.privacy import about
from jobs.warehouse.duck import DuckDBWarehouse

NIGHT = date(2026, 3, 5)
WORDS = [
    (None, None),
    ("acct-1", None),
    (" acct-1\t", None),
    ("acct-10", "acct-10"),
    ("xacct-1", "xacct-1"),
    ("x-acct-1", "x-acct-1"),
    ("acct-1-2", "acct-1-2"),
    ("acct-1.", "[erased]."),
    ("acct-1/acct-1, a.b@acct-1", "[erased]/[erased], a.b@[erased]"),
    ("org:7 and u@x.org", "[erased] and [erased]"),
]
ACCOUNTS = frozenset({"acct-1", "org:7", "u@x.org"})


@pytest.mark.parametrize(("text", "left"), WORDS)
def test_only_whole_words_are_an_accounts_name(text: str | None, left: str | None) -> None:
    assert about.without_names(text, ACCOUNTS) == left
    assert about.without_words(text, ACCOUNTS.__contains__) == left


@given(
    st.text("ab-.:@+ _1", max_size=30), st.sets(st.from_regex(r"[ab1_-]+([.:@+][ab1_-]+)?", fullmatch=True), max_size=3)
)
def test_ids_are_found_alike_where_they_are_known_and_where_they_are_only_recognised(text: str, ids: set[str]) -> None:
    assert about.without_words(text, ids.__contains__) == about.without_names(text, ids)


def test_every_column_that_speaks_of_account_ids_says_whom_it_names() -> None:
    columns = [each for each in contracts.columns().values() if each.type == "string"]
    speaking = [
        each for each in columns if "account id" in each.description.lower() or each.name.endswith("account_id")
    ]
    assert speaking
    assert not [each.name for each in speaking if each.names == contracts.NOBODY]


BLANKS = ["", " ", "\t", "\n", "\u00a0", "\u2003", "\x1f", "\ufeff"]
SPELLINGS = st.builds(lambda before, core, after: before + core + after, st.sampled_from(BLANKS),
                      st.sampled_from(["acct-1", "ACCT-1", "acct-10", "acct-2", "'acct-1'"]), st.sampled_from(BLANKS))  # fmt: skip


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(SPELLINGS, min_size=1, max_size=6, unique=True))
@example(["\tacct-1", "acct-1", "acct-2"])
def test_lake_and_warehouse_lose_the_same_rows(tmp_path: Path, spellings: list[str]) -> None:
    schema = contracts.arrow_schema(contracts.load("published.account_verdicts"))
    rows = pa.Table.from_pylist([{"as_of_date": NIGHT, "account_id": each} for each in spellings], schema=schema)
    warehouse = DuckDBWarehouse(tmp_path / "w.duckdb")
    warehouse.path.unlink(missing_ok=True)
    warehouse.publish(NIGHT, {"account_verdicts": rows, "runs": _runs()})
    warehouse.forget(["acct-1"], rewrite=True)
    left_in_lake = _Wanted(frozenset({"acct-1"}), frozenset(), "mark").without(rows, {})
    left_in_warehouse = warehouse.read("account_verdicts", NIGHT)
    assert sorted(left_in_lake["account_id"].to_pylist()) == sorted(left_in_warehouse["account_id"].to_pylist())
    assert not [each for each in left_in_lake["account_id"].to_pylist() if each.strip() == "acct-1"]


def _runs() -> pa.Table:
    return pa.Table.from_pylist(
        [{"as_of_date": NIGHT}], schema=contracts.arrow_schema(contracts.load("published.runs"))
    )

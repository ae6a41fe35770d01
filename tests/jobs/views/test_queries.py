"""The ready queries, each asked of two nights made by hand."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import UsageError
from jobs.views import queries
from jobs.warehouse import Warehouse, open_warehouse
from tests.postgres import Server
from tests.published import NIGHT, night

BEFORE = NIGHT - timedelta(days=1)


def campaign(campaign_id: str, verdict: str = "deliberate", accounts: int = 3, **more: Any) -> dict[str, Any]:
    return {"campaign_id": campaign_id, "name": f"name-{campaign_id}", "verdict": verdict, "status": "active"} | {
        "accounts": accounts, **more,
    }  # fmt: skip


def event(campaign_id: str, kind: str, other: str | None = None, on: date = NIGHT) -> dict[str, Any]:
    return {"campaign_id": campaign_id, "event": kind, "other_campaign_id": other or campaign_id, "as_of_date": on}


def piece(campaign_id: str, signal: str, bits: float, line: str = "purpose") -> dict[str, Any]:
    return {
        "campaign_id": campaign_id, "evidence_id": f"{campaign_id}-{signal}", "subject_kind": "campaign",
        "signal": signal, "bits": bits, "line": line,
    }  # fmt: skip


def member(campaign_id: str, account: str, role: str = "operated", exchanges: int = 1) -> dict[str, Any]:
    return {"campaign_id": campaign_id, "account_id": account, "role": role, "exchanges_attributed": exchanges}


def on(night_of: date, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row | {"as_of_date": night_of} for row in rows]


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def published(tmp_path_factory: pytest.TempPathFactory, postgres: Server, request: pytest.FixtureRequest) -> Warehouse:
    """c1 grew and was decided; c2 is new and undecided; c3 is innocent; c5 went into c4 the night before, and that into c1."""
    url = "duckdb:///{root}/w.duckdb" if request.param == "duckdb" else postgres.database("queries")
    warehouse = open_warehouse(url, tmp_path_factory.mktemp("queries"))
    before = night(
        runs=on(BEFORE, [{"stale": False}]),
        campaigns=on(BEFORE, [campaign("c1", "suspicious"), campaign("c3", "benign")]),
        campaign_lineage=[event("c5", "merged_into", "c4", BEFORE), event("c4", "continued", on=BEFORE)],
        data_quality=on(BEFORE, [{"success": False}]),
    )
    tonight = night(
        runs=[{"stale": True, "stale_because": "rows came late"}],
        campaigns=[campaign("c1", accounts=5, likelihood=0.9), campaign("c2"), campaign("c3", "benign")],
        campaign_lineage=[event("c1", "continued"), event("c2", "born"), event("c4", "merged_into", "c1")],
        campaign_evidence=[
            *(piece("c2", f"for-{n}", n) for n in range(1, 5)),
            piece("c2", "against", -1.0),
            piece("c2", "silent", 0.0),
            piece("c2", "prior", -7.0, "prior"),
            piece("c3", "for-9", 9.0),
            piece("c1", "decision", 20.0, "decision"),
        ],
        campaign_members=[
            member("c1", "a1", exchanges=4),
            member("c1", "a2", exchanges=9),
            member("c1", "a3", "victim"),
        ],
        campaign_daily=[
            {"campaign_id": "c1", "model": model, "exchanges": n, "activity_date": NIGHT}
            for model, n in (("m", 2), ("n", 5))
        ],
        campaign_attributions=[{"campaign_id": "c1", "actor": "somebody"}, {"campaign_id": "c3", "actor": "nobody"}],
    )
    warehouse.publish(BEFORE, before)
    warehouse.publish(NIGHT, tonight)
    return warehouse


EXPECTED: dict[str, tuple[str, list[tuple[Any, ...]]]] = {
    "accounts-first": ("campaign_id place account_id exchanges_attributed", [("c1", 1, "a2", 9), ("c1", 2, "a1", 4)]),
    "actors": ("campaign_id actor", [("c1", "somebody")]),
    "changed-tonight": (
        "campaign_id compared_with verdict_before verdict accounts_before accounts",
        [("c1", BEFORE, "suspicious", "deliberate", 3, 5)],
    ),
    "daily-volumes": ("campaign_id activity_date exchanges", [("c1", NIGHT, 7)]),
    "new-tonight": ("event campaign_id", [("born", "c2")]),
    "nights": (
        "as_of_date stale stale_because failed_checks",
        [(NIGHT, True, "rows came late", 0), (BEFORE, False, "x", 1)],
    ),
    "strongest-reasons": (
        "campaign_id side place signal",
        [
            ("c1", "for", 1, "decision"),
            ("c2", "for", 1, "for-4"),
            ("c2", "for", 2, "for-3"),
            ("c2", "for", 3, "for-2"),
            ("c2", "against", 1, "against"),
        ],
    ),
    "to-decide": ("campaign_id", [("c2",)]),
    "victims": ("campaign_id account_id", [("c1", "a3")]),
    "where-old-ids-went": ("old_id campaign_id steps", [("c4", "c1", 1), ("c5", "c1", 2)]),
}


def test_there_are_ten_of_them_and_each_is_tested() -> None:
    assert list(queries.ready()) == list(EXPECTED)
    assert len(EXPECTED) == 10


@pytest.mark.parametrize("name", EXPECTED)
def test_a_ready_query_says_what_its_rows_mean_and_answers_that(published: Warehouse, name: str) -> None:
    query = queries.named(name)
    columns, rows = EXPECTED[name]
    assert query.meaning.startswith("One row per ")
    assert [tuple(row[column] for column in columns.split()) for row in published.query(query.sql).to_pylist()] == rows


@pytest.mark.parametrize("name", EXPECTED)
def test_a_ready_query_answers_nothing_of_a_night_without_campaigns(tmp_path: Path, name: str) -> None:
    warehouse = open_warehouse("duckdb:///{root}/w.duckdb", tmp_path)
    warehouse.publish(NIGHT, night(runs=[{}]))
    assert warehouse.query(queries.named(name).sql).num_rows == (1 if name == "nights" else 0)


def test_a_name_that_is_none_lists_those_that_are() -> None:
    with pytest.raises(UsageError, match=r"'gossip'.*new-tonight, nights"):
        queries.named("gossip")

"""The evaluation against cases small enough to count by hand, and against brute force over all pairs."""

from __future__ import annotations

import json
from datetime import date, timedelta
from itertools import combinations
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.errors import IolausError
from jobs.evaluation.evaluate import Report, evaluate
from jobs.evaluation.scores import b_cubed, pairwise

D1, D2, D3 = (date(2026, 3, day) for day in (1, 2, 3))
SHAPES = {
    "campaigns": {"as_of_date": pa.date32(), "campaign_id": pa.string(), "verdict": pa.string()},
    "campaign_members": {"as_of_date": pa.date32(), "campaign_id": pa.string(), "account_id": pa.string(),
                         "role": pa.string(), "membership": pa.float64()},
    "account_verdicts": {"as_of_date": pa.date32(), "account_id": pa.string(), "likelihood": pa.float64()},
    "campaign_daily": {"as_of_date": pa.date32(), "campaign_id": pa.string(), "activity_date": pa.date32(),
                       "exchanges": pa.int64()},
}  # fmt: skip
TRUTH_SHAPES = {
    "accounts": {"account_id": pa.string(), "campaign_id": pa.string(), "role": pa.string(), "tier": pa.string(),
                 "lookalike": pa.string(), "lookalike_group": pa.string(), "active_from": pa.date32()},
    "campaigns": {"campaign_id": pa.string(), "tier": pa.string(), "proxy_network": pa.string()},
    "daily": {"campaign_id": pa.string(), "activity_date": pa.date32(), "exchanges": pa.int64()},
}  # fmt: skip


def table(shape: dict[str, pa.DataType], rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = list(zip(*rows, strict=True)) or [()] * len(shape)
    return pa.table({name: pa.array(c, kind) for (name, kind), c in zip(shape.items(), columns, strict=True)})


def published(**rows: list[tuple[Any, ...]]) -> dict[str, pa.Table]:
    return {name: table(shape, rows.get(name, [])) for name, shape in SHAPES.items()}


def truth(**rows: list[tuple[Any, ...]]) -> dict[str, pa.Table]:
    return {name: table(shape, rows.get(name, [])) for name, shape in TRUTH_SHAPES.items()}


# Campaign A: a1 a2 a3 a4 (hard). Campaign B: b1 b2 b3 b4 (soft), same proxy network. Class: k1-k3. Victim v1. Plain p1.
WORLD = truth(
    accounts=[(f"a{n}", "A", "operated", "hard", None, None, D1) for n in (1, 2, 3, 4)]
    + [(f"b{n}", "B", "operated", "soft", None, None, D1 if n < 4 else D3) for n in (1, 2, 3, 4)]
    + [(f"k{n}", None, None, None, "class", "class-1", D1) for n in (1, 2, 3)]
    + [("v1", "A", "victim", "hard", None, None, D1), ("p1", None, None, None, None, None, D1)],
    campaigns=[("A", "hard", "Hydra"), ("B", "soft", "Hydra")],
    daily=[("A", D1, 30), ("A", D2, 30), ("A", D3, 40), ("B", D1, 60), ("B", D2, 20), ("B", D3, 20)],
)


def members(night: date, campaign: str, accounts: str, role: str = "operated") -> list[tuple[Any, ...]]:
    return [(night, campaign, account, role, 0.9) for account in accounts.split()]


def told() -> dict[str, pa.Table]:
    """Last night: x = a1 a2 a3 b1 deliberate (v1 its victim), y = k1 k2 deliberate, z = b2 b3 suspicious, w benign."""
    return published(
        campaigns=[(D1, "x", "suspicious"), (D2, "x2", "deliberate"), (D3, "x2", "deliberate"),
                   (D3, "y", "deliberate"), (D3, "z", "suspicious"), (D3, "w", "benign")],
        campaign_members=members(D1, "x", "a1 a2 a3") + members(D2, "x2", "a1 a2 a3")
        + members(D3, "x2", "a1 a2 a3 b1") + members(D3, "x2", "v1", "victim") + members(D3, "y", "k1 k2")
        + members(D3, "z", "b2 b3") + members(D3, "w", "k3 p1 b4"),
        account_verdicts=[(D3, "a1", 0.95), (D3, "a2", 0.95), (D3, "k1", 0.95), (D3, "p1", 0.05)],
        campaign_daily=[(D3, "x2", D1, 20), (D3, "x2", D2, 40), (D3, "y", D3, 50), (D3, "z", D3, 999),
                        (D2, "x2", D2, 777)],
    )  # fmt: skip


@pytest.fixture
def report() -> Report:
    return evaluate(told(), WORLD)


def test_accounts(report: Report) -> None:
    all_ = report.overall
    assert all_["account_precision"] == pytest.approx(4 / 6)  # a1 a2 a3 b1 of a1 a2 a3 b1 k1 k2
    assert all_["account_recall"] == pytest.approx(4 / 8)
    assert all_["suspected_account_precision"] == pytest.approx(6 / 8)
    assert all_["suspected_account_recall"] == pytest.approx(6 / 8)
    assert report.by_tier["hard"]["account_recall"] == pytest.approx(3 / 4)
    assert report.by_tier["soft"]["account_recall"] == pytest.approx(1 / 4)
    assert report.by_tier["hard"]["account_precision"] == 1.0  # x2 is A's, and all of it is operated
    assert report.by_tier["soft"]["account_precision"] is None  # no deliberate campaign is B's


def test_pairs_and_b_cubed(report: Report) -> None:
    assert report.overall["pairwise_precision"] == pytest.approx(4 / 8)  # 3 in A, 1 in B; said 6 + 1 + 1
    assert report.overall["pairwise_recall"] == pytest.approx(4 / 12)
    assert report.by_tier["soft"]["pairwise_precision"] == pytest.approx(1 / 4)  # b1 with a1 a2 a3, b2 with b3
    assert report.by_tier["hard"]["pairwise_recall"] == pytest.approx(3 / 6)
    precision = (3 * 3 / 4 + 1 / 4 + 2 * 1 + 2 * 1 / 2 + 1 + 1) / 10  # a1-3, b1, b2-3, k1-2, a4, b4
    recall = (3 * 3 / 4 + 1 / 4 + 1 / 4 + 2 * 2 / 4 + 1 / 4 + 2) / 10  # a1-3, a4, b1, b2-3, b4, k1-2
    assert report.overall["b_cubed_precision"] == pytest.approx(precision)
    assert report.overall["b_cubed_recall"] == pytest.approx(recall)


def test_campaigns_and_lookalikes(report: Report) -> None:
    assert report.overall["campaigns"] == 2
    assert report.overall["campaigns_found"] == 1
    assert report.by_tier["soft"]["campaigns_found"] == 0
    assert report.overall["innocent_campaigns"] == 1
    assert report.overall["largest_blob"] == 4
    assert report.overall["largest_blob_share"] == pytest.approx(4 / 13)
    assert report.lookalikes["class"] == {"accounts": 3, "accused": 2, "suspected": 2, "campaigns_accused": 1}
    assert report.lookalikes["none"] == {"accounts": 1, "accused": 0, "suspected": 0, "campaigns_accused": 0}


def test_volume_counts_deliberate_campaigns_of_the_last_night_once(report: Report) -> None:
    assert report.overall["volume_attributed"] == pytest.approx((20 + 40 + 50) / 200)
    assert report.by_tier["hard"]["volume_attributed"] == pytest.approx(60 / 100)
    assert report.by_tier["soft"]["volume_attributed"] == 0.0


def test_victims_and_operators_on_one_network(report: Report) -> None:
    assert report.overall["victims_spared_share"] == 1.0
    assert report.overall["victims_named_share"] == 1.0
    # placed: a1 a2 a3 and b1 in x2, b2 b3 in z; of 3 x 3 pairs across, 3 are together
    assert report.overall["operators_told_apart"] == pytest.approx(6 / 9)


def test_a_victim_accused_as_operated_is_not_spared() -> None:
    tables = told()
    tables["campaign_members"] = pa.concat_tables(
        [tables["campaign_members"], table(SHAPES["campaign_members"], members(D3, "z", "v1"))]
    )
    overall = evaluate(tables, WORLD).overall
    assert (overall["victims_spared_share"], overall["victims_named_share"]) == (0.0, 0.0)


def test_time(report: Report) -> None:
    by_campaign = {row["campaign_id"]: row for row in report.campaigns}
    assert by_campaign["A"]["days_to_detection"] == 0  # 50 exchanges on the second night, found on the second
    assert by_campaign["B"]["days_to_detection"] is None
    assert report.overall["median_days_to_detection"] == 0.0
    assert report.overall["id_persistence"] == pytest.approx(1 / 2)  # x became x2, x2 stayed; B was published once


def test_detection_later_than_the_volume_is_counted_in_days() -> None:
    world = WORLD | {"daily": table(TRUTH_SHAPES["daily"], [("A", D1, 50), ("B", D1, 1)])}
    rows = {row["campaign_id"]: row["days_to_detection"] for row in evaluate(told(), world).campaigns}
    assert rows == {"A": 1, "B": None}


def test_calibration(report: Report) -> None:
    high = [row for row in report.calibration if row["from"] == 0.9]
    assert high == [{"from": 0.9, "accounts": 3, "said": pytest.approx(0.95), "operated": pytest.approx(2 / 3)}]
    assert report.overall["calibration_error"] == pytest.approx(0.75 * (0.95 - 2 / 3) + 0.25 * 0.05)


def test_accounts_not_active_yet_are_not_missed() -> None:
    night_two = {
        name: rows.filter(pa.compute.less(rows.column("as_of_date"), pa.scalar(D3))) for name, rows in told().items()
    }
    assert evaluate(night_two, WORLD).by_tier["soft"]["account_recall"] == 0.0
    assert evaluate(night_two, WORLD).overall["account_recall"] == pytest.approx(3 / 7)  # b4 starts on the third


def test_nothing_accused_is_no_precision_rather_than_perfect_precision() -> None:
    quiet = evaluate(published(account_verdicts=[(D3, "a1", 0.0)]), WORLD)
    assert quiet.overall["account_precision"] is None
    assert quiet.overall["account_recall"] == 0.0
    assert quiet.overall["operators_told_apart"] is None


def test_no_published_night_is_an_error() -> None:
    with pytest.raises(IolausError, match="campaigns"):
        evaluate(published(), WORLD)


def test_report_reads_as_json_and_as_rows(report: Report) -> None:
    assert json.loads(report.as_json())["overall"]["campaigns_found"] == 1
    heading, *lines = report.rows()
    assert heading == ("metric", "all", "hard", "soft")
    assert ("campaigns_found", "1", "1", "0") in lines
    assert ("account_precision", "0.667", "1.000", "") in lines
    assert report.lookalike_rows()[1] == ("class", "3", "2", "2", "1")


def test_a_campaign_drowned_among_innocents_is_not_found() -> None:
    drowned = published(
        campaigns=[(D3, "x", "deliberate")],
        campaign_members=members(D3, "x", "a1 a2 a3 a4 k1 k2 k3 p1 v1"),
    )
    assert evaluate(drowned, WORLD).overall["campaigns_found"] == 0


def test_the_perfect_answer_scores_perfectly() -> None:
    perfect = published(
        campaigns=[(night, name, "deliberate") for night in (D1, D3) for name in "xy"],
        campaign_members=members(D1, "x", "a1 a2 a3 a4") + members(D1, "y", "b1 b2 b3")
        + members(D3, "x", "a1 a2 a3 a4") + members(D3, "y", "b1 b2 b3 b4") + members(D3, "x", "v1", "victim"),
        account_verdicts=[(D3, account, 1.0) for account in ("a1", "b1")] + [(D3, "p1", 0.0)],
        campaign_daily=[(D3, "x", D2, 60), (D3, "x", D3, 40), (D3, "y", D3, 100)],
    )  # fmt: skip
    report = evaluate(perfect, WORLD)
    scores = {name: value for name, value in report.overall.items() if isinstance(value, float)}
    low = {"largest_blob_share", "calibration_error", "median_days_to_detection"}
    assert {name: value for name, value in scores.items() if name not in low} == dict.fromkeys(scores.keys() - low, 1.0)
    assert (scores["calibration_error"], report.overall["innocent_campaigns"]) == (0.0, 0)
    assert [row["days_to_detection"] for row in report.campaigns] == [0, 0]


def test_an_account_in_two_campaigns_counts_in_the_stronger_and_infrastructure_accuses_nobody() -> None:
    twice = published(
        campaigns=[(D3, "x", "deliberate"), (D3, "y", "deliberate")],
        campaign_members=[
            (D3, "x", "b1", "operated", 0.4),
            *members(D3, "x", "a1 a2"),
            *members(D3, "y", "b1 b2"),
            *members(D3, "x", "k1 k2 k3", "shared_infrastructure"),
        ],
    )
    report = evaluate(twice, WORLD)
    assert report.overall["pairwise_precision"] == 1.0
    assert report.overall["operators_told_apart"] == 1.0
    assert report.overall["account_precision"] == 1.0
    assert report.lookalikes["class"]["accused"] == 0


labels = st.dictionaries(st.integers(0, 14).map(str), st.sampled_from("pqr"), max_size=15)


def scopes(clusters: dict[str, str]) -> list[set[str] | None]:
    return [None, *({a for a, own in clusters.items() if own == c} for c in sorted(set(clusters.values())))]


@given(truth_=labels, said=labels)
def test_pairwise_equals_counting_every_pair(truth_: dict[str, str], said: dict[str, str]) -> None:
    for scope in scopes(truth_):
        pairs = [
            pair for pair in combinations(sorted({*truth_, *said}), 2) if scope is None or scope.intersection(pair)
        ]
        true = {(a, b) for a, b in pairs if a in truth_ and truth_[a] == truth_.get(b)}
        claimed = {(a, b) for a, b in pairs if a in said and said[a] == said.get(b)}
        counted = pairwise(truth_, said, scope)
        assert counted["pairwise_precision"] == (len(true & claimed) / len(claimed) if claimed else None)
        assert counted["pairwise_recall"] == (len(true & claimed) / len(true) if true else None)


@given(truth_=labels, said=labels)
def test_b_cubed_equals_its_definition(truth_: dict[str, str], said: dict[str, str]) -> None:
    everybody = {*truth_, *said}

    def cluster(of: dict[str, str], account: str) -> set[str]:
        return {a for a in everybody if a in of and of[a] == of.get(account)} or {account}

    for scope in scopes(truth_):
        items = everybody if scope is None else scope
        shared = [(cluster(truth_, a) & cluster(said, a), cluster(truth_, a), cluster(said, a)) for a in items]
        counted = b_cubed(truth_, said, scope)
        if not items:
            assert counted["b_cubed_precision"] is None
            continue
        assert counted["b_cubed_precision"] == pytest.approx(sum(len(s) / len(c) for s, _, c in shared) / len(items))
        assert counted["b_cubed_recall"] == pytest.approx(sum(len(s) / len(t) for s, t, _ in shared) / len(items))


def test_activity_before_the_window_is_not_counted() -> None:
    old = D3 - timedelta(days=28)
    tables = told()
    tables["campaign_daily"] = pa.concat_tables(
        [tables["campaign_daily"], table(SHAPES["campaign_daily"], [(D3, "x2", old, 10_000)])]
    )
    assert evaluate(tables, WORLD).overall["volume_attributed"] == pytest.approx(110 / 200)

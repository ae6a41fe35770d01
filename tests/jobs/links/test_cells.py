from __future__ import annotations

from collections.abc import Iterable

import pytest
from pyspark.sql import SparkSession

from jobs.links import cells, entities, incidences
from tests.tables import NIGHT, NOON, frame, picked, stored

Cell = tuple[str, str, int]


def cells_of(
    spark: SparkSession, *met: tuple[str, str, Iterable[int]], population: int = 400, cleared: Iterable[int] = ()
) -> list[Cell]:
    """The cells of a world in which each (signal, entity, accounts) was met, among `population` accounts."""
    alone = [
        {"account_id": f"a{n:04d}", "signal": "device", "entity": f"own-{n}", "events": 1} for n in range(population)
    ]
    in_common = [
        {"account_id": f"a{n:04d}", "signal": signal, "entity": entity, "events": 1}
        for signal, entity, accounts in met
        for n in accounts
    ]
    observations = frame(spark, "links.observations", *alone, *in_common)
    shared = incidences.transform(
        NIGHT, observations, *[frame(spark, f"links.{name}") for name in ("synchronies", "placeholders")]
    )
    known = entities.transform(NIGHT, shared)
    decided = [
        {
            "decision_id": f"d{n}",
            "decided_at": NOON,
            "subject_kind": "account",
            "subject_id": f"a{n:04d}",
            "decision": "rejected",
        }
        for n in cleared
    ]
    decisions = frame(spark, "staged.case_decisions", *decided)
    found = cells.transform(NIGHT, shared, known, decisions, stored)
    return [(f"{a}", f"{b}", n) for a, b, n in picked("links.cells", found, "entity_a entity_b accounts")]


def test_two_kinds_of_thing_in_common_far_beyond_chance_make_a_cell(spark: SparkSession) -> None:
    found = cells_of(spark, ("device", "d1", range(12)), ("prompt_template", "t1", range(2, 14)))
    assert found == [("t1", "d1", 10)]


def test_one_kind_of_thing_never_makes_a_cell_however_rare(spark: SparkSession) -> None:
    same_family = (("egress_address", "x", range(12)), ("login_address", "y", range(12)))
    assert cells_of(spark, ("device", "d1", range(12))) == []
    assert cells_of(spark, *same_family) == []


def test_what_popular_things_have_in_common_by_chance_is_no_cell(spark: SparkSession) -> None:
    a_fifth, another_fifth = range(0, 400, 5), range(0, 400, 5)
    assert cells_of(spark, ("client_fingerprint", "c", a_fifth), ("egress_network", "n", another_fifth)) != []
    half_by_chance = (*range(0, 400, 5), *range(1, 40, 2))
    assert cells_of(spark, ("client_fingerprint", "c", range(0, 95)), ("egress_network", "n", half_by_chance)) == []


def test_a_hub_is_no_side_of_a_cell(spark: SparkSession) -> None:
    assert cells_of(spark, ("client_fingerprint", "c", range(120)), ("device", "d1", range(12))) == []


def test_a_small_coincidence_among_many_things_is_not_significant(spark: SparkSession) -> None:
    many = [("signup_burst", f"b{n}", range(n, 400, 40)) for n in range(40)]
    few = [("email_pattern", f"p{n}", (*range(n, 400, 50), (n * 7) % 400)) for n in range(50)]
    pairs_of_few = cells_of(spark, *many, *few)
    assert all(accounts >= 3 for _, _, accounts in pairs_of_few)
    planted = (("device", "d1", range(3)), ("phone_prefix", "f1", (0, 1, 2, 50, 51)))
    assert cells_of(spark, *many, *few, *planted) == pairs_of_few


@pytest.mark.parametrize("count", [3, 12, 13, 100, 200])
def test_a_group_is_found_up_to_half_of_the_file(spark: SparkSession, count: int) -> None:
    """Of a small provider one campaign may be a third: what it shares does not make itself likely."""
    shared = (("device", "d1", range(count)), ("prompt_template", "t1", range(count)))
    assert cells_of(spark, *shared) == [("t1", "d1", count)]


def test_two_common_things_that_depend_on_each_other_are_no_cell(spark: SparkSession) -> None:
    """Whoever comes from the source has no website, and so do most others."""
    assert cells_of(spark, ("device", "source", range(40)), ("prompt_template", "no website", range(220))) == []


def test_accounts_that_an_analyst_cleared_tie_nothing_together(spark: SparkSession) -> None:
    met = (("device", "d1", range(12)), ("prompt_template", "t1", range(2, 14)))
    assert cells_of(spark, *met, cleared=range(2, 5)) == [("t1", "d1", 7)]
    assert cells_of(spark, *met, cleared=range(2, 11)) == []

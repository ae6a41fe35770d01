from __future__ import annotations

from collections.abc import Iterable

from pyspark.sql import SparkSession

from jobs.links import cells, components, entities, incidences
from tests.tables import NIGHT, frame, picked, stored


def components_of(spark: SparkSession, *met: tuple[str, str, Iterable[int]]) -> dict[str, tuple[str, int]]:
    """Account to its component and the component's size, among 400 accounts."""
    alone = [{"account_id": f"a{n:04d}", "signal": "device", "entity": f"own-{n}", "events": 1} for n in range(400)]
    shared = [
        {"account_id": f"a{n:04d}", "signal": signal, "entity": entity, "events": 1}
        for signal, entity, accounts in met
        for n in accounts
    ]
    observations = frame(spark, "links.observations", *alone, *shared)
    together = incidences.transform(
        NIGHT, observations, *[frame(spark, f"links.{name}") for name in ("synchronies", "placeholders")]
    )
    known = entities.transform(NIGHT, together)
    undecided = frame(spark, "staged.case_decisions")
    found = cells.transform(NIGHT, together, known, undecided, stored)
    connected = components.transform(NIGHT, together, known, found, undecided, stored)
    return {row[0]: row[1:] for row in picked("links.components", connected, "account_id component component_accounts")}


def test_an_account_with_one_side_of_a_cell_stays_out(spark: SparkSession) -> None:
    found = components_of(spark, ("device", "d1", range(12)), ("prompt_template", "t1", range(2, 14)))
    assert set(found) == {f"a{n:04d}" for n in range(2, 12)}
    assert set(found.values()) == {("a0002", 10)}


def test_cells_that_share_an_entity_join(spark: SparkSession) -> None:
    found = components_of(
        spark,
        ("device", "d1", range(10)),
        ("prompt_template", "t1", range(20)),
        ("phone_prefix", "f1", range(10, 20)),
    )
    assert {row[0] for row in found.values()} == {"a0000"}
    assert len(found) == 20


def test_cells_with_nothing_in_common_stay_apart(spark: SparkSession) -> None:
    found = components_of(
        spark,
        ("device", "d1", range(10)),
        ("prompt_template", "t1", range(10)),
        ("device", "d2", range(20, 30)),
        ("prompt_template", "t2", range(20, 30)),
    )
    assert set(found.values()) == {("a0000", 10), ("a0020", 10)}


def test_a_night_without_cells_has_no_components(spark: SparkSession) -> None:
    assert components_of(spark) == {}

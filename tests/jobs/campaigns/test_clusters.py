from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.campaigns import clusters
from jobs.links import cells, components, entities, incidences
from tests.tables import NIGHT, frame, rows_of, stored


def test_planted_groups_come_back_with_evidence_that_sums_to_membership(spark: SparkSession) -> None:
    groups = {"x": range(10), "y": range(20, 32)}
    alone = [{"account_id": f"a{n:04d}", "signal": "device", "entity": f"own-{n}", "events": 1} for n in range(300)]
    shared = [
        {"account_id": f"a{n:04d}", "signal": signal, "entity": f"{signal}-{name}", "events": 1}
        for name, accounts in groups.items()
        for signal in ("prompt_template", "card_bin_cluster", "email_pattern")
        for n in accounts
    ]
    observations = frame(spark, "links.observations", *alone, *shared)
    together = incidences.transform(
        NIGHT, observations, *[frame(spark, f"links.{name}") for name in ("synchronies", "placeholders")]
    )
    undecided = frame(spark, "staged.case_decisions")
    known = entities.transform(NIGHT, together)
    found = cells.transform(NIGHT, together, known, undecided, stored)
    connected = components.transform(NIGHT, together, known, found, undecided, stored)
    pieces = rows_of("campaigns.clusters", clusters.transform(NIGHT, connected, together, found))
    members: dict[str, set[str]] = {}
    bits: dict[str, int] = {}
    for piece in pieces:
        members.setdefault(piece["cluster_id"], set()).add(piece["account_id"])
        bits[piece["account_id"]] = bits.get(piece["account_id"], 0) + piece["microbits"]
    assert members == {f"a{min(accounts):04d}": {f"a{n:04d}" for n in accounts} for accounts in groups.values()}
    assert all(total > 0 for total in bits.values())
    assert {piece["family"] for piece in pieces} == {"prior", "content", "payment", "mail"}

from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.links.incidences import transform
from tests.tables import NIGHT, frame, picked


def met(signal: str, entity: str, *accounts: int) -> list[dict[str, object]]:
    return [{"account_id": f"a{n:02d}", "signal": signal, "entity": entity, "events": 1, "days": 1} for n in accounts]


Rows = list[dict[str, object]] | None


def incidences(spark: SparkSession, *rows: dict[str, object], synchronies: Rows = None, placeholders: Rows = None):  # type: ignore[no-untyped-def]
    everybody = met("email_domain", "mail.example", *range(32))
    observations = frame(spark, "links.observations", *everybody, *rows)
    nothing = frame(spark, "links.placeholders", *(placeholders or []))
    found = transform(NIGHT, observations, frame(spark, "links.synchronies", *(synchronies or [])), nothing)
    rows = picked("links.incidences", found, "entity family accounts population is_hub")
    return {row[0]: row[1:] for row in rows}


def test_what_few_share_is_rare_and_what_most_meet_is_a_hub(spark: SparkSession) -> None:
    found = incidences(spark, *met("device", "d1", *range(16)), *met("device", "d2", *range(20)))
    assert found["d1"] == ("device", 16, 32, False)
    assert found["d2"] == ("device", 20, 32, True)
    assert found["mail.example"] == ("mail", 32, 32, True)


def test_what_two_share_is_left_out(spark: SparkSession) -> None:
    assert "d1" not in incidences(spark, *met("device", "d1", 1, 2))


def test_one_account_that_meets_an_entity_often_is_one_account(spark: SparkSession) -> None:
    often = [{**row, "events": 900, "days": 20} for row in met("device", "d1", 1, 2, 3)]
    assert incidences(spark, *often)["d1"][1] == 3


def test_an_unlisted_signal_is_a_family_of_its_own_and_synchronies_count(spark: SparkSession) -> None:
    together = [
        {"account_id": f"a{n:02d}", "signal": "shared_burst", "entity": "beat", "beats": 9, "days": 1}
        for n in (1, 2, 3)
    ]
    found = incidences(spark, *met("badge_colour", "red", 1, 2, 3), synchronies=together)
    assert found["red"][0] == "badge_colour"
    assert found["beat"] == ("synchrony", 3, 32, False)


def test_what_stands_for_nothing_was_not_met(spark: SparkSession) -> None:
    nothing = [{"signal": "device", "entity": "NO-DEVICE", "accounts": 12, "tied_accounts": 0}]
    found = incidences(spark, *met("device", "NO-DEVICE", *range(12)), placeholders=nothing)
    assert "NO-DEVICE" not in found

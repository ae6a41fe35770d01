from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.links.entities import transform
from tests.tables import NIGHT, frame, picked


def test_an_entity_is_one_row_however_many_met_it(spark: SparkSession) -> None:
    met = [{"account_id": f"a{n}", "signal": "device", "entity": "d1", "events": n} for n in range(1, 4)]
    common = {"family": "device", "accounts": 3, "population": 32, "is_hub": False}
    found = transform(NIGHT, frame(spark, "links.incidences", *met, **common))
    assert picked("links.entities", found, "entity accounts population is_hub") == [("d1", 3, 32, False)]

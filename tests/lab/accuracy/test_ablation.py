"""An ablated night is built anew, by the pipeline's own steps, without the signals that are left out."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from pyspark.sql import SparkSession

from jobs import contracts
from jobs.lake.lake import Lake
from jobs.settings import settings
from tests.lab.accuracy.ablation import Without
from tests.tables import NIGHT, NOON


def write(lake: Lake, name: str, *rows: dict[str, Any]) -> None:
    files = lake.write_arrow(name, NIGHT, contracts.arrow_rows(name, list(rows)))
    lake.commit(name, NIGHT, files, name, {}, "code")


def entities(spark: SparkSession, root: Path, night: date, signals: tuple[str, ...]) -> set[str]:
    own = Without(settings(root, "sail"), signals)
    own._spark = spark
    own.build("links.placeholders", night)
    assert own.build("links.incidences", night).rows is not None, "built although nothing changed"
    return set(own.lake.read_arrow("links.incidences", night, night)["signal"].to_pylist())


def test_a_signal_that_is_left_out_is_seen_by_no_step_and_comes_back(spark: SparkSession, tmp_path: Path) -> None:
    met = {"events": 1, "days": 1, "first_seen_at": NOON, "last_seen_at": NOON}
    pairs = [(f"a{n}", signal) for n in range(4) for signal in ("device", "referral")]
    lake = Lake(tmp_path)
    write(lake, "links.observations", *[{"account_id": a, "signal": s, "entity": "e", **met} for a, s in pairs])
    write(lake, "links.synchronies")
    assert entities(spark, tmp_path, NIGHT, ()) == {"device", "referral"}
    assert entities(spark, tmp_path, NIGHT, ("referral",)) == {"device"}
    assert entities(spark, tmp_path, NIGHT, ()) == {"device", "referral"}

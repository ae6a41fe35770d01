"""One row per entity that three or more accounts met: how common it is."""

from __future__ import annotations

from datetime import date

from pyspark.sql import DataFrame

from jobs.columns import NIGHT

INPUTS = {"links.incidences": NIGHT}


def transform(night: date, incidences: DataFrame) -> DataFrame:
    """Columns signal, entity, family, accounts, population, is_hub."""
    return incidences.select("signal", "entity", "family", "accounts", "population", "is_hub").distinct()

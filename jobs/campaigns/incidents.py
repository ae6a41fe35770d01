"""One row per known incident, metric and scope: the interval that its published figures leave tonight, and who stated its ends.

The published cases that ship with the package are known every night from the day they became public; what is delivered as
`known_campaigns` adds to them and replaces them incident by incident.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT
from jobs.graph.ranking.published_cases import CASES
from jobs.graph.rows import by_group

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS = {"staged.known_campaigns": NIGHT}

TYPES = {
    "incident_id": "string",
    "name": "string",
    "actor": "string",
    "provider": "string",
    "metric": "string",
    "bound": "string",
    "value": "long",
    "first_day": "date",
    "last_day": "date",
    "as_of": "date",
    "scope": "string",
    "source": "string",
    "grade": "string",
    "is_delivered": "boolean",
}
SCHEMA = (
    "incident_id string, metric string, scope string, name string, actor string, provider string, first_day date, "
    "last_day date, as_of date, is_delivered boolean, value_low long, low_bound string, low_stated long, "
    "low_source string, low_source_grade string, value_high long, high_bound string, high_stated long, "
    "high_source string, high_source_grade string"
)


def transform(night: date, known_campaigns: DataFrame) -> DataFrame:
    """Columns of SCHEMA; an end of the interval that no figure gives is null."""
    delivered = (
        known_campaigns.withColumnRenamed("stated", "value")
        .withColumnRenamed("source_grade", "grade")
        .withColumn("is_delivered", F.lit(True))
    )

    def known_tonight(figures: pa.Table) -> pa.Table:
        from jobs.graph.ranking.incidents import in_force

        return in_force(figures, night)

    figures = delivered.select(*TYPES).unionByName(_shipped(known_campaigns))
    return by_group(figures, "incident_id", known_tonight, SCHEMA)


def _shipped(known_campaigns: DataFrame) -> DataFrame:
    """The published cases as a frame: literals beside the one row that a count always gives, also of no rows."""
    cases = [
        {**case._asdict(), "source": case.source.name, "grade": case.source.grade, "is_delivered": False}
        for case in CASES
    ]
    structs = [F.struct(*(F.lit(case[name]).cast(kind).alias(name) for name, kind in TYPES.items())) for case in cases]
    one_row = known_campaigns.agg(F.count("*").alias("delivered"))
    return one_row.select(F.explode(F.array(*structs)).alias("case")).select("case.*")

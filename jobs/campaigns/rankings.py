"""One row per campaign and metric: its interval, the best and worst rank it can have among all known campaigns, and the statement.

Compared with the known incidents (`campaigns.incidents`) and with the other deliberate campaigns of tonight; a suspicious
campaign also with the suspicious ones. Figures over several campaigns outrank nobody, and what has merged into another
campaign is compared as a part of that.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT
from jobs.graph.ranking.standings import AGGREGATE, KNOWN
from jobs.graph.rows import by_group
from jobs.vocabulary import ACCUSING

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS = {"campaigns.registry": NIGHT, "campaigns.incidents": NIGHT}

SCHEMA = (
    "campaign_id string, metric string, value_low long, value_high long, rank_low int, rank_high int, "
    "is_largest_known boolean, compared_with string, statement string, rival_id string, rival_name string, "
    "rival_provider string, rival_source string, rival_source_grade string"
)
SOURCED = {
    "provider": "string",
    "low_bound": "string",
    "low_stated": "long",
    "low_source": "string",
    "low_source_grade": "string",
    "high_bound": "string",
    "high_stated": "long",
    "high_source": "string",
    "high_source_grade": "string",
}  # what only a published figure has


def transform(night: date, registry: DataFrame, incidents: DataFrame) -> DataFrame:
    """Columns of SCHEMA; value_high is null where no upper bound is known."""
    settled = F.col("exchanges_before_window")
    ours = registry.where(F.col("verdict").isin(*ACCUSING) & F.col("merged_into").isNull()).select(
        F.col("campaign_id").alias("id"),
        "name",
        F.col("verdict").alias("kind"),
        F.explode(
            F.array(
                F.struct(
                    F.lit("exchanges").alias("metric"),
                    (settled + F.col("exchanges_low")).alias("value_low"),
                    (settled + F.col("exchanges_high")).alias("value_high"),
                ),
                F.struct(
                    F.lit("accounts").alias("metric"),
                    F.col("accounts").alias("value_low"),
                    F.col("accounts").alias("value_high"),
                ),
                F.struct(
                    F.lit("tokens").alias("metric"),
                    (F.col("input_tokens") + F.col("output_tokens")).alias("value_low"),
                    (F.col("input_tokens") + F.col("output_tokens")).alias("value_high"),
                ),
            )
        ).alias("m"),
    )
    unsourced = {name: F.lit(None).cast(kind) for name, kind in SOURCED.items()}
    figures = ours.select("id", "name", "kind", "m.*").withColumns(unsourced).unionByName(_known(incidents))
    day = night.isoformat()

    def ranked(rows: pa.Table) -> pa.Table:
        from jobs.graph.ranking.ranks import FIGURES, rank

        return rank(rows.select(FIGURES.names), day)

    everyone = figures.withColumn("comparison", F.lit(1))  # one group: who states no figure counts too, but apart
    return by_group(everyone, "comparison", ranked, SCHEMA)


def _known(incidents: DataFrame) -> DataFrame:
    kind = F.when(F.col("scope") == "aggregate", AGGREGATE).otherwise(KNOWN)
    identity = (F.col("incident_id").alias("id"), "name", kind.alias("kind"), "metric")
    return incidents.select(*identity, "value_low", "value_high", *SOURCED)

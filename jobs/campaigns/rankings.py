"""One row per campaign and metric: its interval, the best and worst rank it can have among all known campaigns, and the statement.

Compared with the registry of published and earlier incidents and with the other deliberate campaigns of tonight.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.columns import NIGHT

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS = {"campaigns.registry": NIGHT, "staged.known_campaigns": NIGHT}

SCHEMA = (
    "campaign_id string, metric string, value_low long, value_high long, rank_low int, rank_high int, "
    "is_largest_known boolean, compared_with string, statement string"
)
RANKED = ("deliberate", "suspicious")


def transform(night: date, registry: DataFrame, known_campaigns: DataFrame) -> DataFrame:
    """Columns of SCHEMA; value_high is null where no upper bound is known."""
    settled = F.col("exchanges_before_window")
    ours = registry.where(F.col("verdict").isin(*RANKED)).select(
        F.col("campaign_id").alias("id"),
        "name",
        F.col("verdict").alias("kind"),
        F.explode(
            F.array(
                F.struct(
                    F.lit("exchanges").alias("metric"),
                    (settled + F.col("exchanges_low")).alias("low"),
                    (settled + F.col("exchanges_high")).alias("high"),
                ),
                F.struct(
                    F.lit("accounts").alias("metric"), F.col("accounts").alias("low"), F.col("accounts").alias("high")
                ),
                F.struct(
                    F.lit("tokens").alias("metric"),
                    (F.col("input_tokens") + F.col("output_tokens")).alias("low"),
                    (F.col("input_tokens") + F.col("output_tokens")).alias("high"),
                ),
            )
        ).alias("m"),
    )
    about = F.col("bound") == "about"
    value = F.col("value")
    low = F.when(about, F.floor(value * 0.9)).when(F.col("bound") == "ceiling", F.lit(0)).otherwise(value)
    high = F.when(about, F.ceil(value * 1.1)).when(F.col("bound") != "floor", value)
    newest = Window.partitionBy("incident_id", "metric").orderBy(F.col("as_of").desc(), "bound", "value")
    in_force = (
        known_campaigns.where((F.col("scope") == "campaign") & (F.to_date("as_of") <= F.lit(night)))
        .withColumn("place", F.row_number().over(newest))
        .where(F.col("place") == 1)
    )
    theirs = in_force.select(
        F.col("incident_id").alias("id"),
        "name",
        F.lit("known").alias("kind"),
        "metric",
        low.cast("long").alias("low"),
        high.cast("long").alias("high"),
    )
    flat = ours.select("id", "name", "kind", "m.metric", "m.low", "m.high")
    day = night.isoformat()

    def rank(rows: pa.Table) -> pa.Table:
        from jobs.graph.ranking import rank_metric

        return rank_metric(rows, day)

    return flat.unionByName(theirs).groupBy("metric").applyInArrow(rank, SCHEMA)

"""One row per campaign and piece of the intent judgement: bits for or against extraction, against its strongest rival.

The pieces of a campaign sum to `posterior_microbits`, the log-odds of deliberate extraction against every other
explanation; see `jobs.graph.hypotheses` for the table of weights and its reasons.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS = {"campaigns.profiles": NIGHT, "staged.case_decisions": NIGHT}

SCHEMA = (
    "campaign_id string, piece string, place int, microbits long, posterior_microbits long, hypothesis string, "
    "rival string, observed double, explanation string"
)


def transform(night: date, profiles: DataFrame, case_decisions: DataFrame) -> DataFrame:
    """Columns of SCHEMA."""
    features = profiles.select("campaign_id", "feature", "strength", "observed", F.lit(None).cast("string").alias("by"))
    described = profiles.select(F.col("campaign_id").alias("subject_id")).distinct()
    decided = (
        case_decisions.where((F.col("subject_kind") == "campaign") & (F.to_date("decided_at") <= F.lit(night)))
        .join(described, on="subject_id", how="inner")
        .select(
            F.col("subject_id").alias("campaign_id"),
            F.concat(F.lit("decision:"), F.col("decision")).alias("feature"),
            F.lit(1.0).alias("strength"),
            F.unix_seconds("decided_at").cast("double").alias("observed"),
            F.col("decision_id").alias("by"),
        )
    )
    return features.unionByName(decided).groupBy("campaign_id").applyInArrow(_judge, SCHEMA)


def _judge(features: pa.Table) -> pa.Table:
    from jobs.graph.judging import judge

    return judge(features)

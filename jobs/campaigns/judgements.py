"""One row per campaign and piece of the intent judgement: bits for or against extraction, against its strongest rival.

The pieces of a campaign sum to `posterior_microbits`, the log-odds of deliberate extraction against every other
explanation; see `jobs.graph.intent.hypotheses` for the table of weights and its reasons.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from jobs.columns import BEFORE, NIGHT
from jobs.graph.intent.decisions import in_force
from jobs.graph.rows import by_group
from jobs.vocabulary import Event, SubjectKind

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS = {
    "campaigns.features": NIGHT,
    "campaigns.lineage": NIGHT,
    "campaigns.judgements": BEFORE,
    "staged.case_decisions": NIGHT,
}

SCHEMA = (
    "campaign_id string, piece string, line string, place int, microbits long, posterior_microbits long, hypothesis string, "
    "rival string, figure double, explanation string, decision_id string"
)


def transform(
    night: date, features: DataFrame, lineage: DataFrame, judgements: DataFrame, case_decisions: DataFrame
) -> DataFrame:
    """Columns of SCHEMA."""
    nothing = {"decision": "string", "decision_id": "string", "held": "long"}
    measured = features.join(_base_rates(features), on="feature", how="left").select(
        "campaign_id",
        "feature",
        "strength",
        "figure",
        "looked",
        "shown",
        *[F.lit(None).cast(t).alias(name) for name, t in nothing.items()],
    )
    decided = _decided(in_force(case_decisions, SubjectKind.CAMPAIGN, night), lineage, judgements)
    pieces = decided.join(features.select("campaign_id").distinct(), on="campaign_id", how="left_semi").select(
        "campaign_id",
        F.lit("decision").alias("feature"),
        F.lit(None).cast("double").alias("strength"),
        F.lit(None).cast("double").alias("figure"),
        F.lit(None).cast("long").alias("looked"),
        F.lit(None).cast("long").alias("shown"),
        *nothing,
    )
    return by_group(measured.unionByName(pieces), "campaign_id", _judge, SCHEMA)


def _base_rates(features: DataFrame) -> DataFrame:
    """feature, looked, shown: of tonight's groups that nothing else speaks against, how many show the feature."""
    counted = by_group(features, "campaign_id", _ordinary, "feature string, is_shown boolean")
    return counted.groupBy("feature").agg(F.count("*").alias("looked"), F.count_if("is_shown").alias("shown"))


def _decided(decisions: DataFrame, lineage: DataFrame, judgements: DataFrame) -> DataFrame:
    """campaign_id, decision, decision_id, held: of each campaign the decision that is in force on it tonight.

    Its own, or the one it was judged by last night, or that of the campaign it was split from tonight. `held`: the
    decision's microbits of last night, null when it was not in force.
    """
    before = judgements.where(F.col("decision_id").isNotNull()).select(
        "campaign_id", "decision_id", F.col("microbits").alias("held")
    )
    own = decisions.withColumnRenamed("subject_id", "campaign_id").withColumn("rank", F.lit(1))
    kept = (
        before.join(decisions.drop("subject_id"), on="decision_id", how="inner")
        .drop("held")
        .withColumn("rank", F.lit(2))
    )
    parents = lineage.where(F.col("event") == Event.SPLIT_FROM).select(
        "campaign_id", F.col("other_campaign_id").alias("subject_id")
    )
    inherited = parents.join(decisions, on="subject_id", how="inner").drop("subject_id").withColumn("rank", F.lit(3))
    first = Window.partitionBy("campaign_id").orderBy("rank", "decision_id")
    return (
        own.unionByName(kept)
        .unionByName(inherited)
        .withColumn("place", F.row_number().over(first))
        .where(F.col("place") == 1)
        .join(before, on=["campaign_id", "decision_id"], how="left")
        .select("campaign_id", "decision", "decision_id", "held")
    )


def _judge(features: pa.Table) -> pa.Table:
    from jobs.graph.intent.judging import judge

    return judge(features)


def _ordinary(features: pa.Table) -> pa.Table:
    from jobs.graph.intent.judging import ordinary

    return ordinary(features)

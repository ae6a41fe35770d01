"""One row per account known to identity or seen in traffic: its campaign if any, and how likely it works for extraction."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.columns import NIGHT, WINDOW
from jobs.graph.grouping.identity import tonights_clusters
from jobs.graph.intent.decisions import cleared
from jobs.vocabulary import Line, Role, Verdict

INPUTS = {
    "campaigns.members": NIGHT,
    "campaigns.registry": NIGHT,
    "campaigns.clusters": NIGHT,
    "campaigns.lineage": NIGHT,
    "signals.account_days": WINDOW,
    "staged.accounts": NIGHT,
    "staged.case_decisions": NIGHT,
}

TOP_REASONS = 3


def transform(
    night: date,
    members: DataFrame,
    registry: DataFrame,
    clusters: DataFrame,
    lineage: DataFrame,
    account_days: DataFrame,
    accounts: DataFrame,
    case_decisions: DataFrame,
) -> DataFrame:
    """Columns account_id, campaign_id, membership, likelihood, verdict, reasons.

    The likelihood is membership times the campaign's; a victim or shared infrastructure does not extract, so 0. Members of
    a campaign that rests keep what was found; an account that another campaign holds tonight belongs to that one.
    """
    everyone = accounts.select("account_id").union(account_days.select("account_id")).distinct()
    strongest = Window.partitionBy("campaign_id", "account_id").orderBy(F.col("microbits").desc(), "signal", "entity")
    reason = F.concat(
        F.lit("shares "),
        F.regexp_replace("signal", "_", " "),
        F.lit(" with "),
        (F.col("accounts_sharing") - 1).cast("string"),
        F.lit(" members"),
    )
    reasons = (
        clusters.where((F.col("line") != Line.PRIOR) & (F.col("microbits") > 0))
        .join(tonights_clusters(lineage), on="cluster_id", how="inner")
        .withColumn("place", F.row_number().over(strongest))
        .where(F.col("place") <= TOP_REASONS)
        .groupBy("campaign_id", "account_id")
        .agg(
            F.array_join(F.transform(F.array_sort(F.collect_list(F.concat("place", reason))), _tail), "; ").alias("why")
        )
    )
    one_each = Window.partitionBy("account_id").orderBy(
        F.col("is_current").desc(), F.col("membership").desc(), F.col("campaign_id")
    )
    known = (
        members.where(F.col("merged_into").isNull())
        .withColumn("place", F.row_number().over(one_each))
        .where(F.col("place") == 1)
        .join(registry.select("campaign_id", "likelihood", "verdict"), on="campaign_id", how="inner")
        .join(reasons, on=["campaign_id", "account_id"], how="left")
        .join(cleared(case_decisions, night).withColumn("is_cleared", F.lit(True)), on="account_id", how="left")
    )
    works = F.col("role") == Role.OPERATED
    return everyone.join(known, on="account_id", how="left").select(
        "account_id",
        "campaign_id",
        F.coalesce("membership", F.lit(0.0)).alias("membership"),
        F.round(F.coalesce(F.when(works, F.col("membership") * F.col("likelihood")), F.lit(0.0)), 6).alias(
            "likelihood"
        ),
        F.coalesce(F.when(works, F.col("verdict")), F.lit(str(Verdict.BENIGN))).alias("verdict"),
        F.coalesce(
            F.when(F.col("role") == Role.VICTIM, F.concat(F.lit("victim: own traffic beside the campaign's; "), "why")),
            F.when(
                F.col("is_cleared") & F.col("campaign_id").isNotNull(),
                F.lit("cleared by an analyst: see the decision in its evidence"),
            ),
            "why",
            F.when(F.col("campaign_id").isNotNull(), _quiet()),
            F.lit("no coordination with other accounts was found"),
        ).alias("reasons"),
    )


def _quiet() -> Column:
    last = F.coalesce(F.col("last_activity_date").cast("string"), F.lit("it was first seen"))
    return F.concat(F.lit("member of a campaign that is not at work tonight; last active on "), last)


def _tail(text: Column) -> Column:
    return F.substring(text, 2, 1_000)

"""One row per piece of evidence for a campaign or for an account's membership of it, in bits, with a sentence.

Pieces about a campaign sum to its posterior; pieces about an account, its prior included, to its membership.
"""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT
from jobs.graph.grouping.identity import tonights_clusters
from jobs.graph.intent.decisions import account_microbits, in_force
from jobs.vocabulary import Line, SubjectKind

INPUTS = {
    "campaigns.clusters": NIGHT,
    "campaigns.lineage": NIGHT,
    "campaigns.judgements": NIGHT,
    "campaigns.members": NIGHT,
    "links.observations": NIGHT,
    "staged.case_decisions": NIGHT,
}

COLUMNS = (
    "campaign_id",
    "evidence_id",
    "subject_kind",
    "subject_id",
    "signal",
    "entity",
    "family",
    "accounts_sharing",
    "microbits",
    "line",
    "explanation",
    "source",
    "first_seen_at",
    "last_seen_at",
)


def transform(
    night: date,
    clusters: DataFrame,
    lineage: DataFrame,
    judgements: DataFrame,
    members: DataFrame,
    observations: DataFrame,
    case_decisions: DataFrame,
) -> DataFrame:
    """Columns of COLUMNS."""
    pieces = clusters.join(tonights_clusters(lineage), on="cluster_id", how="inner")
    return (
        _about_accounts(pieces, observations)
        .unionByName(_about_campaigns(judgements))
        .unionByName(_decisions(members, in_force(case_decisions, SubjectKind.ACCOUNT, night)))
        .withColumn("evidence_id", F.substring(_identity(), 1, 16))
        .select(*COLUMNS)
    )


def _identity() -> Column:
    parts = [F.col(name) for name in ("campaign_id", "subject_kind", "subject_id", "signal")]
    return F.sha2(F.concat_ws("\x1f", *parts, F.coalesce("entity", F.lit(""))), 256)


def _about_accounts(pieces: DataFrame, observations: DataFrame) -> DataFrame:
    """One row per account of a cluster of tonight and thing that it shares there, its prior beside them."""
    seen = observations.select("account_id", "signal", "entity", "first_seen_at", "last_seen_at")
    is_prior = F.col("line") == Line.PRIOR
    before_looking = F.concat(
        F.lit("before looking: a member is one of "),
        F.col("cluster_accounts").cast("string"),
        F.lit(" accounts in the whole population"),
    )
    shares = F.concat(
        F.lit("shares this "),
        F.regexp_replace("signal", "_", " "),
        F.lit(" with "),
        (F.col("accounts_sharing") - 1).cast("string"),
        F.lit(" of "),
        (F.col("cluster_accounts") - 1).cast("string"),
        F.lit(" other members, more than accounts outside do"),
    )
    return pieces.join(seen, on=["account_id", "signal", "entity"], how="left").select(
        "campaign_id",
        F.lit(str(SubjectKind.ACCOUNT)).alias("subject_kind"),
        F.col("account_id").alias("subject_id"),
        "signal",
        F.when(~is_prior, F.col("entity")).alias("entity"),
        F.when(~is_prior, F.col("family")).alias("family"),
        "accounts_sharing",
        "microbits",
        "line",
        F.when(is_prior, before_looking).otherwise(shares).alias("explanation"),
        F.lit("campaigns.clusters").alias("source"),
        "first_seen_at",
        "last_seen_at",
    )


def _about_campaigns(judgements: DataFrame) -> DataFrame:
    """One row per piece of the judgement of a campaign."""
    figure = F.when(F.col("figure").isNull(), "").otherwise(
        F.concat(F.lit(" (observed "), F.round("figure", 3).cast("decimal(18,3)").cast("string"), F.lit(")"))
    )
    return judgements.select(
        "campaign_id",
        F.lit(str(SubjectKind.CAMPAIGN)).alias("subject_kind"),
        F.col("campaign_id").alias("subject_id"),
        F.col("piece").alias("signal"),
        F.lit("intent").alias("family"),
        "microbits",
        "line",
        F.concat("explanation", figure).alias("explanation"),
        F.lit("campaigns.judgements").alias("source"),
        *_nothing_shared(),
    )


def _decisions(members: DataFrame, decided: DataFrame) -> DataFrame:
    """One row per member whose account an analyst decided on."""
    decision = F.col("decision")
    known = members.where(F.col("is_current")).select("campaign_id", F.col("account_id").alias("subject_id"))
    return known.join(decided, on="subject_id", how="inner").select(
        "campaign_id",
        F.lit(str(SubjectKind.ACCOUNT)).alias("subject_kind"),
        "subject_id",
        F.concat(F.lit("decision:"), decision).alias("signal"),
        F.lit("decision").alias("family"),
        account_microbits(decision).alias("microbits"),
        F.lit(str(Line.DECISION)).alias("line"),
        F.concat(F.lit("an analyst decided "), decision, F.lit(" (decision "), "decision_id", F.lit(")")).alias(
            "explanation"
        ),
        F.lit("staged.case_decisions").alias("source"),
        *_nothing_shared(),
    )


def _nothing_shared() -> list[Column]:
    """What only pieces about a shared thing have."""
    kinds = {"entity": "string", "accounts_sharing": "long", "first_seen_at": "timestamp", "last_seen_at": "timestamp"}
    return [F.lit(None).cast(kind).alias(name) for name, kind in kinds.items()]

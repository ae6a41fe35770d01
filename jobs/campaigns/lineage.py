"""One row per event that makes or changes a campaign's identity tonight: born, continued, merged, split.

Tonight's clusters are matched with the campaigns known before so that the accounts they have in common are as many as
possible (an assignment problem, Kuhn 1955). A cluster without a partner is a new campaign; a campaign id is made from the
night of birth and the smallest account, is never reused and never changes meaning. A campaign that has merged into
another keeps its id and points there; it comes back under it if its accounts part again.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.columns import BEFORE, NIGHT
from jobs.graph.rows import by_group
from jobs.vocabulary import Line

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS = {"campaigns.clusters": NIGHT, "campaigns.members": BEFORE}

MIN_ACCOUNTS = 5  # fewer is a household or a desk; nobody extracts a model with four accounts below their limits
SCHEMA = "campaign_id string, event string, other_campaign_id string, overlap double, cluster_id string"


def transform(night: date, clusters: DataFrame, members: DataFrame) -> DataFrame:
    """Columns of SCHEMA; `cluster_id` is null for campaigns that no cluster of tonight continues."""
    tonight = clusters.where((F.col("line") == Line.PRIOR) & (F.col("cluster_accounts") >= MIN_ACCOUNTS)).select(
        F.lit("cluster").alias("kind"),
        F.col("cluster_id").alias("group"),
        "account_id",
        F.lit(None).cast("string").alias("merged_into"),
    )
    before = members.select(
        F.lit("campaign").alias("kind"), F.col("campaign_id").alias("group"), "account_id", "merged_into"
    )
    day = night.isoformat()

    def match(groups: pa.Table) -> pa.Table:
        from jobs.graph.grouping.matching import match_night

        return match_night(groups, day)

    return by_group(tonight.unionByName(before).withColumn("all", F.lit(1)), "all", match, SCHEMA)

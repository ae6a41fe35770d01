"""Which campaign a cluster of tonight is."""

from __future__ import annotations

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs.vocabulary import STANDS_TONIGHT


def tonights_clusters(lineage: DataFrame) -> DataFrame:
    """campaign_id, cluster_id: of every campaign that a cluster of tonight begins or carries on."""
    return lineage.where(F.col("event").isin(*STANDS_TONIGHT)).select("campaign_id", "cluster_id")

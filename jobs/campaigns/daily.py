"""One row per campaign, activity date, model and task label: what was its traffic within the window,
on the accounts it operates and on stolen ones."""

from __future__ import annotations

from datetime import date

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs.columns import NIGHT, WINDOW
from jobs.vocabulary import Role

INPUTS = {"campaigns.members": NIGHT, "signals.account_usage": WINDOW}


def transform(night: date, members: DataFrame, account_usage: DataFrame) -> DataFrame:
    """Columns campaign_id, activity_date, model, task_label, accounts, exchanges, input_tokens, output_tokens.

    Of each account counts the share that its membership attributes to the campaign.
    """
    share = F.col("exchanges_attributed") / F.col("exchanges")
    working = members.where(
        F.col("role").isin(Role.OPERATED, Role.VICTIM) & (F.col("exchanges_attributed") > 0)
    ).select("campaign_id", "account_id", share.alias("share"))
    measures = ("exchanges", "input_tokens", "output_tokens")
    per_account = (
        working.join(account_usage, on="account_id", how="inner")
        .groupBy("campaign_id", "activity_date", F.col("request_model").alias("model"), "task_label", "account_id")
        .agg(F.max("share").alias("share"), *[F.sum(name).alias(name) for name in measures])
    )
    # Whole millionths per account, so that sums are exact in any order.
    parts = {name: F.floor(F.col(name) * F.col("share") * 1e6 + 0.5).cast("long") for name in measures}
    return (
        per_account.where(F.col("exchanges") > 0)
        .select(
            "campaign_id", "activity_date", "model", "task_label", *[part.alias(name) for name, part in parts.items()]
        )
        .groupBy("campaign_id", "activity_date", "model", "task_label")
        .agg(
            F.count("*").alias("accounts"),
            *[F.floor(_sum(name) / 1e6 + 0.5).cast("long").alias(name) for name in measures],
        )
        .where(F.col("exchanges") > 0)
    )


def _sum(name: str) -> Column:
    """Of millionths, which 64 bits may not hold."""
    return F.sum(F.col(name).cast("decimal(20,0)")).cast("double")

"""One row per campaign and actor that indicators point to: how likely, on what basis, and what speaks against it.

An indicator that a campaign's accounts match is evidence only as far as other accounts do not match it too, and as
far as its source deserves (Admiralty grades). Indicators tie a campaign to an *operator* at most: who directs the
operator is not in the data, so no higher level is ever written here (the published cases speak of
"operators affiliated with" a company for the same reason).
"""

from __future__ import annotations

import functools
from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from jobs import signals
from jobs.columns import NIGHT
from jobs.graph.rows import by_group
from jobs.vocabulary import ACCUSING, Role

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS = {
    "campaigns.members": NIGHT,
    "campaigns.registry": NIGHT,
    "links.observations": NIGHT,
    "staged.accounts": NIGHT,
    "staged.indicators": NIGHT,
}

SCHEMA = (
    "campaign_id string, actor string, level string, likelihood double, analytic_confidence string, "
    "supporting string, contradicting string, basis string"
)
MATCHED = {
    kind: (name, part) for name, signal in signals.declared().items() for kind, part in signal.indicators.items()
}  # kind of indicator: the signal whose entities it matches, and by which part of them
SEPARATOR = "|"  # between the parts of a composite entity


def transform(
    night: date,
    members: DataFrame,
    registry: DataFrame,
    observations: DataFrame,
    accounts: DataFrame,
    indicators: DataFrame,
) -> DataFrame:
    """Columns of SCHEMA."""
    today = F.lit(night)
    valid = indicators.where(
        (F.to_date("valid_from") <= today) & (F.col("valid_until").isNull() | (F.to_date("valid_until") >= today))
    ).select("indicator_id", "kind", "value", "value_token", "actor", "source_reliability", "credibility")
    matches = functools.reduce(
        DataFrame.unionByName, [*_observed(observations, valid), _accounts(accounts, valid), _phones(accounts, valid)]
    ).distinct()
    population = observations.select("account_id").distinct().agg(F.count("*").alias("population"))
    everywhere = matches.groupBy("indicator_id").agg(F.count("*").alias("accounts_matching"))
    accused = registry.where(F.col("verdict").isin(*ACCUSING)).select("campaign_id", "accounts")
    operated = members.where(F.col("is_current") & (F.col("role") == Role.OPERATED)).select("campaign_id", "account_id")
    inside = (
        matches.join(operated, on="account_id", how="inner")
        .groupBy("campaign_id", "indicator_id")
        .agg(F.count("*").alias("members_matching"))
        .join(accused, on="campaign_id", how="inner")
        .join(everywhere, on="indicator_id", how="inner")
        .join(valid, on="indicator_id", how="inner")
        .crossJoin(population)
    )
    return by_group(inside, "campaign_id", _attribute, SCHEMA)


def _observed(observations: DataFrame, valid: DataFrame) -> list[DataFrame]:
    """Accounts that met an indicator, per kind of entity; composite entities are compared by their first or last part."""
    frames = []
    for kind, (signal, part) in sorted(MATCHED.items()):
        named = {
            "token": F.col("entity"),
            "value": F.col("entity"),
            "head": F.substring_index("entity", SEPARATOR, 1),
            "tail": F.regexp_replace(F.substring_index("entity", SEPARATOR, -1), "^AS", ""),
        }[part]
        wanted = F.col("value_token") if part == "token" else F.regexp_replace("value", "^AS", "")
        met = observations.where(F.col("signal") == signal).select("account_id", named.alias("met"))
        of_kind = valid.where(F.col("kind") == kind).select("indicator_id", wanted.alias("met"))
        frames.append(met.join(of_kind, on="met", how="inner").select("account_id", "indicator_id"))
    return frames


def _accounts(accounts: DataFrame, valid: DataFrame) -> DataFrame:
    of_kind = valid.where(F.col("kind") == "account").select("indicator_id", F.col("value").alias("account_id"))
    return (
        accounts.select("account_id").join(of_kind, on="account_id", how="inner").select("account_id", "indicator_id")
    )


def _phones(accounts: DataFrame, valid: DataFrame) -> DataFrame:
    of_kind = valid.where(F.col("kind") == "phone-prefix").select("indicator_id", F.col("value_token").alias("met"))
    leads = accounts.select("account_id", F.explode(F.split("phone_prefixes", " ")).alias("met"))
    return leads.join(of_kind, on="met", how="inner").select("account_id", "indicator_id")


def _attribute(matches: pa.Table) -> pa.Table:
    from jobs.graph.intent.attributing import attribute

    return attribute(matches)

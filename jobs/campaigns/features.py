"""One row per campaign and feature: how strongly the feature is present (0..1) and the figure behind it.

Features describe what the members do, how they were made and what they openly declare; they compare a campaign with the
whole population of the same window. Only members with the role `operated` are described, so a victim's own
traffic does not colour the campaign. A campaign with no such member tonight, or one that is asleep, keeps its last features.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs import signals
from jobs.columns import BEFORE, MIN_SHARING, NIGHT, WINDOW
from jobs.graph.rows import by_group
from jobs.signals.egress_networks import EGRESS_NETWORK
from jobs.vocabulary import Role

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS = {
    "campaigns.members": NIGHT,
    "campaigns.features": BEFORE,
    "links.incidences": NIGHT,
    "signals.account_countries": WINDOW,
    "signals.account_days": WINDOW,
    "signals.account_usage": WINDOW,
    "staged.accounts": NIGHT,
    "staged.payment_instruments": NIGHT,
}

SCHEMA = "campaign_id string, feature string, strength double, figure double"
LIFT = 8.0  # three bits: what is that much more common among the members is theirs
MADE_IN_SERIES = tuple(name for name, signal in signals.declared().items() if signal.in_series)
OF_SOFTWARE = tuple(name for name, signal in signals.declared().items() if signal.of_software)
POSSESSIONS = tuple(name for name, signal in signals.declared().items() if signal.is_possession)
NETWORK = EGRESS_NETWORK.name
DAY_SUMS = (
    "requests",
    "elicitation_sum_micros",
    "sketched_requests",
    "proxy_requests",
    "vpn_requests",
    "education_requests",
)
MIN_TURNING, TURNED = 10, 0.8  # exchanges before and after a day; share of them that is the account's own, then shared
USAGE_SUMS = ("exchanges", "output_tokens", "reasoning_output_tokens")
OF_EVERYBODY = ("requests", "elicitation_sum_micros")  # sums that a campaign's are compared with


def transform(
    night: date,
    members: DataFrame,
    features: DataFrame,
    incidences: DataFrame,
    account_countries: DataFrame,
    account_days: DataFrame,
    account_usage: DataFrame,
    accounts: DataFrame,
    payment_instruments: DataFrame,
    scratch: Callable[[DataFrame], DataFrame] = lambda frame: frame,
) -> DataFrame:
    """Columns of SCHEMA."""
    is_awake = F.col("is_current") & ~F.col("is_asleep")
    described = members.where(is_awake & (F.col("role") == Role.OPERATED))
    operated = described.select("campaign_id", "account_id")
    paying = scratch(_paying(accounts, payment_instruments))
    parts = [
        _long(
            described, "account_id", {f"member.{name}": F.col(name) for name in ("exchanges", "exchanges_attributed")}
        ),
        _traffic(operated, account_days),
        _identities(operated, accounts),
        _tasks(operated, account_usage),
        _turned(operated, account_usage),
        _usage(operated, account_usage),
        _networks(operated, incidences),
        _foreign(operated, accounts, account_countries),
        _long(
            operated.join(paying, on="account_id", how="inner"),
            "account_id",
            {"member.paid_from_abroad": F.col("paid_from_abroad")},
        ),
        _shared(operated, incidences),
    ]
    parts = [scratch(each) for each in parts]  # one after the other: all at once want more memory than any of them
    population = scratch(_population(account_days, account_usage, incidences, paying))
    campaigns = operated.select("campaign_id").distinct()
    parts.append(campaigns.crossJoin(population).select("campaign_id", "kind", "key", "value"))
    facts = functools.reduce(DataFrame.unionByName, parts)
    tonight = by_group(facts, "campaign_id", _strengths, SCHEMA)
    remembered = features.join(campaigns, on="campaign_id", how="left_anti").join(
        members.select("campaign_id").distinct(), on="campaign_id", how="left_semi"
    )
    return tonight.unionByName(remembered.select(*tonight.columns))


def _long(frame: DataFrame, key: str, values: dict[str, Column]) -> DataFrame:
    """campaign_id, kind, key, value: one row per named value."""
    pairs = F.explode(F.create_map(*[part for name, value in values.items() for part in (F.lit(name), value)]))
    return frame.select("campaign_id", F.col(key).alias("key"), pairs.alias("kind", "value")).select(
        "campaign_id", "kind", "key", F.col("value").cast("long").alias("value")
    )


def _traffic(operated: DataFrame, account_days: DataFrame) -> DataFrame:
    per_day = account_days.groupBy("account_id", "activity_date").agg(*[F.sum(name).alias(name) for name in DAY_SUMS])
    sums = per_day.groupBy("account_id").agg(
        *[F.sum(name).alias(name) for name in DAY_SUMS],
        F.count("*").alias("days"),
        F.max(F.unix_date("activity_date")).alias("last_day"),
        F.min(F.unix_date("activity_date")).alias("first_day"),
    )
    known = operated.join(sums, on="account_id", how="inner")
    names = (*DAY_SUMS, "days", "last_day", "first_day")
    return _long(known, "account_id", {f"member.{name}": F.col(name).cast("long") for name in names})


def _foreign(operated: DataFrame, accounts: DataFrame, account_countries: DataFrame) -> DataFrame:
    """Requests from countries other than the account's own: of each member, and of the campaign from each country."""
    home = accounts.where(F.col("country").isNotNull()).select("account_id", "country")
    abroad = (
        operated.join(account_countries, on="account_id", how="inner")
        .join(home, on="account_id", how="inner")
        .where(F.col("client_country") != F.col("country"))
    )
    foreign = abroad.groupBy("campaign_id", "account_id").agg(
        F.sum("requests").alias("foreign"),
        F.size(F.collect_set("client_country")).alias("countries"),
        F.count("*").alias("country_days"),
        F.size(F.collect_set("activity_date")).alias("days"),
    )
    by_country = abroad.groupBy("campaign_id", "client_country").agg(F.sum("requests").alias("value"))
    of_members = {
        "member.foreign_requests": F.col("foreign"),
        "member.foreign_countries": F.col("countries"),
        "member.foreign_country_days": F.col("country_days"),
        "member.foreign_days": F.col("days"),
    }
    return _long(foreign, "account_id", of_members).unionByName(
        by_country.select("campaign_id", F.lit("abroad").alias("kind"), F.col("client_country").alias("key"), "value")
    )


def _paying(accounts: DataFrame, payment_instruments: DataFrame) -> DataFrame:
    """Accounts that say a country and pay by an instrument whose issuer's is known, and whether none of these is of theirs."""
    home = accounts.where(F.col("country").isNotNull()).select("account_id", "country")
    issued = payment_instruments.where(F.col("issuer_country").isNotNull()).select("account_id", "issuer_country")
    is_abroad = F.min((F.col("issuer_country") != F.col("country")).cast("long"))
    return (
        home.join(issued, on="account_id", how="inner").groupBy("account_id").agg(is_abroad.alias("paid_from_abroad"))
    )


def _identities(operated: DataFrame, accounts: DataFrame) -> DataFrame:
    """What identity knows of each member, and how many members declare one owner or mail domain."""
    known = operated.join(accounts, on="account_id", how="inner")
    flags = {
        "member.verified": F.col("kyc_status") == "verified",
        "member.programme": F.col("access_program").isin("education", "research"),
        "member.sanctioned": F.col("status").isin("banned", "suspended"),
    }
    made = {name: F.coalesce(flag.cast("long"), F.lit(0).cast("long")) for name, flag in flags.items()}
    made["member.created_hour"] = _hour("created_at")
    made["member.sanctioned_hour"] = F.when(flags["member.sanctioned"], _hour("status_changed_at"))
    declared = [
        ("owner", F.col("organization_id")),
        ("owner", F.col("organization_name")),
        ("domain", F.expr("if(is_freemail, null, email_domain)")),
    ]
    shared_owner = [
        known.select("campaign_id", F.concat_ws("|", F.lit(str(place)), owner).alias("key"))
        .where(owner.isNotNull())
        .groupBy("campaign_id", "key")
        .agg(F.count("*").alias("value"))
        .select("campaign_id", F.lit(kind).alias("kind"), "key", F.col("value").cast("long"))
        for place, (kind, owner) in enumerate(declared)
    ]
    return functools.reduce(DataFrame.unionByName, [_long(known, "account_id", made), *shared_owner])


def _hour(moment: str) -> Column:
    return F.floor(F.unix_seconds(moment) / 3600).cast("long")


def _turned(operated: DataFrame, account_usage: DataFrame) -> DataFrame:
    """Whether each member's use turned over from one day to the next: first its own prompts, then shared ones."""
    days = account_usage.groupBy("account_id", "activity_date").agg(
        F.sum("exchanges").alias("exchanges"), F.sum("templated_exchanges").alias("shared")
    )
    until = Window.partitionBy("account_id").orderBy("activity_date").rowsBetween(Window.unboundedPreceding, 0)
    since = Window.partitionBy("account_id").orderBy("activity_date").rowsBetween(1, Window.unboundedFollowing)
    split = operated.join(days, on="account_id", how="inner").select(
        "campaign_id",
        "account_id",
        *[F.sum(name).over(when).alias(f"{name}_{word}")
          for name in ("exchanges", "shared") for word, when in (("before", until), ("after", since))],
    )  # fmt: skip
    is_enough = (F.col("exchanges_before") >= MIN_TURNING) & (F.col("exchanges_after") >= MIN_TURNING)
    was_own = F.col("shared_before") <= (1.0 - TURNED) * F.col("exchanges_before")
    is_shared = F.col("shared_after") >= TURNED * F.col("exchanges_after")
    found = split.groupBy("campaign_id", "account_id").agg(
        F.max((is_enough & was_own & is_shared).cast("long")).alias("turned"),
        F.max(is_enough.cast("long")).alias("told"),
    )
    return _long(found, "account_id", {"member.turned": F.col("turned"), "member.turning_told": F.col("told")})


def _tasks(operated: DataFrame, account_usage: DataFrame) -> DataFrame:
    return (
        operated.join(account_usage, on="account_id", how="inner")
        .groupBy("campaign_id", F.col("task_label").alias("key"))
        .agg(F.sum("requests").alias("value"))
        .select("campaign_id", F.lit("task").alias("kind"), "key", F.col("value").cast("long").alias("value"))
    )


def _usage(operated: DataFrame, account_usage: DataFrame) -> DataFrame:
    """What the campaign was answered in all."""
    totals = (
        operated.join(account_usage, on="account_id", how="inner")
        .groupBy("campaign_id")
        .agg(*[F.sum(name).alias(name) for name in USAGE_SUMS])
    )
    return _long(totals.withColumn("of", F.lit("sum")), "of", {f"usage.{name}": F.col(name) for name in USAGE_SUMS})


def _networks(operated: DataFrame, incidences: DataFrame) -> DataFrame:
    """Registered networks that each member came from."""
    met = incidences.where(F.col("signal") == NETWORK).groupBy("account_id").agg(F.sum(F.lit(1)).alias("networks"))
    known = operated.join(met, on="account_id", how="inner")
    return _long(known, "account_id", {"member.networks": F.col("networks")})


def _shared(operated: DataFrame, incidences: DataFrame) -> DataFrame:
    """Per signal: members of the most shared entity (`top.`), and members who share one beyond chance (`with.`).

    Beyond chance: with two or more others, and LIFT times as common among the members as among all other accounts;
    or what is merely popular (a mail provider's pattern, a common client) would look like the group's own.
    """
    sizes = operated.groupBy("campaign_id").agg(F.count("*").alias("campaign_members"))
    mine = operated.join(incidences, on="account_id", how="inner")
    counts = (
        mine.groupBy("campaign_id", "signal", "entity", "accounts", "population")
        .agg(F.count("*").alias("members"))
        .join(sizes, on="campaign_id", how="inner")
    )
    top = counts.groupBy("campaign_id", "signal").agg(F.max("members").alias("value"))
    inside = F.col("members") / F.col("campaign_members")
    outside = (F.col("accounts") - F.col("members") + 0.5) / (F.col("population") - F.col("campaign_members") + 1.0)
    sharing = (
        mine.select("campaign_id", "account_id", "signal", "entity")
        .join(
            counts.where((F.col("members") >= MIN_SHARING) & (inside >= outside * LIFT)),
            on=["campaign_id", "signal", "entity"],
            how="inner",
        )
        .select("campaign_id", "signal", "account_id")
        .distinct()
    )
    beyond = sharing.groupBy("campaign_id", "signal").agg(F.count("*").alias("value"))
    kinds = {
        "made_in_series": F.col("signal").isin(*MADE_IN_SERIES),
        "possessions": F.col("signal").isin(*POSSESSIONS),
        "beside_software": ~F.col("signal").isin(*OF_SOFTWARE),
    }
    of_kind = [
        sharing.where(condition)
        .select("campaign_id", "account_id")
        .distinct()
        .groupBy("campaign_id")
        .agg(F.count("*").alias("value"))
        .withColumn("signal", F.lit(kind))
        for kind, condition in kinds.items()
    ]
    return functools.reduce(
        DataFrame.unionByName,
        [
            frame.select(
                "campaign_id", F.lit(kind).alias("kind"), F.col("signal").alias("key"), F.col("value").cast("long")
            )
            for kind, frame in (("top", top), ("with", beyond), *(("with", frame) for frame in of_kind))
        ],
    )


def _population(
    account_days: DataFrame, account_usage: DataFrame, incidences: DataFrame, paying: DataFrame
) -> DataFrame:
    """What everybody does, for comparison; no campaign in it."""
    days = account_days.groupBy("account_id", "activity_date").agg(*[F.sum(name).alias(name) for name in OF_EVERYBODY])
    networks = incidences.where(F.col("signal") == NETWORK).groupBy("account_id").agg(F.sum(F.lit(1)).alias("networks"))
    sums = [
        days.agg(F.sum(F.lit(1)).alias("account_days"), *[F.sum(name).alias(name) for name in OF_EVERYBODY]),
        account_usage.agg(*[F.sum(name).alias(name) for name in USAGE_SUMS]),
        networks.agg(F.sum(F.lit(1)).alias("networked_accounts"), F.sum("networks").alias("networks")),
        paying.agg(F.sum("paid_from_abroad").alias("paid_from_abroad"), F.count("*").alias("paying")),
    ]
    everybody = [
        frame.select(
            F.explode(
                F.create_map(*[part for name in frame.columns for part in (F.lit(name), F.col(name).cast("long"))])
            ).alias("key", "value")
        ).select(F.lit("population").alias("kind"), "key", "value")
        for frame in sums
    ]
    tasks = (
        account_usage.groupBy(F.col("task_label").alias("key"))
        .agg(F.sum("requests").cast("long").alias("value"))
        .select(F.lit("population_task").alias("kind"), "key", "value")
    )
    return functools.reduce(DataFrame.unionByName, [*everybody, tasks])


def _strengths(facts: pa.Table) -> pa.Table:
    from jobs.graph.intent.features import strengths

    return strengths(facts)

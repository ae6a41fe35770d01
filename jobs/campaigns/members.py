"""One row per campaign and account: how surely it belongs, in which role, and which of its traffic is the campaign's.

`operated`: the account works for the campaign. `victim`: an ordinary account whose stolen key a proxy network resells:
it carries the campaign's prompts beside traffic of its own, and nothing of how it was made and paid is the campaign's.
`shared_infrastructure`: it passes through the same networks and clients, but does not do what the campaign does. What
unrelated customers ask through operated accounts is not attributed (see `jobs.graph.intent.own_traffic`). Campaigns that no
cluster of tonight continues keep their last members, so that they can be recognised when they return; what those of a
campaign that merged into another do now counts for the other alone. So do campaigns that are asleep: what leaves the
window behind them would otherwise leave their members one by one. An analyst's
decision on an account sets its role; a cleared one stays listed as `shared_infrastructure` with a membership of almost 0.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from jobs import signals
from jobs.columns import BEFORE, DORMANT_DAYS, MIN_SHARING, NIGHT, WINDOW
from jobs.graph.grouping.identity import tonights_clusters
from jobs.graph.intent.decisions import account_microbits, in_force
from jobs.graph.intent.words import probability
from jobs.graph.rows import by_group
from jobs.vocabulary import CLEARING, Decision, Event, Line, Role, SubjectKind

if TYPE_CHECKING:
    import pyarrow as pa

INPUTS = {
    "campaigns.clusters": NIGHT,
    "campaigns.lineage": NIGHT,
    "campaigns.members": BEFORE,
    "campaigns.registry": BEFORE,
    "signals.account_days": WINDOW,
    "signals.account_usage": WINDOW,
    "links.observations": NIGHT,
    "staged.case_decisions": NIGHT,
}

SYNCHRONY = "synchrony"  # family of what keeps time together
STRONG_MICROBITS = 3_000_000  # eight times more common in the group than elsewhere
CORE_SHARE = 0.2  # a template that every fifth member uses is the campaign's, not a coincidence
HABITS = {name: signal.habit for name, signal in signals.declared().items() if signal.habit}
HABIT_EVENTS = tuple(f"{part}{habit}_events" for habit in HABITS.values() for part in ("", "core_"))
SCHEMA = (
    "campaign_id string, account_id string, microbits long, families int, role string, membership double, "
    "footprint_share double, exchanges long, exchanges_attributed long, first_activity_date date, "
    "last_activity_date date"
)
OWN_SCHEMA = "campaign_id string, account_id string, own_share double"
PARTS_SCHEMA = "campaign_id string, account_id string, part_accounts long"
OWN = tuple(
    name
    for name, each in signals.declared().items()
    if each.is_mark or each.is_possession or (each.in_series and not each.is_rented) or each.family == SYNCHRONY
)
SEPARATOR = "\x1f"  # between a signal and its entity; stands in no entity
COLUMNS = (
    "campaign_id",
    "account_id",
    "membership",
    "microbits",
    "families",
    "role",
    "footprint_share",
    "exchanges",
    "exchanges_attributed",
    "first_activity_date",
    "last_activity_date",
    "joined_on",
    "is_current",
    "is_asleep",
    "merged_into",
)


def transform(
    night: date,
    clusters: DataFrame,
    lineage: DataFrame,
    members: DataFrame,
    registry: DataFrame,
    account_days: DataFrame,
    account_usage: DataFrame,
    observations: DataFrame,
    case_decisions: DataFrame,
    scratch: Callable[[DataFrame], DataFrame] = lambda frame: frame,
) -> DataFrame:
    """Columns of COLUMNS."""
    decided = in_force(case_decisions, SubjectKind.ACCOUNT, night).withColumnRenamed("subject_id", "account_id")
    decided = decided.select("account_id", "decision")
    named = tonights_clusters(lineage)
    traffic = _traffic(account_days)
    pieces = clusters.join(named, on="cluster_id", how="inner")
    weighed = pieces.transform(_weighed)
    facts = _facts(weighed, traffic, observations).join(
        _parts(pieces, observations), on=["campaign_id", "account_id"], how="left"
    )
    with_roles = scratch(_confirmed(by_group(facts, "campaign_id", _assign_roles, SCHEMA), decided))
    tonight = _with_history(scratch(_without_mixed_in(with_roles, account_usage)), members, night)
    asleep = _asleep(tonight, registry, night)
    current = tonight.join(asleep, on="campaign_id", how="left_anti").select(*COLUMNS)
    remembered = _remembered(members, named, lineage, asleep, decided)
    return current.unionByName(_seen_in_window(remembered, traffic).select(*COLUMNS))


def _traffic(account_days: DataFrame) -> DataFrame:
    """One row per account that sent a request in the window: how much, and from when to when."""
    days = account_days.groupBy("account_id", "activity_date").agg(
        F.sum(F.col("requests") - F.col("errors")).alias("exchanges"),
        F.sum("requests").alias("requests"),
        F.sum("sketched_requests").alias("sketched_requests"),
    )  # late rows are rows of their own; by day first, as counting distinct days holds a set for every account
    return days.groupBy("account_id").agg(
        F.sum("exchanges").alias("exchanges"),
        F.sum("requests").alias("requests"),
        F.sum("sketched_requests").alias("sketched"),
        F.count("*").alias("active_days"),
        F.min("activity_date").alias("first_activity_date"),
        F.max("activity_date").alias("last_activity_date"),
    )


def _weighed(pieces: DataFrame) -> DataFrame:
    """One row per member of a cluster of tonight: what ties it, and how many strong kinds of it say how it was made."""
    is_evidence = F.col("line") != Line.PRIOR
    evidence = F.when(is_evidence, F.col("microbits")).otherwise(0)
    is_strong = (F.col("microbits") >= STRONG_MICROBITS) & (F.col("accounts_sharing") >= MIN_SHARING)
    return pieces.groupBy("campaign_id", "account_id").agg(
        F.sum("microbits").alias("microbits"),
        (F.sum(evidence) - F.max(evidence)).alias("others_microbits"),
        F.sum(F.when(is_evidence & (F.col("microbits") >= 1_000_000), 1).otherwise(0)).cast("int").alias("families"),
        F.count_if(F.col("family").isin(*MADE_ALIKE) & is_strong).alias("made_families"),
        F.max(F.col("family").isin(*signals.marks()) & is_strong).alias("shares_content"),
        F.max("cluster_accounts").alias("cluster_accounts"),
    )


def _parts(pieces: DataFrame, observations: DataFrame) -> DataFrame:
    """Columns of PARTS, by everything of one's own that ties somebody to the campaign strongly."""
    is_own = F.col("signal").isin(*OWN) & (F.col("microbits") >= STRONG_MICROBITS)
    strong = pieces.where(is_own).select("campaign_id", "account_id", "signal", "entity")
    members = pieces.select("campaign_id", "account_id").distinct()
    met = (
        observations.join(
            strong.select("campaign_id", "signal", "entity").distinct(), on=["signal", "entity"], how="inner"
        )
        .join(members, on=["campaign_id", "account_id"], how="left_semi")
        .select("campaign_id", "account_id", "signal", "entity")
    )
    things = met.unionByName(strong).withColumn("thing", F.concat_ws(SEPARATOR, "signal", "entity"))
    things = things.select("campaign_id", "account_id", "thing")
    return by_group(things, "campaign_id", _connected, PARTS_SCHEMA)


def _facts(weighed: DataFrame, traffic: DataFrame, observations: DataFrame) -> DataFrame:
    """One row per member of a cluster of tonight: all that its role is told from."""
    counts = ("exchanges", "requests", "sketched", "active_days", *HABIT_EVENTS)
    return (
        weighed.join(traffic, on="account_id", how="left")
        .join(_own_events(weighed, observations), on=["campaign_id", "account_id"], how="left")
        .withColumns({name: F.coalesce(name, F.lit(0)).cast("long") for name in counts})
        .drop("cluster_accounts")
    )


def _with_history(current: DataFrame, members: DataFrame, night: date) -> DataFrame:
    """Tonight's members with what is known of them from nights before."""
    since = members.select(
        "campaign_id",
        "account_id",
        F.col("joined_on").alias("joined_before"),
        F.col("first_activity_date").alias("first_before"),
        F.col("last_activity_date").alias("last_before"),
        F.col("role").alias("role_before"),
    )
    return current.join(since, on=["campaign_id", "account_id"], how="left").withColumns(
        {
            "joined_on": F.coalesce("joined_before", F.lit(night).cast("date")),
            "first_activity_date": F.least("first_before", "first_activity_date"),
            "last_activity_date": F.greatest("last_before", "last_activity_date"),
            "is_current": F.lit(True),
            "is_asleep": F.lit(False),
            "merged_into": F.lit(None).cast("string"),
        }
    )


def _remembered(
    members: DataFrame, named: DataFrame, lineage: DataFrame, asleep: DataFrame, decided: DataFrame
) -> DataFrame:
    """Members of the night before that stay: of campaigns that no cluster continues, that sleep, and cleared ones."""
    merged = lineage.where(F.col("event") == Event.MERGED_INTO).select(
        "campaign_id", F.col("other_campaign_id").alias("merged_tonight")
    )
    is_named, is_cleared = F.col("is_named").isNotNull(), F.col("decision").isin(*CLEARING)
    kept = (
        members.join(named.withColumn("is_named", F.lit(True)), on="campaign_id", how="left")
        .join(decided, on="account_id", how="left")
        .join(asleep.withColumn("sleeps", F.lit(True)), on="campaign_id", how="left")
        .join(merged, on="campaign_id", how="left")
        .withColumn("is_asleep", F.coalesce("sleeps", F.lit(False)))
        .withColumn("merged_into", F.coalesce("merged_tonight", F.when(~is_named, F.col("merged_into"))))
        .where(~is_named | F.col("is_asleep") | F.coalesce(is_cleared, F.lit(False)))
        .withColumn("is_current", is_named)
    )
    return _cleared(kept, is_cleared)


def _asleep(tonight: DataFrame, registry: DataFrame, night: date) -> DataFrame:
    """campaign_id of known campaigns that a cluster still continues, but whose accounts have long done nothing.

    Accounts count that it operated the night before, and those that are new to it: a victim goes on working for its owner.
    """
    newest = F.max(
        F.when(F.coalesce("role_before", F.lit(str(Role.OPERATED))) == Role.OPERATED, F.col("last_activity_date"))
    )
    quiet_since = (
        tonight.groupBy("campaign_id")
        .agg(newest.alias("last_operated"))
        .join(registry.select("campaign_id", "last_activity_date"), on="campaign_id", how="inner")
    )
    last = F.greatest("last_operated", "last_activity_date")
    return quiet_since.where(F.datediff(F.lit(night).cast("date"), last) >= DORMANT_DAYS).select("campaign_id")


def _confirmed(members: DataFrame, decided: DataFrame) -> DataFrame:
    """Tonight's members in the role that an analyst gave them, if one did."""
    is_confirmed, is_victim = F.col("decision") == Decision.CONFIRMED, F.col("decision") == Decision.VICTIM
    pinned = F.col("microbits") + account_microbits(F.col("decision"))
    role = F.when(is_confirmed, str(Role.OPERATED)).when(is_victim, str(Role.VICTIM)).otherwise(F.col("role"))
    return (
        members.join(decided, on="account_id", how="left")
        .withColumns({"microbits": pinned, "role": role})
        .withColumn("membership", F.when(is_confirmed, probability(F.col("microbits"))).otherwise(F.col("membership")))
        .drop("decision")
    )


def _cleared(members: DataFrame, is_cleared: Column) -> DataFrame:
    """Members of earlier nights; a cleared one stays listed, with no part in what the campaign did."""
    nothing = {
        "microbits": account_microbits(F.col("decision")),
        "membership": probability(account_microbits(F.col("decision"))),
        "families": F.lit(0),
        "role": F.lit(str(Role.SHARED_INFRASTRUCTURE)),
        "footprint_share": F.lit(0.0),
    }
    return members.withColumns(
        {name: F.when(is_cleared, value).otherwise(F.col(name)) for name, value in nothing.items()}
    )


def _seen_in_window(remembered: DataFrame, traffic: DataFrame) -> DataFrame:
    """Members that no cluster of tonight holds, with what they did in tonight's window."""
    figures = ("exchanges", "exchanges_attributed", "last_activity_date")
    known = remembered.withColumn("last_before", F.col("last_activity_date")).drop(*figures)
    found = traffic.select("account_id", "exchanges", F.col("last_activity_date").alias("last_seen"))
    is_own = F.col("merged_into").isNull()
    return (
        known.join(found, on="account_id", how="left")
        .withColumn("exchanges", F.when(is_own, F.coalesce("exchanges", F.lit(0))).otherwise(0).cast("long"))
        .withColumn("exchanges_attributed", _attributed())
        .withColumn("last_activity_date", F.greatest("last_before", F.when(is_own, F.col("last_seen"))))
    )


def _attributed() -> Column:
    return F.floor(F.col("exchanges") * F.col("footprint_share")).cast("long")


def _without_mixed_in(members: DataFrame, account_usage: DataFrame) -> DataFrame:
    """Operated members with the footprint that their tasks have in the campaign; the others as they are."""
    is_operated = F.col("role") == Role.OPERATED
    by_task = (
        members.where(is_operated)
        .select("campaign_id", "account_id")
        .join(account_usage, on="account_id", how="inner")
        .groupBy("campaign_id", "account_id", "task_label")
        .agg(
            F.sum("exchanges").alias("exchanges"),
            F.sum(F.when(F.col("templated_exchanges").isNotNull(), F.col("exchanges"))).alias("compared"),
            F.sum("templated_exchanges").alias("templated"),
        )
        .where(F.col("exchanges") > 0)
    )
    own = by_group(by_task, "campaign_id", _own_footprints, OWN_SCHEMA)
    return (
        members.join(own, on=["campaign_id", "account_id"], how="left")
        .withColumn(
            "footprint_share",
            F.when(is_operated, F.coalesce("own_share", F.lit(1.0))).otherwise(F.col("footprint_share")),
        )
        .withColumn("exchanges_attributed", _attributed())
        .drop("own_share")
    )


MADE_ALIKE = sorted({signal.family for signal in signals.declared().values() if signal.made_alike})


def _own_events(weighed: DataFrame, observations: DataFrame) -> DataFrame:
    """Per member and kind of habit: events in all, and events on what many members of its campaign use."""
    used = observations.where(F.col("signal").isin(*HABITS)).join(
        weighed.select("campaign_id", "account_id", "cluster_accounts"), on="account_id", how="inner"
    )
    core = (
        used.groupBy("campaign_id", "signal", "entity")
        .agg(F.count("*").alias("users"), F.max("cluster_accounts").alias("cluster_accounts"))
        .where(F.col("users") >= F.col("cluster_accounts") * CORE_SHARE)
        .select("campaign_id", "signal", "entity", F.lit(True).alias("is_core"))
    )
    events = {}
    for signal, habit in HABITS.items():
        of_habit = F.col("signal") == signal
        events[f"{habit}_events"] = F.sum(F.when(of_habit, F.col("events")).otherwise(0))
        events[f"core_{habit}_events"] = F.sum(F.when(of_habit & F.col("is_core"), F.col("events")).otherwise(0))
    return (
        used.join(core, on=["campaign_id", "signal", "entity"], how="left")
        .groupBy("campaign_id", "account_id")
        .agg(*[total.cast("long").alias(name) for name, total in events.items()])
    )


def _connected(met: pa.Table) -> pa.Table:
    from jobs.graph.intent.parts import parts

    return parts(met)


def _assign_roles(members: pa.Table) -> pa.Table:
    from jobs.graph.intent.roles import assign_roles

    return assign_roles(members)


def _own_footprints(by_task: pa.Table) -> pa.Table:
    from jobs.graph.intent.own_traffic import own_footprints

    return own_footprints(by_task)

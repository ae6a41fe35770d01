"""One row per campaign ever seen: who it is, what is known of it tonight, and what it did in all.

The registry of a night is a function of the registry of the night before and of tonight's clusters: backfills run in
order. A campaign's name is made from its id and never changes. `cumulative_exchanges` counts since first seen: the
window's exchanges, plus those of days that have left the window. Its members say whether a campaign rests; it is quiet
since the last day on which an account that it operates was active, a victim's own traffic does not keep it awake. One
that has merged into another is kept as it was, retired, with nothing in the window: what its accounts did there counts
for the other, once.
"""

from __future__ import annotations

from datetime import date, timedelta

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.columns import BEFORE, DORMANT_DAYS, NIGHT, WINDOW, WINDOW_DAYS
from jobs.graph.intent.words import likelihood_words, probability
from jobs.vocabulary import LINES, Decision, Line, Role, Status, Verdict

INPUTS = {
    "campaigns.members": NIGHT,
    "campaigns.judgements": NIGHT,
    "campaigns.daily": NIGHT,
    "campaigns.registry": BEFORE,
    "signals.account_costs": WINDOW,
    "staged.accounts": NIGHT,
}

DELIBERATE, SUSPICIOUS, INCIDENTAL = (
    0.95,
    0.66,
    0.05,
)  # almost certain (ICD 203); twice as likely as not; almost no chance
MIN_DELIBERATE_ACCOUNTS = 10  # a handful may be suspicious, never accused unless an analyst confirmed it
CONFIRMED_PIECE = f"decision:{Decision.CONFIRMED}"
RETIRED_DAYS = WINDOW_DAYS + DORMANT_DAYS  # no trace of it is left in the window, and for a fortnight none came back
DISRUPTED_SHARE = 0.9
TOP = 3
COLUMNS = (
    "campaign_id", "name", "status", "verdict", "likelihood", "likelihood_words", "analytic_confidence", "hypothesis",
    "rival", "prior_microbits", "coordination_microbits", "concealment_microbits", "purpose_microbits",
    "posterior_microbits", "born_on", "first_activity_date", "last_activity_date",
    "active_days", "accounts", "exchanges", "exchanges_low", "exchanges_high", "input_tokens", "output_tokens",
    "billed_cost", "billing_currency", "billed_in_other_currencies", "top_models", "top_tasks",
    "peak_daily_exchanges", "cumulative_exchanges", "exchanges_before_window", "leaving_exchanges", "status_before",
    "merged_into",
)  # fmt: skip
FIRST = ("amber", "basalt", "cobalt", "copper", "coral", "ebony", "flint", "garnet", "granite", "indigo", "iron",
         "ivory", "jade", "linen", "maple", "marble", "ochre", "olive", "onyx", "opal", "pearl", "quartz", "russet",
         "saffron", "sable", "scarlet", "silver", "slate", "umber", "violet", "walnut", "willow")  # fmt: skip
SECOND = ("anchor", "arbor", "beacon", "bridge", "brook", "canyon", "castle", "cedar", "cliff", "comet", "delta",
          "dune", "ember", "falcon", "fjord", "garden", "glacier", "harbor", "heron", "island", "lantern", "meadow",
          "mill", "orchard", "otter", "prairie", "raven", "ridge", "river", "summit", "tundra", "valley")  # fmt: skip


def transform(
    night: date,
    members: DataFrame,
    judgements: DataFrame,
    daily: DataFrame,
    registry: DataFrame,
    account_costs: DataFrame,
    accounts: DataFrame,
) -> DataFrame:
    """Columns as in the contract; campaigns that no cluster continues tonight keep what was last known."""
    everything = (
        _resting(members)
        .join(_membership(members, accounts), on="campaign_id", how="left")
        .join(_judged(judgements), on="campaign_id", how="left")
        .join(_volumes(daily), on="campaign_id", how="left")
        .join(_costs(members, account_costs), on="campaign_id", how="left")
        .join(_leaving(daily, night), on="campaign_id", how="left")
        .join(_before(registry), on="campaign_id", how="left")
    )
    return everything.transform(lambda campaigns: _filled(campaigns, F.lit(night).cast("date"))).select(*COLUMNS)


def _resting(members: DataFrame) -> DataFrame:
    """One row per campaign ever seen: into which it has merged, and whether none of its members is at work tonight."""
    return members.groupBy("campaign_id").agg(
        F.max("merged_into").alias("merged_into"), F.min(~F.col("is_current") | F.col("is_asleep")).alias("is_resting")
    )


def _judged(judgements: DataFrame) -> DataFrame:
    """One row per judged campaign: its posterior, its prior, and what explains it best."""
    return judgements.groupBy("campaign_id").agg(
        F.max("posterior_microbits").alias("posterior_microbits"),
        F.sum(F.when(F.col("line") == Line.PRIOR, F.col("microbits"))).alias("prior_microbits"),
        *[F.sum(F.when(F.col("line") == line, F.col("microbits"))).alias(f"{line}_microbits") for line in LINES],
        F.max("hypothesis").alias("hypothesis"),
        F.max("rival").alias("rival"),
        F.max(F.col("piece") == CONFIRMED_PIECE).alias("is_confirmed"),
    )


def _before(registry: DataFrame) -> DataFrame:
    """One row per campaign known the night before: what is carried on."""
    return registry.select(
        "campaign_id",
        F.col("born_on").alias("born_before"),
        F.col("first_activity_date").alias("first_before"),
        F.col("last_activity_date").alias("last_before"),
        F.col("status").alias("status_before"),
        F.col("exchanges_before_window").alias("settled_before"),
        F.col("leaving_exchanges").alias("leaving_before"),
        F.col("peak_daily_exchanges").alias("peak_before"),
    )


def _filled(campaigns: DataFrame, today: Column) -> DataFrame:
    """The campaigns with all columns of the contract; what no frame knows of one is zero or what it was before."""
    zero, exchanges = F.lit(0).cast("long"), F.coalesce("exchanges", F.lit(0).cast("long"))
    settled = (F.coalesce("settled_before", F.lit(0)) + F.coalesce("leaving_before", F.lit(0))).cast("long")
    first = F.least(F.coalesce("first_activity_date", "first_before", today), F.coalesce("first_before", today))
    dated = campaigns.withColumns(
        {
            "name": _name(F.col("campaign_id")),
            "likelihood": F.coalesce(probability(F.col("posterior_microbits")), F.lit(0.0)),
            "accounts": F.coalesce("operated_accounts", F.lit(0)).cast("long"),
            "born_on": F.coalesce("born_before", today),
            "first_activity_date": first,
            "last_activity_date": F.coalesce(F.greatest("last_operated_date", "last_before"), today),
        }
    )
    return dated.withColumns(
        {
            "status": _status(today),
            "verdict": _verdict(),
            "likelihood_words": likelihood_words(F.col("likelihood")),
            "analytic_confidence": F.coalesce(_confidence(), F.lit("low")),
            "active_days": F.coalesce("active_days", zero),
            "exchanges": exchanges,
            "exchanges_low": F.least(F.coalesce("exchanges_low", zero), exchanges),
            "exchanges_high": F.greatest(F.coalesce("exchanges_high", zero), exchanges),
            "input_tokens": F.coalesce("input_tokens", zero),
            "output_tokens": F.coalesce("output_tokens", zero),
            "billed_cost": F.coalesce("billed_cost", F.lit(0)).cast("decimal(18,6)"),
            "peak_daily_exchanges": F.coalesce(F.greatest("peak_daily_exchanges", "peak_before"), zero),
            "cumulative_exchanges": settled + exchanges,
            "exchanges_before_window": settled,
            "leaving_exchanges": F.coalesce("leaving_exchanges", zero),
        }
    )


def _status(today: Column) -> Column:
    quiet_days = F.datediff(today, F.col("last_activity_date"))
    is_disrupted = F.coalesce("banned_accounts", F.lit(0)) >= F.col("accounts") * DISRUPTED_SHARE
    return (
        F.when(F.col("merged_into").isNotNull(), str(Status.RETIRED))
        .when(is_disrupted, str(Status.DISRUPTED))
        .when(F.col("is_resting") & (quiet_days >= RETIRED_DAYS), str(Status.RETIRED))
        .when(F.col("is_resting") & (quiet_days >= DORMANT_DAYS), str(Status.DORMANT))
        .otherwise(str(Status.ACTIVE))
    )


def _verdict() -> Column:
    """What the likelihood says, which is no surer than the lines of evidence (`jobs.graph.intent.lines.ceiling`).

    A handful may be suspicious, never accused, unless an analyst confirmed it.
    """
    may_be_accused = (F.col("accounts") >= MIN_DELIBERATE_ACCOUNTS) | F.coalesce("is_confirmed", F.lit(False))
    return (
        F.when((F.col("likelihood") >= DELIBERATE) & may_be_accused, str(Verdict.DELIBERATE))
        .when(F.col("likelihood") >= SUSPICIOUS, str(Verdict.SUSPICIOUS))
        .when(F.col("likelihood") >= INCIDENTAL, str(Verdict.INCIDENTAL))
        .otherwise(str(Verdict.BENIGN))
    )


def _membership(members: DataFrame, accounts: DataFrame) -> DataFrame:
    """Per campaign: operated accounts, how many are banned, exchanges with bounds, and how firmly they belong."""
    known = members.join(accounts.select("account_id", F.col("status").alias("account_status")), "account_id", "left")
    is_operated = F.col("role") == Role.OPERATED
    is_sure = is_operated & (F.col("membership") >= 0.99)
    return known.groupBy("campaign_id").agg(
        F.sum(is_operated.cast("long")).alias("operated_accounts"),
        F.sum((is_operated & F.col("account_status").isin("banned", "suspended", "closed")).cast("long")).alias(
            "banned_accounts"
        ),
        F.sum(F.when(is_sure, F.col("exchanges_attributed")).otherwise(0)).cast("long").alias("exchanges_low"),
        F.sum(F.when(is_operated, F.col("exchanges")).otherwise(F.col("exchanges_attributed")))
        .cast("long")
        .alias("exchanges_high"),
        F.max(F.when(is_operated, F.col("last_activity_date"))).alias("last_operated_date"),
        F.sum((is_operated & (F.col("families") >= 4)).cast("long")).alias("many_sided"),
        F.sum((is_operated & (F.col("families") >= 3)).cast("long")).alias("three_sided"),
    )


def _costs(members: DataFrame, account_costs: DataFrame) -> DataFrame:
    """Usage billed to operated accounts in the currency most of them pay in; other currencies are named, never added."""
    most_accounts = Window.partitionBy("campaign_id").orderBy(F.col("payers").desc(), "billing_currency")
    ranked = (
        members.where((F.col("role") == Role.OPERATED) & F.col("merged_into").isNull())
        .join(account_costs, on="account_id", how="inner")
        .groupBy("campaign_id", "billing_currency", "account_id")
        .agg(F.sum("billed_cost").alias("billed_cost"))
        .groupBy("campaign_id", "billing_currency")
        .agg(F.count("*").alias("payers"), F.sum("billed_cost").cast("decimal(18,6)").alias("billed_cost"))
        .withColumn("place", F.row_number().over(most_accounts))
    )
    is_main = F.col("place") == 1
    amount = F.concat_ws(" ", "billing_currency", F.col("billed_cost").cast("string"))
    others = F.array_sort(F.collect_list(F.when(~is_main, amount)))
    return ranked.groupBy("campaign_id").agg(
        F.max(F.when(is_main, F.col("billed_cost"))).alias("billed_cost"),
        F.max(F.when(is_main, F.col("billing_currency"))).alias("billing_currency"),
        F.nullif(F.array_join(others, ", "), F.lit("")).alias("billed_in_other_currencies"),
    )


def _confidence() -> Column:
    """How good the basis is, apart from how likely the conclusion: breadth of evidence, days seen, accounts."""
    half = F.col("accounts") * 0.5
    high = (F.col("many_sided") >= half) & (F.col("active_days") >= 5) & (F.col("accounts") >= 25)
    moderate = (F.col("three_sided") >= half) & (F.col("active_days") >= 2) & (F.col("accounts") >= 10)
    return F.when(high, "high").when(moderate, "moderate").otherwise("low")


def _volumes(daily: DataFrame) -> DataFrame:
    per_day = daily.groupBy("campaign_id", "activity_date").agg(
        F.sum("exchanges").alias("exchanges"),
        F.sum("input_tokens").alias("input_tokens"),
        F.sum("output_tokens").alias("output_tokens"),
    )
    totals = per_day.groupBy("campaign_id").agg(
        F.sum("exchanges").alias("exchanges"),
        F.sum("input_tokens").alias("input_tokens"),
        F.sum("output_tokens").alias("output_tokens"),
        F.max("exchanges").alias("peak_daily_exchanges"),
        F.min("activity_date").alias("first_activity_date"),
        F.count("*").alias("active_days"),
    )
    return totals.join(_top(daily, "model", "top_models"), on="campaign_id", how="left").join(
        _top(daily, "task_label", "top_tasks"), on="campaign_id", how="left"
    )


def _top(daily: DataFrame, column: str, name: str) -> DataFrame:
    """The most frequent values, most frequent first, as one line of text."""
    by_volume = Window.partitionBy("campaign_id").orderBy(F.col("exchanges").desc(), F.col(column))
    ranked = (
        daily.groupBy("campaign_id", column)
        .agg(F.sum("exchanges").alias("exchanges"))
        .withColumn("place", F.row_number().over(by_volume))
        .where(F.col("place") <= TOP)
    )
    numbered = F.concat(F.col("place").cast("string"), F.lit("\x1f"), F.col(column))
    parts = F.array_sort(F.collect_list(numbered))
    return ranked.groupBy("campaign_id").agg(
        F.array_join(F.transform(parts, lambda part: F.substring_index(part, "\x1f", -1)), ", ").alias(name)
    )


def _leaving(daily: DataFrame, night: date) -> DataFrame:
    """Exchanges of the window's first day: tomorrow they are no longer in the window."""
    first_day = night - timedelta(days=WINDOW_DAYS - 1)
    return (
        daily.where(F.col("activity_date") <= F.lit(first_day).cast("date"))
        .groupBy("campaign_id")
        .agg(F.sum("exchanges").alias("leaving_exchanges"))
    )


def _name(campaign_id: Column) -> Column:
    """A name people can say, made from the id: two words and the last four digits, so that no two are alike."""
    number = F.conv(F.substring(campaign_id, -8, 8), 16, 10).cast("long")
    first = F.element_at(F.array(*[F.lit(word) for word in FIRST]), (number % len(FIRST) + 1).cast("int"))
    remaining = F.floor(number / len(FIRST)).cast("long")
    second = F.element_at(F.array(*[F.lit(word) for word in SECOND]), (remaining % len(SECOND) + 1).cast("int"))
    return F.concat_ws("-", first, second, F.substring(campaign_id, -4, 4))

"""One row per table and figure of what was delivered for a night: what the nights before are compared with.

A figure is an amount over a base: a share of the rows, a mean, the most that one value has, the tokens billed over the tokens used.
Counts alone, no value of anybody's; of what is named, only kinds (models, tasks, statuses, countries), which are nobody's. Two
figures recognise what was delivered before without saying what it was: a snapshot's checksum, and of facts a sample of row hashes
without account and day, the smallest of them, which two nights share only when their rows are the same (Broder 1997).
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import date

from pyspark.sql import Column, DataFrame, Window
from pyspark.sql import functions as F

from jobs.columns import NIGHT

INPUTS = {
    "staged.accounts": NIGHT,
    "staged.api_requests": NIGHT,
    "staged.charges": NIGHT,
    "staged.deliveries": NIGHT,
    "staged.indicators": NIGHT,
    "staged.ip_networks": NIGHT,
    "staged.logins": NIGHT,
    "staged.payment_instruments": NIGHT,
}

REQUESTS, ACCOUNTS, CHARGES, LOGINS, INSTRUMENTS = (
    "api_requests",
    "accounts",
    "charges",
    "logins",
    "payment_instruments",
)
KINDS = {  # columns whose values are kinds of things, of a handful or a few hundred values
    REQUESTS: ("access_path", "operation", "request_model", "task_label", "finish_reason", "status_code", "stream",
               "client_network_kind", "client_country"),
    ACCOUNTS: ("status", "kyc_status", "country", "tier", "access_program", "email_verified", "is_freemail", "signup_network_kind"),
    CHARGES: ("charge_category", "consumed_unit", "billing_currency", "x_payment_status", "sku_meter"),
    LOGINS: ("client_country", "client_network_kind"),
    INSTRUMENTS: ("kind", "funding", "issuer_country"),
    "ip_networks": ("kind", "country"),
    "indicators": ("kind", "source_reliability"),
}  # fmt: skip
LEAST_KIND = 0.002  # of the rows: rarer kinds are one remainder, so that a column of garbage gives no million figures
LEAST_ZONE = 0.1  # of the requests: countries large enough to have a day and a night of their own
ONE_OF_MANY = {  # columns of which no single value has much
    REQUESTS: ("client_address", "user_agent", "tls_ja4", "api_key_id", "system_prompt_hash"),
    ACCOUNTS: ("email", "phone", "full_name", "organization_id", "signup_address", "signup_device_id", "kyc_document_hash",
               "created_at"),
    CHARGES: ("billing_account_id", "x_instrument_fingerprint"),
    LOGINS: ("account_id", "client_address", "device_id"),
    INSTRUMENTS: ("account_id", "instrument_fingerprint", "bin", "added_at"),
    "ip_networks": ("asn",),
}  # fmt: skip
AMOUNTS = {  # with the number of their smallest units in one
    REQUESTS: {"input_tokens": 1, "output_tokens": 1, "cache_read_input_tokens": 1, "reasoning_output_tokens": 1, "max_tokens": 1,
               "temperature": 100, "elicitation_score": 100},
    CHARGES: {"consumed_quantity": 1, "billed_cost": 1_000_000},
}  # fmt: skip
NEWEST = {ACCOUNTS: "created_at", INSTRUMENTS: "added_at"}  # something new nearly every day
SNAPSHOTS = (ACCOUNTS, INSTRUMENTS, "ip_networks", "indicators")
FIRST_OF_SKETCH = 8  # digits of its first number: prompts that have nothing else in common differ there
SAMPLE = 64  # row hashes: of nights that share half of their rows, about half are met again
DAY_US = 86_400_000_000
MINUTE_US = 60_000_000  # clocks that are hours off, or a day, keep what is below
BILLED_FACTOR = 2.5  # an account is billed for what it used when the two are this near: half a log is told by the total
MODULUS = 1 << 31  # of a checksum: sums of a million rows stay whole numbers of a double

Pair = tuple[Column, Column]


def transform(
    night: date,
    accounts: DataFrame,
    api_requests: DataFrame,
    charges: DataFrame,
    deliveries: DataFrame,
    indicators: DataFrame,
    ip_networks: DataFrame,
    logins: DataFrame,
    payment_instruments: DataFrame,
    scratch: Callable[[DataFrame], DataFrame],
) -> DataFrame:
    """Columns table_name, measure, amount, base."""
    tables = {
        ACCOUNTS: accounts, REQUESTS: api_requests, CHARGES: charges, LOGINS: logins, INSTRUMENTS: payment_instruments,
        "ip_networks": ip_networks, "indicators": indicators,
    }  # fmt: skip
    places = scratch(_places(api_requests))
    usage = charges.where(F.col("charge_category") == "Usage")  # subscriptions and taxes come on days of their own
    prompts = api_requests.withColumn("prompt_sketch", F.substring("prompt_sketch", 1, FIRST_OF_SKETCH))
    frames = [
        *[_figures(rows, name, _counted(name, rows, night)) for name, rows in (tables | {CHARGES: usage}).items()],
        _figures(charges, CHARGES, {"count lines": (_rows(), F.lit(1.0))} | _present(charges)),
        _zones(api_requests),
        *[_kinds(tables[name], name, columns) for name, columns in KINDS.items()],
        *[_most(tables[name], name, column) for name, columns in ONE_OF_MANY.items() for column in columns],
        _most(prompts, REQUESTS, "prompt_sketch"),
        _figures(places.groupBy("account_id").agg(F.sum("requests").alias("requests")), REQUESTS, {
            "count accounts": (_rows(), F.lit(1.0)),
            "most account_id": (F.max("requests").cast("double"), F.sum("requests").cast("double")),
        }),
        _references(places, accounts),
        _known(charges, CHARGES, "billing_account_id", accounts, "account_id"),
        _known(charges, CHARGES, "x_instrument_fingerprint", payment_instruments, "instrument_fingerprint"),
        _known(logins, LOGINS, "account_id", accounts, "account_id"),
        _known(logins, LOGINS, "device_id", accounts, "signup_device_id"),
        _known(payment_instruments, INSTRUMENTS, "account_id", accounts, "account_id"),
        _billed(places, charges),
        _deliveries(deliveries, night),
        _sample(api_requests, REQUESTS, _within_a_minute("requested_at"), "request_model", "input_tokens", "output_tokens"),
        _sample(logins, LOGINS, _within_a_minute("logged_in_at"), "user_agent"),
        _sample(charges, CHARGES, "sku_meter", "consumed_quantity", "billed_cost"),
    ]  # fmt: skip
    return functools.reduce(DataFrame.unionByName, frames).where(F.col("base") > 0)


def _counted(table: str, rows: DataFrame, night: date) -> dict[str, Pair]:
    """What one pass over a table counts."""
    one = F.lit(1.0)
    found = {"count rows": (_rows(), one)}
    found |= _present(rows) if table != CHARGES else {}
    for column, units in AMOUNTS.get(table, {}).items():
        found |= _amounts(column, units)
    for table_with_hours, column in ((REQUESTS, "requested_at"), (LOGINS, "logged_in_at")):
        if table == table_with_hours:
            found |= {f"hour {hour:02d}": _share(F.hour(column) == hour) for hour in range(24)}
    if table in (REQUESTS, CHARGES, LOGINS):
        found["on the night"] = _share(F.col("activity_date") == F.lit(night))
    if table == REQUESTS:
        found["ratio output_tokens to input_tokens"] = (_sum("output_tokens"), _sum("input_tokens"))
    if table == CHARGES:
        found["negative billed_cost"] = _share(F.col("billed_cost") < 0)
        found["ratio billed_cost to consumed_quantity"] = (_sum("billed_cost"), _sum("consumed_quantity"))
        started = F.datediff(F.lit(night), F.to_date("charge_period_start"))
        found["days old"] = (F.coalesce(F.sum(started), F.lit(0)).cast("double"), _rows())
        lasts = F.unix_micros("charge_period_end") - F.unix_micros("charge_period_start")
        found["ratio period to a day"] = (_sum(lasts / DAY_US), _rows())
    if table in NEWEST:
        found[f"newest {NEWEST[table]}"] = (
            F.datediff(F.lit(night), F.to_date(F.max(NEWEST[table]))).cast("double"),
            one,
        )
    if table in SNAPSHOTS:
        found["checksum"] = (F.sum(F.pmod(_hash(rows, *rows.columns), F.lit(MODULUS))).cast("double"), one)
    if table == "indicators":
        ends = F.col("valid_until")
        found["valid"] = _share(ends.isNull() | (F.to_date(ends) >= F.lit(night)))
    return found


def _amounts(column: str, units: int) -> dict[str, Pair]:
    """Mean, the size of a typical value and how far values lie apart, in bits: a factor of a thousand is ten of them."""
    value = F.col(column).cast("double")
    count, bits = F.count(column).cast("double"), F.log2(F.lit(1.0) + F.abs(value) * F.lit(float(units)))
    return {
        f"mean {column}": (_sum(column), count),
        f"bits {column}": (F.coalesce(F.round(F.sum(bits), 3), F.lit(0.0)), count),
        f"spread {column}": (F.coalesce(F.round(F.stddev_pop(bits), 4) * count, F.lit(0.0)), count),
    }


def _present(rows: DataFrame) -> dict[str, Pair]:
    return {f"share {name}": (F.count(name).cast("double"), _rows()) for name in rows.columns}


def _rows() -> Column:
    return F.count(F.lit(1)).cast("double")


def _share(condition: Column) -> Pair:
    return F.count_if(condition).cast("double"), _rows()


def _within_a_minute(moment: str) -> Column:
    return F.unix_micros(moment) % MINUTE_US


def _sum(column: Column | str) -> Column:
    value = F.col(column) if isinstance(column, str) else column
    return F.coalesce(F.round(F.sum(value.cast("double")), 3), F.lit(0.0))  # engines add in other orders


def _hash(rows: DataFrame, *columns: str | Column) -> Column:
    """A hash of the values of a row, the same on every engine: moments and numbers by their digits."""
    types = dict(rows.dtypes)
    plain = []
    for each in columns:
        column = F.col(each) if isinstance(each, str) else each
        is_moment = isinstance(each, str) and types[each].startswith("timestamp")
        plain.append(F.coalesce((F.unix_micros(column) if is_moment else column).cast("string"), F.lit("")))
    return F.xxhash64(*plain)


def _figures(rows: DataFrame, table: str, figures: Mapping[str, Pair]) -> DataFrame:
    """One pass over the table, then one row per figure."""
    sums = {
        f"{part}{place}": each
        for place, pair in enumerate(figures.values())
        for part, each in zip("ab", pair, strict=True)
    }
    counted = rows.agg(*[each.alias(name) for name, each in sums.items()])
    pairs = [
        F.struct(F.lit(name).alias("measure"), F.col(f"a{place}").alias("amount"), F.col(f"b{place}").alias("base"))
        for place, name in enumerate(figures)
    ]
    each = counted.select(F.explode(F.array(*pairs)).alias("each"))
    return _named(
        each.where(F.col("each.amount").isNotNull()), table, F.col("each.measure"), "each.amount", "each.base"
    )


def _named(
    rows: DataFrame, table: str, measure: Column, amount: str | Column = "amount", base: str | Column = "base"
) -> DataFrame:
    return rows.select(
        F.lit(table).alias("table_name"),
        measure.alias("measure"),
        (F.col(amount) if isinstance(amount, str) else amount).cast("double").alias("amount"),
        (F.col(base) if isinstance(base, str) else base).cast("double").alias("base"),
    )


def _kinds(rows: DataFrame, table: str, columns: tuple[str, ...]) -> DataFrame:
    """Rows by kind: those of every column in one pass over the table."""
    combined = rows.groupBy(*columns).agg(F.count(F.lit(1)).alias("n"))
    pairs = [F.struct(F.lit(name).alias("column"), F.col(name).cast("string").alias("value")) for name in columns]
    single = combined.select("n", F.explode(F.array(*pairs)).alias("kind")).select("n", "kind.column", "kind.value")
    counts = single.groupBy("column", "value").agg(F.sum("n").alias("amount"))
    counts = counts.withColumn("base", F.sum("amount").over(Window.partitionBy("column")))
    kept = counts.where(F.col("value").isNotNull() & (F.col("amount") >= LEAST_KIND * F.col("base")))
    return _named(kept, table, F.concat_ws(" ", F.lit("kind"), "column", "value"))


def _zones(requests: DataFrame) -> DataFrame:
    """Requests by hour of each large country: its day and night show whether clocks are right."""
    counts = requests.groupBy(F.col("client_country").alias("zone"), F.hour("requested_at").alias("hour")).agg(
        F.count(F.lit(1)).cast("double").alias("amount")
    )
    counts = counts.withColumn("base", F.sum("amount").over(Window.partitionBy("zone")))
    counts = counts.withColumn("all", F.sum("amount").over(Window.partitionBy(F.lit(1))))
    large = counts.where(F.col("zone").isNotNull() & (F.col("base") >= LEAST_ZONE * F.col("all")))
    hour = F.lpad(F.col("hour").cast("string"), 2, "0")
    return _named(large, REQUESTS, F.concat_ws(" ", F.lit("zone"), "zone", hour))


def _most(rows: DataFrame, table: str, column: str) -> DataFrame:
    """The most rows that one value of the column has; of moments, one day."""
    value = F.to_date(column) if column.endswith("_at") else F.col(column)
    counts = rows.where(F.col(column).isNotNull()).groupBy(value.alias("value")).agg(F.count(F.lit(1)).alias("n"))
    return _figures(counts, table, {f"most {column}": (F.max("n").cast("double"), F.sum("n").cast("double"))})


def _places(requests: DataFrame) -> DataFrame:
    """Requests and tokens by account and country: all further questions about accounts are asked of this."""
    tokens = F.sum(F.col("input_tokens") + F.col("output_tokens"))
    return requests.groupBy("account_id", "client_country").agg(
        F.count(F.lit(1)).alias("requests"), tokens.cast("double").alias("tokens")
    )


def _references(places: DataFrame, accounts: DataFrame) -> DataFrame:
    """Requests whose account identity knows, and those that come from the country their account is of."""
    homes = accounts.select("account_id", "country", F.lit(True).alias("is_known"))
    requests, is_located = F.col("requests"), F.col("client_country").isNotNull() & F.col("country").isNotNull()
    at_home = is_located & (F.col("client_country") == F.col("country"))
    return _figures(places.join(homes, on="account_id", how="left"), REQUESTS, {
        "known account_id": (_sum(F.when(F.col("is_known"), requests)), _sum(requests)),
        "known client_country": (_sum(F.when(at_home, requests)), _sum(F.when(is_located, requests))),
    })  # fmt: skip


def _known(rows: DataFrame, table: str, column: str, others: DataFrame, key: str) -> DataFrame:
    """Rows whose value is in the other table."""
    counts = (
        rows.where(F.col(column).isNotNull()).groupBy(F.col(column).alias("value")).agg(F.count(F.lit(1)).alias("n"))
    )
    known = others.select(F.col(key).alias("value")).distinct().withColumn("is_known", F.lit(True))
    joined = counts.join(known, on="value", how="left")
    return _figures(joined, table, {f"known {column}": (_sum(F.when(F.col("is_known"), F.col("n"))), _sum("n"))})


def _billed(places: DataFrame, charges: DataFrame) -> DataFrame:
    """Tokens billed over tokens used, and the accounts that are billed for about what they used."""
    used = places.groupBy("account_id").agg(F.sum("tokens").alias("used"))
    is_usage = (F.col("charge_category") == "Usage") & (F.lower("consumed_unit") == "tokens")
    billed = (
        charges.where(is_usage)
        .groupBy(F.col("billing_account_id").alias("account_id"))
        .agg(F.sum(F.col("consumed_quantity").cast("double")).alias("billed"))
    )
    both = used.join(billed, on="account_id", how="full").select(
        F.coalesce("used", F.lit(0.0)).alias("used"), F.coalesce("billed", F.lit(0.0)).alias("billed")
    )
    is_near = F.col("billed").between(F.col("used") / BILLED_FACTOR, F.col("used") * BILLED_FACTOR)
    return _figures(both, CHARGES, {
        "ratio billed to used tokens": (_sum("billed"), _sum("used")),
        "known usage": _share(is_near),
    })  # fmt: skip


def _deliveries(deliveries: DataFrame, night: date) -> DataFrame:
    """How old each delivery in force is, in days, and which share of its rows was there before."""
    age = F.datediff(F.lit(night), F.col("delivered_on"))
    pairs = {"days undelivered": (age, F.lit(1)), "repeated": (F.col("duplicates"), F.col("landed"))}
    each = [
        F.struct(F.lit(name).alias("measure"), amount.cast("double").alias("amount"), base.cast("double").alias("base"))
        for name, (amount, base) in pairs.items()
    ]
    found = deliveries.select("table_name", F.explode(F.array(*each)).alias("each")).where(
        F.col("each.amount").isNotNull()
    )
    return found.select("table_name", "each.measure", "each.amount", "each.base")


def _sample(rows: DataFrame, table: str, *columns: str | Column) -> DataFrame:
    """The smallest hashes of rows without account and day."""
    hashes = rows.select(F.pmod(_hash(rows, *columns), F.lit(1 << 52)).alias("hash"))
    smallest = hashes.orderBy("hash").limit(SAMPLE).distinct()
    return _named(
        smallest, table, F.concat_ws(" ", F.lit("sample"), F.col("hash").cast("string")), F.lit(1.0), F.lit(1.0)
    )

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.campaigns.registry import transform
from tests.tables import NIGHT, YESTERDAY, frame, rows_of

LIKELY = {"posterior_microbits": 9_000_000, "hypothesis": "extraction", "rival": "reseller", "explanation": "said"}


def judged(coordination: float, concealment: float, purpose: float, **row: Any) -> list[dict[str, Any]]:
    """The pieces of a campaign that the posterior makes all but certain: a prior, and so many bits on each line."""
    bits = {"prior": -2.0, "coordination": coordination, "concealment": concealment, "purpose": purpose}
    return [
        LIKELY | {"campaign_id": "c1", "piece": line, "line": line, "place": place, "microbits": int(each * 1e6)} | row
        for place, (line, each) in enumerate(bits.items())
    ]


SURE = judged(2, 4, 5)


def member(account: str, **row: Any) -> dict[str, Any]:
    usual = {"campaign_id": "c1", "account_id": account, "membership": 1.0, "microbits": 9, "families": 5, "role": "operated",
             "exchanges": 10, "exchanges_attributed": 10, "is_current": True, "is_asleep": False}  # fmt: skip
    return usual | row


def registry(spark: SparkSession, members: list[dict[str, Any]], **given: list[dict[str, Any]]) -> dict[str, Any]:
    tables = {
        "judgements": "campaigns.judgements",
        "daily": "campaigns.daily",
        "registry": "campaigns.registry",
        "account_costs": "signals.account_costs",
        "accounts": "staged.accounts",
    }
    frames = {name: frame(spark, table, *given.get(name, [])) for name, table in tables.items()}
    rows = rows_of("campaigns.registry", transform(NIGHT, frame(spark, "campaigns.members", *members), **frames))
    assert len(rows) == 1
    return rows[0]


def many(count: int) -> list[dict[str, Any]]:
    return [member(f"a{n:02d}") for n in range(count)]


def resting(count: int) -> list[dict[str, Any]]:
    return [row | {"is_current": False} for row in many(count)]


def day(activity: date, exchanges: int) -> dict[str, Any]:
    return {"campaign_id": "c1", "activity_date": activity, "model": "m1", "task_label": "coding", "accounts": 1,
            "exchanges": exchanges, "input_tokens": 7, "output_tokens": 3}  # fmt: skip


def test_a_new_campaign_is_born_tonight_with_what_it_did(spark: SparkSession) -> None:
    found = registry(spark, many(12), judgements=SURE, daily=[day(YESTERDAY, 5), day(NIGHT, 9)])
    assert (found["born_on"], found["first_activity_date"], found["last_activity_date"]) == (NIGHT, YESTERDAY, NIGHT)
    assert (found["verdict"], found["status"], found["accounts"]) == ("deliberate", "active", 12)
    assert (found["exchanges"], found["peak_daily_exchanges"], found["cumulative_exchanges"]) == (14, 9, 14)
    assert (found["top_models"], found["top_tasks"]) == ("m1", "coding")
    assert found["likelihood"] == pytest.approx(512 / 513, abs=1e-6)


def test_a_handful_is_never_called_deliberate(spark: SparkSession) -> None:
    assert registry(spark, many(9), judgements=SURE)["verdict"] == "suspicious"


@pytest.mark.parametrize(
    ("bits", "verdict"),
    [(4.3, "deliberate"), (4.2, "suspicious"), (1.0, "suspicious"), (0.9, "incidental"), (-5.0, "benign")],
)
def test_the_verdict_follows_from_the_likelihood(spark: SparkSession, bits: float, verdict: str) -> None:
    found = registry(spark, many(12), judgements=judged(2, 4, 5, posterior_microbits=round(bits * 1e6)))
    assert found["verdict"] == verdict
    assert [found[f"{line}_microbits"] / 1e6 for line in ("coordination", "concealment", "purpose")] == [2, 4, 5]


def test_an_analysts_confirmation_counts_for_a_handful_too(spark: SparkSession) -> None:
    decision = judged(0, 0, 0)[0] | {
        "piece": "decision:confirmed",
        "line": "decision",
        "place": 9,
        "microbits": 20_000_000,
    }
    assert registry(spark, many(3), judgements=[*judged(0, 0, 0), decision])["verdict"] == "deliberate"


def test_what_has_left_the_window_still_counts_since_first_seen(spark: SparkSession) -> None:
    before = {"campaign_id": "c1", "exchanges_before_window": 100, "leaving_exchanges": 40, "born_on": date(2026, 1, 1),
              "first_activity_date": date(2026, 1, 1), "last_activity_date": YESTERDAY, "peak_daily_exchanges": 77}  # fmt: skip
    found = registry(spark, many(12), registry=[before], daily=[day(NIGHT - timedelta(days=27), 6), day(NIGHT, 9)])
    assert found["cumulative_exchanges"] == 100 + 40 + 6 + 9
    assert (found["exchanges_before_window"], found["leaving_exchanges"]) == (140, 6)
    assert (found["peak_daily_exchanges"], found["born_on"]) == (77, date(2026, 1, 1))


@pytest.mark.parametrize(("quiet", "status"), [(13, "active"), (14, "dormant"), (41, "dormant"), (42, "retired")])
def test_quiet_campaigns_sleep_and_then_retire(spark: SparkSession, quiet: int, status: str) -> None:
    last = NIGHT - timedelta(days=quiet)
    before = {"campaign_id": "c1", "last_activity_date": last, "first_activity_date": last, "born_on": last,
              "posterior_microbits": 9_000_000, "status": "active"}  # fmt: skip
    found = registry(spark, resting(12), registry=[before])
    assert (found["status"], found["last_activity_date"], found["status_before"]) == (status, last, "active")


def test_a_campaign_is_at_work_as_long_as_its_members_say_so(spark: SparkSession) -> None:
    last = NIGHT - timedelta(days=14)
    before = {"campaign_id": "c1", "last_activity_date": last, "first_activity_date": last, "born_on": last}
    asleep = member("a99", is_asleep=True)
    assert registry(spark, many(12), registry=[before])["status"] == "active"
    assert registry(spark, [*resting(12), asleep], registry=[before])["status"] == "dormant"


def test_a_victim_at_work_does_not_keep_a_campaign_awake(spark: SparkSession) -> None:
    last = NIGHT - timedelta(days=20)
    before = {"campaign_id": "c1", "last_activity_date": last, "first_activity_date": last, "born_on": last}
    victim = member("v", role="victim", last_activity_date=NIGHT, is_current=False)
    quiet = [row | {"last_activity_date": last} for row in resting(12)]
    assert registry(spark, [*quiet, victim], registry=[before])["status"] == "dormant"
    awake = member("a99", last_activity_date=NIGHT)
    assert registry(spark, [*quiet, awake], registry=[before])["status"] == "active"


def test_a_campaign_that_merged_rests_with_what_it_did_before(spark: SparkSession) -> None:
    before = {"campaign_id": "c1", "exchanges_before_window": 100, "leaving_exchanges": 40, "born_on": date(2026, 1, 1),
              "first_activity_date": date(2026, 1, 1), "last_activity_date": YESTERDAY, "status": "active"}  # fmt: skip
    merged = [member(f"a{n:02d}", exchanges=0, exchanges_attributed=0, merged_into="c2") for n in range(12)]
    costs = [{"activity_date": NIGHT, "account_id": "a00", "billing_currency": "USD", "billed_cost": Decimal(5)}]
    found = registry(spark, merged, registry=[before], judgements=SURE, account_costs=costs)
    assert (found["status"], found["merged_into"], found["verdict"]) == ("retired", "c2", "deliberate")
    assert (found["exchanges"], found["billed_cost"], found["cumulative_exchanges"]) == (0, 0, 140)


def test_a_campaign_whose_accounts_are_banned_is_disrupted(spark: SparkSession) -> None:
    accounts = [{"account_id": f"a{n:02d}", "status": "banned" if n < 9 else "active"} for n in range(10)]
    assert registry(spark, many(10), accounts=accounts)["status"] == "disrupted"


def test_amounts_of_two_currencies_are_never_added(spark: SparkSession) -> None:
    def cost(account: str, currency: str, amount: str) -> dict[str, Any]:
        return {
            "activity_date": NIGHT,
            "account_id": account,
            "billing_currency": currency,
            "billed_cost": Decimal(amount),
        }

    costs = [cost("a00", "USD", "1.5"), cost("a01", "USD", "2"), cost("a02", "JPY", "900"), cost("zz", "USD", "99")]
    found = registry(spark, many(12), account_costs=costs)
    assert (found["billed_cost"], found["billing_currency"]) == (Decimal("3.5"), "USD")
    assert found["billed_in_other_currencies"] == "JPY 900.000000"


def test_bounds_are_the_sure_members_and_everything_that_may_be_theirs(spark: SparkSession) -> None:
    members = [
        member("sure", exchanges=10, exchanges_attributed=10),
        member("unsure", membership=0.95, exchanges=20, exchanges_attributed=20),
        member("robbed", role="victim", exchanges=50, exchanges_attributed=8),
    ]
    found = registry(spark, members, daily=[day(NIGHT, 38)])
    assert (found["exchanges_low"], found["exchanges_high"], found["accounts"]) == (10, 38, 2)


def test_the_name_follows_from_the_id(spark: SparkSession) -> None:
    one = registry(spark, [member("a", campaign_id="c20260305-00000000")])
    assert one["name"] == "amber-anchor-0000"
    assert registry(spark, [member("b", campaign_id="c20260401-00000021")])["name"] == "basalt-arbor-0021"

from __future__ import annotations

from pyspark.sql import SparkSession

from jobs.links.placeholders import MIN_HOLDERS, transform
from tests.tables import NIGHT, frame, picked, stored


def met(signal: str, entity: str, accounts: range) -> list[dict[str, object]]:
    return [{"account_id": f"a{n:03d}", "signal": signal, "entity": entity, "events": 1, "days": 1} for n in accounts]


def found(spark: SparkSession, *rows: list[dict[str, object]]) -> dict[str, tuple[int, int]]:
    everybody = met("client_fingerprint", "popular", range(800))
    observations = frame(spark, "links.observations", *everybody, *[row for each in rows for row in each])
    table = transform(NIGHT, observations, stored)
    return {row[0]: row[1:] for row in picked("links.placeholders", table, "entity accounts tied_accounts")}


def test_what_many_share_who_have_nothing_else_in_common_stands_for_nothing(spark: SparkSession) -> None:
    homes = [met("egress_address", f"home{n}", range(n, n + 1)) for n in range(400)]
    assert found(spark, met("device", "NO-DEVICE", range(40)), *homes) == {"NO-DEVICE": (40, 0)}


def test_a_device_whose_holders_share_a_program_too_is_one(spark: SparkSession) -> None:
    assert found(spark, met("device", "farm", range(40)), met("prompt_template", "t", range(5, 38))) == {}


def test_two_placeholders_of_one_import_do_not_vouch_for_each_other(spark: SparkSession) -> None:
    both = [met("device", "NO-DEVICE", range(40)), met("kyc_document", "NO-DOCUMENT", range(40))]
    assert found(spark, *both).keys() == {"NO-DEVICE", "NO-DOCUMENT"}


def test_a_few_of_a_campaign_among_the_holders_do_not_make_it_real(spark: SparkSession) -> None:
    campaign = met("prompt_template", "t", range(90, 100))
    assert found(spark, met("device", "NO-DEVICE", range(100)), campaign) == {"NO-DEVICE": (100, 10)}


def test_a_household_is_no_placeholder_and_nor_is_a_card(spark: SparkSession) -> None:
    few = met("device", "home", range(MIN_HOLDERS - 1))
    assert found(spark, few, met("payment_instrument", "card", range(60))) == {}

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from pyspark.sql import SparkSession

from jobs.campaigns.features import INPUTS, transform
from tests.tables import NIGHT, NOON, frame, rows_of

OPERATED = [f"a{n:02d}" for n in range(20)]
EVERYBODY = [*OPERATED, *(f"z{n:03d}" for n in range(180))]


def profile(spark: SparkSession, **given: list[dict[str, Any]]) -> dict[str, float]:
    """Strengths of the features of one campaign of twenty accounts among two hundred."""
    members = [
        {"campaign_id": "c1", "account_id": a, "role": "operated", "is_current": True, "is_asleep": False}
        for a in OPERATED
    ]
    days = [{"account_id": a, "activity_date": NIGHT, "requests": 10, "sketched_requests": 10} for a in EVERYBODY]
    rows: dict[str, list[dict[str, Any]]] = {"members": members, "account_days": days} | given
    if "accounts" not in rows:
        rows["accounts"] = [{"account_id": a, "created_at": NOON} for a in EVERYBODY]
    frames = {name.split(".")[1]: frame(spark, name, *rows.get(name.split(".")[1], [])) for name in INPUTS}
    return {row["feature"]: row["strength"] for row in rows_of("campaigns.features", transform(NIGHT, **frames))}


def sharing(signal: str, accounts: list[str]) -> dict[str, list[dict[str, Any]]]:
    known = {"signal": signal, "entity": "e", "family": "x", "accounts": len(accounts), "population": 200}
    return {"incidences": [known | {"account_id": a, "events": 1} for a in accounts]}


def test_series_of_identities_that_only_the_members_have_are_machine_made(spark: SparkSession) -> None:
    assert profile(spark, **sharing("email_pattern", OPERATED))["machine_made_identities"] == 1.0


def test_what_is_popular_everywhere_is_not_the_groups_own(spark: SparkSession) -> None:
    half = [*OPERATED, *EVERYBODY[20:100]]
    assert profile(spark, **sharing("email_pattern", half))["machine_made_identities"] == 0.0


def test_one_declared_owner_counts_whole_and_a_mail_domain_alone_half(spark: SparkSession) -> None:
    declared = [{"account_id": a, "created_at": NOON, "organization_id": "org-1"} for a in OPERATED]
    domain = [{"account_id": a, "created_at": NOON, "email_domain": "d-1", "is_freemail": False} for a in OPERATED]
    assert profile(spark, accounts=declared)["common_owner"] == 1.0
    assert profile(spark, accounts=domain)["common_owner"] == pytest.approx(0.555556)
    assert profile(spark)["common_owner"] == 0.0


def test_several_companies_in_one_group_are_owned_and_their_address_series_are_not_machine_made(
    spark: SparkSession,
) -> None:
    companies = [
        {"account_id": a, "created_at": NOON, "organization_id": f"org-{n // 5}" if n < 20 else None}
        for n, a in enumerate(EVERYBODY)
    ]
    found = profile(spark, accounts=companies, **sharing("email_pattern", OPERATED))
    assert (found["common_owner"], found["machine_made_identities"]) == (1.0, 0.0)
    alone = [{"account_id": a, "created_at": NOON, "organization_id": f"org-{a}"} for a in EVERYBODY]
    assert profile(spark, accounts=alone)["common_owner"] == 0.0


@pytest.mark.parametrize(("service", "is_hidden_at_one_place"), [("vpn_requests", 0.0), ("proxy_requests", 1.0)])
def test_a_companys_vpn_is_no_hiding_place_but_the_exits_of_a_proxy_service_are(
    spark: SparkSession, service: str, is_hidden_at_one_place: float
) -> None:
    days = [
        {"account_id": a, "activity_date": NIGHT, "requests": 10, "sketched_requests": 10,
         service: 10 if a in OPERATED else 0}
        for a in EVERYBODY
    ]  # fmt: skip
    assert profile(spark, account_days=days)["proxied"] == 1.0
    at_one = profile(spark, account_days=days, **sharing("egress_prefix", OPERATED))
    assert (at_one["proxied"], at_one["one_address"]) == (is_hidden_at_one_place, 1.0 - is_hidden_at_one_place)


def test_exits_in_many_countries_are_scattered_and_people_who_moved_to_one_are_not(spark: SparkSession) -> None:
    at_home = [{"account_id": a, "created_at": NOON, "country": "US"} for a in EVERYBODY]
    for countries, strength in ((["DE"], 0.0), (["DE", "FR", "BR", "IN", "JP", "ES"], 1.0)):
        abroad = [
            {"account_id": a, "activity_date": NIGHT, "client_country": country, "requests": 60 // len(countries)}
            for a in OPERATED
            for country in countries
        ]
        found = profile(spark, accounts=at_home, account_countries=abroad)
        assert (found["scattered"], found["proxied"] > 0) == (strength, True)


def test_a_mail_domain_whose_addresses_are_made_in_series_is_no_company(spark: SparkSession) -> None:
    domain = [{"account_id": a, "created_at": NOON, "email_domain": "d-1", "is_freemail": False} for a in OPERATED]
    found = profile(spark, accounts=domain, **sharing("email_pattern", OPERATED))
    assert (found["common_owner"], found["machine_made_identities"]) == (0.0, 1.0)


def test_banned_and_suspended_members_are_sanctioned(spark: SparkSession) -> None:
    state = {"a00": "banned", "a01": "suspended"}
    accounts = [{"account_id": a, "created_at": NOON, "status": state.get(a, "active")} for a in EVERYBODY]
    assert profile(spark, accounts=accounts)["sanctioned"] == pytest.approx((0.10 - 0.05) / 0.25, abs=1e-6)


def test_even_load_is_measured_against_the_spread_of_independent_customers(spark: SparkSession) -> None:
    assert profile(spark)["even_load"] == 1.0
    wild = [{"account_id": a, "activity_date": NIGHT, "requests": 2 ** (n % 10)} for n, a in enumerate(EVERYBODY)]
    assert profile(spark, account_days=wild)["even_load"] == 0.0


def test_other_peoples_requests_through_the_same_accounts_do_not_hide_the_intent(spark: SparkSession) -> None:
    def of(own: int) -> dict[str, float]:
        """Of every ten exchanges `own` are the campaign's; only they make the model lay out its reasoning."""
        asked = [
            {"account_id": a, "activity_date": NIGHT, "requests": 10, "sketched_requests": 10,
             "elicitation_sum_micros": own * 400_000 if a in OPERATED else 0}
            for a in EVERYBODY
        ]  # fmt: skip
        tasks = [
            {"account_id": a, "activity_date": NIGHT, "task_label": task, "requests": count, "exchanges": count}
            for a in EVERYBODY
            for task, count in (("math", own if a in OPERATED else 0), ("chat", 10 - own if a in OPERATED else 10))
        ]
        members = [
            {"campaign_id": "c1", "account_id": a, "role": "operated", "is_current": True, "is_asleep": False,
             "exchanges": 10, "exchanges_attributed": own}
            for a in OPERATED
        ]  # fmt: skip
        return profile(spark, members=members, account_days=asked, account_usage=tasks)

    whole, mixed = of(10), of(4)
    for feature in ("elicitation", "narrow_tasks"):
        assert mixed[feature] == pytest.approx(whole[feature], abs=0.1) == pytest.approx(1.0, abs=0.1)


def with_bans(bans: list[datetime], made: list[datetime]) -> dict[str, list[dict[str, Any]]]:
    """The first members banned at those moments, the others made at these, repeated as needed."""
    old = NOON - timedelta(days=400)
    banned = [
        {"account_id": a, "created_at": old, "status": "banned", "status_changed_at": at}
        for a, at in zip(OPERATED, bans, strict=False)
    ]
    others = OPERATED[len(bans) :]
    return {
        "accounts": [*banned, *({"account_id": a, "created_at": made[n % len(made)]} for n, a in enumerate(others))]
    }


def test_a_ban_that_is_answered_by_a_new_account_within_days_is_a_replacement(spark: SparkSession) -> None:
    bans = [NOON - timedelta(days=10 * n + 10) for n in range(6)]
    answered = [each + timedelta(days=1) for each in bans]
    weeks_later = [each + timedelta(days=6) for each in bans]
    daily = [NOON - timedelta(days=5 * n) for n in range(14)]  # as an agency that gains customers all the time
    found = {name: profile(spark, **with_bans(bans, made))["replaced"]
             for name, made in (("answered", answered), ("later", weeks_later))}  # fmt: skip
    assert found == {"answered": 1.0, "later": 0.0}
    assert profile(spark, **with_bans(bans, daily))["replaced"] < 0.5
    assert profile(spark, **with_bans(bans[:2], answered[:2]))["replaced"] == 0.0, "two may be a coincidence"


def test_use_that_turns_over_in_a_day_is_told_from_use_that_was_shared_all_along(spark: SparkSession) -> None:
    days = [NIGHT - timedelta(days=n) for n in range(4)]

    def used(shared_days: int) -> list[dict[str, Any]]:
        return [
            {"account_id": a, "activity_date": day, "task_label": "coding", "request_model": "m", "requests": 10,
             "exchanges": 10, "templated_exchanges": 10 if n < shared_days else 0}
            for a in OPERATED for n, day in enumerate(days)
        ]  # fmt: skip

    assert profile(spark, account_usage=used(2))["turned_over"] == 1.0
    assert profile(spark, account_usage=used(4))["turned_over"] == 0.0
    assert "turned_over" not in profile(spark, account_usage=used(2)[::4]), "one day shows nothing"


def test_cards_from_other_countries_count_where_everybodys_are_from_their_own(spark: SparkSession) -> None:
    known = [{"account_id": a, "created_at": NOON, "country": "US"} for a in EVERYBODY]

    def cards(abroad: list[str], both: bool = False) -> list[dict[str, Any]]:
        foreign = [{"account_id": a, "instrument_fingerprint": f"f-{a}", "issuer_country": "DE"} for a in abroad]
        return foreign + [
            {"account_id": a, "instrument_fingerprint": f"h-{a}", "issuer_country": "US"}
            for a in EVERYBODY
            if both or a not in abroad
        ]

    assert profile(spark, accounts=known, payment_instruments=cards(OPERATED))["paid_from_abroad"] == 1.0
    assert profile(spark, accounts=known, payment_instruments=cards(EVERYBODY))["paid_from_abroad"] == 0.0
    assert profile(spark, accounts=known, payment_instruments=cards(OPERATED, both=True))["paid_from_abroad"] == 0.0
    assert "paid_from_abroad" not in profile(spark, accounts=known), "nobody's issuer is known"


def test_reasoning_is_measured_by_the_token_of_the_answers_against_everybodys(spark: SparkSession) -> None:
    def used(mine: int) -> list[dict[str, Any]]:
        return [
            {"account_id": a, "activity_date": NIGHT, "task_label": "coding", "request_model": "m", "requests": 10,
             "exchanges": 10, "templated_exchanges": 0, "output_tokens": 1000,
             "reasoning_output_tokens": mine if a in OPERATED else 100}
            for a in EVERYBODY
        ]  # fmt: skip

    assert profile(spark, account_usage=used(900))["reasoning_heavy"] == 1.0
    assert profile(spark, account_usage=used(100))["reasoning_heavy"] == 0.0

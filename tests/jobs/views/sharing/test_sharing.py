"""What others are told of a campaign: valid by the standard's own validator, the same bytes again, no more than is known."""

from __future__ import annotations

import csv
import io
import json
import logging
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import stix2validator

from jobs.errors import UsageError
from jobs.views.sharing.blocklist import blocklist
from jobs.views.sharing.indicators import pattern, rows
from jobs.views.sharing.stix import accused, bundle, told
from jobs.warehouse import Warehouse, open_warehouse
from tests.published import NIGHT, night

BEFORE = NIGHT - timedelta(days=1)
EXPECTED_WARNINGS = {"103", "302"}  # ids are UUID version 5, not 4; a technique's page has no hash
CAMPAIGN = {"campaign_id": "c1", "name": "amber-heron-0001", "verdict": "deliberate", "likelihood": 0.98, "status": "active",
            "likelihood_words": "almost certain", "analytic_confidence": "moderate"}  # fmt: skip
NETWORK, CLIENT = "198.51.100.0/24|AS64501", "t13d1516h2_8daaf6152771_b0da82dd1658|python-sdk/1.0"


def shared(signal: str, entity: str, accounts: int = 4, bits: float = 5.0, on: date = NIGHT) -> list[dict[str, Any]]:
    seen = datetime(2026, 3, 2, 9, tzinfo=UTC)
    return [
        {"as_of_date": on, "campaign_id": "c1", "evidence_id": f"{signal}-{entity}-{n}", "subject_kind": "account",
         "subject_id": f"a{n}", "signal": signal, "entity": entity, "bits": bits, "first_seen_at": seen, "last_seen_at": seen}
        for n in range(accounts)
    ]  # fmt: skip


def piece(signal: str, bits: float, line: str = "concealment", on: date = NIGHT) -> dict[str, Any]:
    return {"as_of_date": on, "campaign_id": "c1", "evidence_id": signal, "subject_kind": "campaign", "signal": signal,
            "bits": bits, "line": line, "explanation": signal}  # fmt: skip


def attribution(actor: str, level: str, likelihood: float) -> dict[str, Any]:
    return {"campaign_id": "c1", "actor": actor, "level": level, "likelihood": likelihood, "analytic_confidence": "low"}


def published(tmp_path: Path, campaign: dict[str, Any] = CAMPAIGN, **tables: list[dict[str, Any]]) -> Warehouse:
    """Two nights; on the second one other thing is shared, and the rest is as it was."""
    warehouse = open_warehouse("duckdb:///{root}/w.duckdb", tmp_path)
    quiet = {"campaign_id": "c2", "name": "quiet-mill-0002", "verdict": "benign"}
    for day in (BEFORE, NIGHT):
        evidence = [
            *shared("egress_network", NETWORK, on=day),
            piece("hopping", 5.0, on=day),
            piece("verified", -1.0, on=day),
        ]
        if day == NIGHT:
            evidence += [
                *shared("client_fingerprint", CLIENT),
                *shared("device", "device_k1_00"),
                *tables.get("evidence", []),
            ]
        warehouse.publish(
            day,
            night(
                runs=[{"as_of_date": day}],
                campaigns=[{"as_of_date": day, **campaign}, {"as_of_date": day, **quiet}],
                campaign_evidence=evidence,
                campaign_attributions=[{"as_of_date": day, **each} for each in tables.get("attributions", [])],
                campaign_members=[{"as_of_date": day, **each} for each in tables.get("members", [])],
            ),
        )
    return warehouse


def of_group(campaign: str, account: str, signal: str, entity: str) -> dict[str, Any]:
    """One account's evidence."""
    (row,) = shared(signal, entity, accounts=1)
    return {
        **row,
        "campaign_id": campaign,
        "evidence_id": f"{campaign}-{account}-{signal}-{entity}",
        "subject_id": account,
    }


def listed(text: str) -> dict[str, str]:
    """Value to the accounts that a blocklist says used it."""
    return {row["value"]: row["accounts"] for row in csv.DictReader(io.StringIO(text))}


def test_what_a_group_that_nobody_accuses_uses_too_is_on_no_blocklist(tmp_path: Path) -> None:
    innocent = of_group("c2", "b1", "client_fingerprint", CLIENT.partition("|")[0] + "|another-program")
    warehouse = published(tmp_path, evidence=[innocent])
    last = told(warehouse, "c1", NIGHT)[-1]
    assert {each.kind: each.others for each in last.things} == {"asn": 0, "ipv4-net": 0, "ja4": 1}
    assert listed(blocklist([last])) == {"198.51.100.0/24": "4", "64501": "4"}
    (ja4,) = [each for each in objects(bundle(warehouse, "c1", NIGHT))["indicator"] if "ja4" in each["pattern"]]
    assert (
        "4 of the campaign's accounts used it; others use it, too (accounts of groups that nobody accuses: 1)"
        in ja4["description"]
    )


def test_of_a_group_that_nobody_accuses_others_are_told_nothing(tmp_path: Path) -> None:
    warehouse = published(tmp_path)
    with pytest.raises(UsageError, match="quiet-mill-0002 is benign"):
        accused(warehouse, "quiet-mill-0002", NIGHT)
    assert accused(warehouse, "c1", NIGHT)[-1].campaign["verdict"] == "deliberate"


def test_victims_are_not_counted_and_one_range_of_two_weeks_is_one_thing(tmp_path: Path) -> None:
    cards = [of_group("c1", f"a{n}", "card_bin_cluster", f"485008|week {n % 2}") for n in range(6)]
    members = [
        {"campaign_id": "c1", "account_id": f"a{n}", "role": "victim" if n == 5 else "operated"} for n in range(6)
    ]
    last = told(published(tmp_path, evidence=cards, members=members), "c1", NIGHT)[-1]
    assert [each.accounts for each in last.things if each.kind == "card-bin"] == [5]


def objects(text: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for each in json.loads(text)["objects"]:
        found.setdefault(each["type"], []).append(each)
    return found


def test_the_standards_own_validator_finds_no_error_and_only_warnings_that_are_meant(tmp_path: Path) -> None:
    logging.getLogger("stix2validator").setLevel(logging.CRITICAL)
    likely = [attribution("Operator Aster", "operator", 0.7), attribution("Lab Borage", "organization_directed", 0.6)]
    for tlp in ("clear", "green", "amber", "amber+strict", "red"):
        text = bundle(published(tmp_path / tlp, attributions=likely), "amber-heron-0001", NIGHT, tlp)
        options = stix2validator.ValidationOptions(version="2.1")
        found = stix2validator.validate_string(text, options)
        assert found.is_valid, [str(error) for error in found.errors]
        warnings = [str(warning) for warning in found.warnings or []]
        unmeant = [said for said in warnings if said.split("{")[1].split("}")[0] not in EXPECTED_WARNINGS]
        assert unmeant == []


def test_likelihood_and_confidence_are_never_one_number_or_sentence(tmp_path: Path) -> None:
    (campaign,) = objects(bundle(published(tmp_path), "c1", NIGHT))["campaign"]
    assert campaign["confidence"] == 50
    ((_, judged),) = campaign["extensions"].items()
    assert (judged["likelihood"], judged["likelihood_words"]) == (0.98, "almost certain")
    sentences = campaign["description"].split(". ")
    assert not [each for each in sentences if "likelihood" in each and "onfidence" in each]
    assert "Against it speak: verified (-1.0 bits)" in campaign["description"]


def test_the_same_tables_give_the_same_bytes_and_only_what_changed_is_modified(tmp_path: Path) -> None:
    warehouse = published(tmp_path)
    text = bundle(warehouse, "c1", NIGHT)
    assert bundle(warehouse, "amber-heron-0001", NIGHT) == text
    times = {each["name"]: (each["created"], each["modified"]) for each in objects(text)["indicator"]}
    old, new = f"{BEFORE}T00:00:00.000Z", f"{NIGHT}T00:00:00.000Z"
    assert times == {
        "autonomous system 64501 of amber-heron-0001": (old, old),
        "IPv4 network 198.51.100.0/24 of amber-heron-0001": (old, old),
        "TLS client fingerprint (JA4) t13d1516h2_8daaf6152771_b0da82dd1658 of amber-heron-0001": (new, new),
    }
    (campaign,) = objects(text)["campaign"]
    assert (campaign["created"], campaign["modified"]) == (old, old)


def test_nothing_of_people_is_told_and_nothing_that_everybody_uses(tmp_path: Path) -> None:
    evidence = [
        *shared("egress_network", "203.0.113.0/24|AS64999", bits=1.0),
        *shared("card_bin_cluster", "485008|US|prepaid|x", 2),
    ]
    text = bundle(published(tmp_path, evidence=evidence), "c1", NIGHT)
    for secret in ("device_k1_00", '"a0"', "64999", "485008"):
        assert secret not in text


@pytest.mark.parametrize(
    ("level", "likelihood", "kinds"),
    [
        ("operator", 0.7, {"intrusion-set": 1}),
        ("affiliated_organization", 0.7, {"threat-actor": 1}),
        ("organization_directed", 0.7, {"threat-actor": 1}),
        ("cluster", 0.99, {}),
        ("organization_directed", 0.54, {}),
    ],
)
def test_who_is_behind_it_is_told_as_far_as_it_is_known(
    tmp_path: Path, level: str, likelihood: float, kinds: dict[str, int]
) -> None:
    text = bundle(published(tmp_path, attributions=[attribution("Lab Borage", level, likelihood)]), "c1", NIGHT)
    found = Counter(each["type"] for each in json.loads(text)["objects"])
    assert {kind: found[kind] for kind in ("intrusion-set", "threat-actor") if found[kind]} == kinds
    assert [each["name"] for each in objects(text)["identity"]] == ["iolaus"]


def test_indicators_go_out_and_come_in_again(tmp_path: Path) -> None:
    text = bundle(published(tmp_path), "c1", NIGHT)
    found = rows(json.loads(text))
    assert {(each["kind"], each["value"]) for each in found} == {
        ("asn", "64501"), ("ipv4-net", "198.51.100.0/24"), ("ja4", "t13d1516h2_8daaf6152771_b0da82dd1658"),
    }  # fmt: skip
    assert {each["actor"] for each in found} == {"amber-heron-0001"}
    assert {(each["source_reliability"], each["credibility"]) for each in found} == {("B", 3)}
    assert rows(json.loads(bundle(published(tmp_path / "again"), "c1", NIGHT))) == found


def test_a_value_with_quotes_survives_its_pattern() -> None:
    value = "it's \\ 'that'"
    made = {"id": "bundle--1", "objects": [
        {"type": "indicator", "id": "indicator--1", "name": "n", "pattern": pattern("system-prompt-hash", value),
         "valid_from": "2026-03-02T00:00:00Z"}]}  # fmt: skip
    assert [each["value"] for each in rows(made)] == [value]


def test_a_campaign_that_is_not_accused_or_not_known_is_not_told(tmp_path: Path) -> None:
    warehouse = published(tmp_path)
    with pytest.raises(UsageError, match="quiet-mill-0002 is benign on"):
        bundle(warehouse, "quiet-mill-0002", NIGHT)
    with pytest.raises(UsageError, match="no campaign that is published"):
        bundle(warehouse, "c9", NIGHT)
    with pytest.raises(UsageError, match="--tlp white is unknown"):
        bundle(warehouse, "c1", NIGHT, "white")


def test_a_blocklist_says_why_and_until_when_and_does_nothing_to_a_spreadsheet(tmp_path: Path) -> None:
    evil = CAMPAIGN | {"name": "=cmd|' /C calc'!A0"}
    (last,) = told(published(tmp_path, evil), "c1", NIGHT)[-1:]
    lines = blocklist([last]).splitlines()
    assert lines[0].startswith("kind,value,expires_on,accounts,campaign_id")
    assert lines[1].startswith("asn,64501,2026-04-01,4,c1,'=cmd")
    assert "4 of 1 accounts" in lines[1]

"""What MISP makes of a campaign, by its own converter: every indicator, the handling, and the likelihood in words are there."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import stix2
from misp_stix_converter import ExternalSTIX2toMISPParser

from jobs.views.sharing.indicators import pattern
from jobs.views.sharing.stix import TLP, bundle
from tests.jobs.views.sharing.test_sharing import objects, published, shared
from tests.published import NIGHT

IPV6 = "2001:db8:7::/48|AS64502"
NOT_KNOWN_TO_MISP = {"infrastructure"}  # types that its converter leaves out, and says so


def imported(text: str) -> tuple[dict[str, Any], list[str]]:
    """The event, and what the converter could not do."""
    converter = ExternalSTIX2toMISPParser()
    converter.load_stix_bundle(stix2.parse(text, allow_custom=True))
    converter.parse_stix_bundle()
    return json.loads(converter.misp_event.to_json()), [each for some in converter.errors.values() for each in some]


def found(event: dict[str, Any]) -> list[tuple[str, str]]:
    """Type and value of every attribute by which something is to be detected."""
    within = [each for some in event.get("Object", ()) for each in some["Attribute"]]
    return sorted((each["type"], each["value"]) for each in [*event["Attribute"], *within] if each["to_ids"])


@pytest.mark.parametrize("tlp", sorted(TLP))
def test_handling_and_likelihood_arrive_in_misp_and_confidence_is_not_taken_for_it(tmp_path: Path, tlp: str) -> None:
    text = bundle(published(tmp_path), "amber-heron-0001", NIGHT, tlp)
    event, errors = imported(text)
    assert [each["name"] for each in event["Tag"] if each["name"].startswith("tlp:")] == [f"tlp:{tlp}"]
    (report,) = event["EventReport"]
    assert "It is almost certain (likelihood 0.980)" in report["content"]
    assert report["content"] == objects(text)["report"][0]["description"]
    assert {each.rpartition(" ")[2] for each in errors} == NOT_KNOWN_TO_MISP


def test_every_indicator_arrives_in_misp_as_something_to_detect(tmp_path: Path) -> None:
    text = bundle(published(tmp_path, evidence=shared("egress_network", IPV6)), "amber-heron-0001", NIGHT)
    told = [each["pattern"] for each in objects(text)["indicator"]]
    event, _ = imported(text)
    arrived = found(event)
    assert len(arrived) == len(told) >= 5
    assert ("AS", "AS64501") in arrived
    assert ("AS", "AS64502") in arrived
    assert ("ip-dst", "198.51.100.0/24") in arrived
    assert ("ip-dst", "2001:db8:7::/48") in arrived
    others = [value for kind, value in arrived if kind == "stix2-pattern"]
    assert others
    assert set(others) <= set(told)
    assert pattern("asn", "64501") in told

"""What MISP makes of a campaign, by its own converter: every indicator, the handling, and the likelihood in words are there."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jobs.views.sharing.indicators import pattern
from jobs.views.sharing.stix import TLP, bundle
from tests.jobs.views.sharing.test_sharing import objects, published, shared
from tests.published import NIGHT

IPV6 = "2001:db8:7::/48|AS64502"
# In a process of its own: a library of the converter's brings an import hook from Python 2, which stays and breaks later imports.
CONVERTER = """
import json, sys
import stix2
from misp_stix_converter import ExternalSTIX2toMISPParser
converter = ExternalSTIX2toMISPParser()
converter.load_stix_bundle(stix2.parse(sys.stdin.read(), allow_custom=True))
converter.parse_stix_bundle()
errors = [each for some in converter.errors.values() for each in some]
print(json.dumps([json.loads(converter.misp_event.to_json()), errors]))
"""
NOT_KNOWN_TO_MISP = {"infrastructure"}  # types that its converter leaves out, and says so


def imported(text: str) -> tuple[dict[str, Any], list[str]]:
    """The event, and what the converter could not do."""
    done = subprocess.run([sys.executable, "-c", CONVERTER], input=text, capture_output=True, text=True, check=True)
    event, errors = json.loads(done.stdout.splitlines()[-1])
    return event, errors


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

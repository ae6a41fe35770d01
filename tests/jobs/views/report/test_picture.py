from __future__ import annotations

from jobs import signals
from jobs.views.report.picture import Picture, picture


def drawn(*families: str) -> Picture:
    members = [{"account_id": f"a{n}", "role": "operated"} for n in range(5)]
    shared = [
        {"subject_id": f"a{n}", "signal": family, "entity": "e", "family": family, "accounts_sharing": 5}
        for family in families
        for n in range(5)
    ]
    return picture(members, shared)


def test_no_two_kinds_of_evidence_have_the_same_colour() -> None:
    colours = dict(drawn(*signals.families().values()).families)
    assert set(colours) == set(signals.families().values())
    assert len(set(colours.values())) == len(colours)


def test_a_kind_of_evidence_keeps_its_colour_from_campaign_to_campaign() -> None:
    assert dict(drawn("network").families)["network"] == dict(drawn("content", "device", "network").families)["network"]

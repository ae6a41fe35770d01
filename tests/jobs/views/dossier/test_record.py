"""The record of a campaign: complete, in order, careful in its words, and opened by its own queries."""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from jobs.errors import UsageError
from jobs.views.dossier import record
from jobs.views.dossier.record import DIGEST
from jobs.warehouse import Warehouse, open_warehouse
from tests.published import NIGHT, night

ORDER = ("Claim and handling", "Key judgements", "What was observed", "What is inferred", "What speaks against it",
         "Alternatives", "Who may be behind it", "Volumes", "Timeline", "Rank", "Method, validation and limits", "Provenance",
         "Indicators", "Queries", "Certification")  # fmt: skip
HOSTILE = "<script>alert(1)</script>"


def piece(signal: str, bits: float, line: str) -> dict[str, Any]:
    return {"campaign_id": "c1", "evidence_id": signal, "subject_kind": "campaign", "signal": signal, "bits": bits, "line": line,
            "explanation": f"because of {signal}"}  # fmt: skip


def published(tmp_path: Path, groups: int = 1, **campaign: Any) -> Warehouse:
    warehouse = open_warehouse("duckdb:///{root}/w.duckdb", tmp_path)
    row = {"campaign_id": "c1", "name": "amber-heron-0001", "verdict": "deliberate", "likelihood": 0.9844, "exchanges_low": 12_345,
           "likelihood_words": "almost certain", "analytic_confidence": "moderate", "top_models": HOSTILE} | campaign  # fmt: skip
    files = {"raw/api_requests/ds=2026-03-03/part-0.parquet": "cd" * 32}
    inputs = {
        "api_requests": {"content_hash": "ee" * 32, "delivered_on": str(NIGHT), "landed": 77, "files": files},
        "logins": {"content_hash": "ab" * 32, "delivered_on": str(NIGHT), "landed": 7},  # of an earlier release
    }
    others = [{"campaign_id": f"o{n}", "name": f"other-{n}"} for n in range(groups - 1)]
    shared = [
        {
            "campaign_id": "c1",
            "evidence_id": f"n{n}",
            "subject_kind": "account",
            "subject_id": f"a{n}",
            "bits": 5.0,
            "signal": "egress_network",
            "entity": "198.51.100.0/24|AS64501",
        }
        for n in range(3)
    ]
    warehouse.publish(
        NIGHT,
        night(
            runs=[{"inputs": json.dumps(inputs), "stale": False}],
            campaigns=[row, *others],
            campaign_members=[{"campaign_id": "c1", "account_id": f"a{n}", "role": "operated"} for n in range(3)],
            campaign_evidence=[
                *shared,
                piece("prior", -1.0, "prior"),
                piece("hopping", 5.0, "concealment"),
                piece("verified", -1.0, "concealment"),
                piece("synchrony", 3.0, "coordination"),
                piece("one_template", 0.0, "coordination"),
                piece("sanctioned", -0.001, "coordination"),
            ],
            campaign_daily=[{"campaign_id": "c1", "activity_date": NIGHT, "model": HOSTILE, "exchanges": 5}],
            campaign_attributions=[{"campaign_id": "c1", "actor": "Lab Borage", "level": "operator", "likelihood": 0.2,
                                    "analytic_confidence": "low"}],
        ),
    )  # fmt: skip
    return warehouse


def words(page: str) -> str:
    """Without tags and printed queries."""
    prose = re.sub(r"<pre>.*?</pre>", " ", page.split("</style>")[1], flags=re.DOTALL)
    return unescape(re.sub(r"<[^>]+>", " ", prose))


def test_its_parts_stand_in_order(tmp_path: Path) -> None:
    titles = re.findall(r"<h2[^>]*>([^<]+)</h2>", record(published(tmp_path), "amber-heron-0001", NIGHT))
    assert [title[: len(wanted)] for title, wanted in zip(titles, ORDER, strict=True)] == list(ORDER)


def test_likelihood_and_confidence_never_stand_in_one_sentence(tmp_path: Path) -> None:
    said = words(record(published(tmp_path), "c1", NIGHT)).split("1 . ")[-1]
    sentences = re.split(r"[.:;]\s", said)
    assert not [each for each in sentences if "confidence" in each.lower() and "likelihood" in each.lower()]
    assert "almost certain" in said
    assert "What would change it" in said


def test_every_printed_query_is_answered_by_what_is_published(tmp_path: Path) -> None:
    warehouse = published(tmp_path)
    page = record(warehouse, "c1", NIGHT)
    queries = [unescape(each) for each in re.findall(r"<b>Q\d+</b></p><pre>(.*?)</pre>", page, re.DOTALL)]
    cited = {int(each) for each in re.findall(r"<sup>Q(\d+)</sup>", page)}
    assert cited <= set(range(1, len(queries) + 1))
    assert len(cited) >= 8
    (first,) = warehouse.query(queries[0]).to_pylist()
    assert first["exchanges_low"] == 12_345
    assert "12,345" in page
    for each in queries:
        warehouse.query(each)


def test_indicators_are_found_by_a_printed_query_that_the_text_cites(tmp_path: Path) -> None:
    warehouse = published(tmp_path)
    page = record(warehouse, "c1", NIGHT)
    (number,) = re.findall(r"its range and its system:<sup>Q(\d+)</sup>", page)
    query = unescape(re.findall(rf"<b>Q{number}</b></p><pre>(.*?)</pre>", page, re.DOTALL)[0])
    assert [(row["signal"], row["accounts"]) for row in warehouse.query(query).to_pylist()] == [
        ("egress_network", 3),
        ("egress_system", 3),
    ]
    assert "198.51.100.0/24" in words(page)
    assert "64501" in words(page)


def test_a_night_with_one_group_expects_less_than_one_false_accusation_and_more_than_none(tmp_path: Path) -> None:
    (expected,) = re.findall(
        r"at most ([0-9.]+) are expected to be", record(published(tmp_path, groups=65), "c1", NIGHT)
    )
    assert expected == "0.08", "65 groups at one in 778"


def test_the_pieces_add_up_to_the_likelihood(tmp_path: Path) -> None:
    (total, likelihood) = re.findall(
        r"In all ([+-][0-9.]+) bits, which is a likelihood of ([0-9]\.[0-9]+)", record(published(tmp_path), "c1", NIGHT)
    )[0]
    assert (total, likelihood) == ("+6.00", "0.984")


def test_what_would_be_shown_as_no_bits_is_told_as_saying_nothing(tmp_path: Path) -> None:
    said = words(record(published(tmp_path), "c1", NIGHT))
    assert "-0.00" not in said
    assert "say nothing: one template, sanctioned" in said


def test_every_input_file_is_named_with_its_digest(tmp_path: Path) -> None:
    said = words(record(published(tmp_path), "c1", NIGHT))
    assert "raw/api_requests/ds=2026-03-03/part-0.parquet" in said
    assert "cd" * 32 in said


def test_what_speaks_against_is_told_and_what_says_nothing(tmp_path: Path) -> None:
    said = words(record(published(tmp_path), "c1", NIGHT))
    assert "because of verified (-1.00 bits, concealment)" in said
    assert "nothing points likely to anybody" in said


def test_the_same_tables_give_the_same_bytes_and_the_digest_is_right(tmp_path: Path) -> None:
    page = record(published(tmp_path / "one"), "c1", NIGHT)
    assert record(published(tmp_path / "two"), "c1", NIGHT) == page
    (digest,) = re.findall(r'<code class="hash">([0-9a-f]{64})</code></p>\n\n<h2>Indicators', page)
    assert hashlib.sha256(page.replace(digest, DIGEST).encode()).hexdigest() == digest


def test_text_of_the_data_stays_text(tmp_path: Path) -> None:
    page = record(published(tmp_path, name=f"a{HOSTILE}"), "c1", NIGHT)
    assert "<script" not in page


def test_the_software_certifies_nothing_and_names_the_inputs(tmp_path: Path) -> None:
    said = words(record(published(tmp_path), "c1", NIGHT, "red"))
    assert "this software certifies nothing" in said
    assert said.count("TLP:RED") >= 3
    assert "ab" * 32 in said


def test_what_is_not_published_has_no_record(tmp_path: Path) -> None:
    warehouse = published(tmp_path)
    for name, day in (("c9", NIGHT), ("c1", NIGHT + timedelta(days=1))):
        with pytest.raises(UsageError, match="no campaign that is published on"):
            record(warehouse, name, day)
    with pytest.raises(UsageError, match="--tlp white is unknown"):
        record(warehouse, "c1", NIGHT, "white")

"""The report, read by a real browser: what it shows, that hostile text stays text, and a night without campaigns."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from pathlib import Path

import pytest

from jobs.graph.intent.error_rate import INNOCENT_GROUPS
from jobs.views.report import render
from tests.browser import dom
from tests.published import NIGHT, night

HOSTILE = "<script>document.title='broken'</script>"


CAMPAIGN = {"campaign_id": "c1", "name": "amber-heron-0001", "verdict": "deliberate", "likelihood": 0.98, "accounts": 3}
WORLD = night(
    campaigns=[CAMPAIGN, CAMPAIGN | {"campaign_id": "c2", "name": "quiet-mill-0002", "verdict": "benign"}],
    campaign_members=[{"campaign_id": "c1", "account_id": f"a{n}", "role": "operated"} for n in range(3)],
    campaign_evidence=[
        {
            "campaign_id": "c1",
            "subject_kind": "campaign",
            "signal": "prior",
            "line": "prior",
            "bits": -2.0,
            "evidence_id": "e1",
        },
        {
            "campaign_id": "c1",
            "subject_kind": "campaign",
            "signal": "synchrony",
            "line": "coordination",
            "bits": 4.5,
            "evidence_id": "e2",
        },
        *(
            {"campaign_id": "c1", "subject_kind": "account", "subject_id": f"a{n}", "signal": "device", "entity": "d1"}
            for n in range(3)
        ),
    ],
    campaign_daily=[
        {"campaign_id": "c1", "activity_date": date(2026, 3, day), "model": HOSTILE, "exchanges": 100 * day}
        for day in (1, 3)
    ],
    campaign_rankings=[
        {"campaign_id": "c1", "metric": "exchanges", "rank_low": 2, "rank_high": 4, "statement": "No. 2 to 4"}
    ],
)


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> str:
    return dom(render(WORLD, NIGHT), tmp_path_factory.mktemp("browser"))


def test_the_browser_ran_the_page_and_made_the_table_sortable(shown: str) -> None:
    assert shown.count('<button type="button">') >= 10


def test_campaign_timeline_graph_and_waterfall_are_there(shown: str) -> None:
    assert 'aria-label="Exchanges per day from 2026-03-01 to 2026-03-03, at most 300 on one day"' in shown
    assert 'aria-label="3 accounts around 1 shared things"' in shown
    assert 'aria-label="Evidence in bits; the sum is +2.5"' in shown
    assert "2 to 4" in shown


def test_a_dismissed_group_is_listed_and_has_no_section(shown: str) -> None:
    assert "quiet-mill-0002" in shown
    assert 'id="c1"' in shown
    assert 'id="c2"' not in shown


def test_text_from_the_data_stays_text(shown: str) -> None:
    assert "<title>Campaigns as known on 2026-03-03</title>" in shown
    assert HOSTILE not in shown
    assert HOSTILE in unescape(shown)


def test_what_gets_past_the_escaping_does_not_run(tmp_path: Path) -> None:
    page = render(WORLD, NIGHT).replace("</body>", f"{HOSTILE}<img src=x onerror=\"document.title='broken'\"></body>")
    assert "<title>Campaigns as known on 2026-03-03</title>" in dom(page, tmp_path)


def test_no_character_of_the_data_turns_the_text_around_it() -> None:
    turned = [CAMPAIGN | {"name": "amber\u202enoreh", "top_tasks": "a\x1b[31m"}]
    daily = [{"campaign_id": "c1", "activity_date": NIGHT, "model": "m\u2066x", "exchanges": 5}]
    page = render(night(campaigns=turned, campaign_daily=daily), NIGHT)
    assert not {"\u202e", "\x1b", "\u2066"} & set(page)
    assert "amber\\u202enoreh" in page


def test_the_page_loads_nothing_from_anywhere(shown: str) -> None:
    assert not re.search(r"(src|href)=[\"'](?!#)", shown)
    assert "default-src 'none'" in shown


def test_other_nights_are_not_shown() -> None:
    other = night(campaigns=[CAMPAIGN | {"as_of_date": date(2026, 3, 2), "name": "old-name"}])
    assert "old-name" not in render(other, NIGHT)


def test_a_night_without_campaigns_says_so(tmp_path: Path) -> None:
    assert "No deliberate or suspicious campaign is known on this night." in dom(render(night(), NIGHT), tmp_path)


def test_the_page_says_how_many_false_accusations_are_expected_at_most(tmp_path: Path) -> None:
    many = [CAMPAIGN | {"campaign_id": f"c{n}"} for n in range(INNOCENT_GROUPS + 1)]
    assert "at most 1.00 are expected to be called deliberate though innocent" in render(night(campaigns=many), NIGHT)


def test_campaigns_are_ranked_by_what_they_took() -> None:
    larger = CAMPAIGN | {"campaign_id": "c9", "name": "larger-0009", "exchanges": 900, "likelihood": 0.6}
    page = render(night(campaigns=[CAMPAIGN | {"exchanges": 100}, larger]), NIGHT)
    assert page.index("larger-0009") < page.index(CAMPAIGN["name"])

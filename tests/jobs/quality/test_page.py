"""The page of a night's checks, read by a real browser: no value of any row is on it, and what is hostile does nothing."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from pathlib import Path

import pyarrow as pa

from jobs import contracts
from jobs.quality import judge
from jobs.quality.outcomes import Outcome
from jobs.quality.page import render
from tests.browser import dom

NIGHT = date(2026, 3, 2)
HOSTILE = "<img src=x onerror=\"document.title='broken'\">"
SCRIPT = "<script>document.title='broken'</script>"


def test_a_hostile_value_that_breaks_a_check_is_counted_and_not_shown(tmp_path: Path) -> None:
    schema = contracts.arrow_schema(contracts.load("staged.ip_networks"))
    rows = [{"cidr": f"10.{n}.0.0/16", "country": country} for n, country in enumerate(("DE", HOSTILE, SCRIPT))]
    found = judge({"staged.ip_networks": pa.Table.from_pylist(rows, schema)}, {}, {}, None, NIGHT, tmp_path)
    (country,) = [each for each in found if each.expectation == "expect_column_values_to_match_regex(country)"]
    assert (country.success, country.unexpected_count) == (False, 2)
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert written == [tmp_path / "2026-03-02" / "index.html"]
    shown = dom(written[0].read_text(encoding="utf-8"), tmp_path)
    assert "<title>Quality of 2026-03-02</title>" in shown
    assert "expect_column_values_to_match_regex(country)" in shown
    for value in ("onerror", "broken", "10.1.0.0"):
        assert value not in unescape(shown)


def test_text_from_the_data_stays_text(tmp_path: Path) -> None:
    shown = dom(render([Outcome("staged.logins", HOSTILE, "info", False, SCRIPT)], NIGHT), tmp_path)
    assert "<title>Quality of 2026-03-02</title>" in shown
    for text in (HOSTILE, SCRIPT):
        assert text not in shown
        assert text in unescape(shown)


def test_the_page_loads_and_runs_nothing_and_its_style_is_the_one_that_its_policy_allows(tmp_path: Path) -> None:
    page = render([Outcome("staged.logins", "delivered", "info", True)], NIGHT)
    assert not re.search(r"src=|href=|url\(|@import|<script", page)
    shown = dom(page.replace("</body>", f"{SCRIPT}<p id=p></p>{HOSTILE}</body>"), tmp_path)
    assert "<title>Quality of 2026-03-02</title>" in shown, "the policy stops what gets past the escaping"
    assert "default-src 'none'; style-src 'sha256-" in shown


def test_what_a_check_raises_is_told_by_its_kind_alone(tmp_path: Path) -> None:
    wrong = pa.table({"cidr": ["10.0.0.0/8"], "asn": ["jane@example.org"], "kind": ["isp"], "country": ["DE"]})
    found = judge({"staged.ip_networks": wrong}, {}, {}, None, NIGHT, tmp_path)
    raised = [each.observed for each in found if each.observed and "could not be checked" in each.observed]
    assert raised
    assert "jane@example.org" not in str(found) + (tmp_path / "2026-03-02" / "index.html").read_text()


def test_what_a_killed_process_or_an_earlier_release_left_goes_with_the_next_page(tmp_path: Path) -> None:
    (tmp_path / ".2026-03-02.4711").mkdir()
    (tmp_path / "2026-03-01" / "static").mkdir(parents=True)
    judge({}, {}, {}, None, NIGHT, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["2026-03-02"]

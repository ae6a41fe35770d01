"""The report, read by a real browser: what it shows first, that hostile text stays text, and how large it gets."""

from __future__ import annotations

import re
from datetime import date
from html import unescape
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from jobs.graph.intent.error_rate import expected_false_accusations
from jobs.views.report import INDEX, render
from jobs.views.report.queue import changes, in_short, order, strongest
from tests.browser import complaints, dom
from tests.published import NIGHT, night, table

HOSTILE = "<script>document.title='broken'</script>"


CAMPAIGN = {
    "status": "active",
    "campaign_id": "c1",
    "name": "amber-heron-0001",
    "verdict": "deliberate",
    "likelihood": 0.98,
    "accounts": 3,
}
WORLD = night(
    runs=[{"stale": False}],
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


PAGE = "c1.html"
LARGEST = 5_000_000  # bytes of a page: what a mail takes and a phone shows


def pages(**tables: list[dict[str, Any]]) -> dict[str, str]:
    return render(night(**{"runs": [{"stale": False}], **tables}))


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> str:
    return dom(render(WORLD)[INDEX], tmp_path_factory.mktemp("browser"))


@pytest.fixture(scope="module")
def about(tmp_path_factory: pytest.TempPathFactory) -> str:
    return dom(render(WORLD)[PAGE], tmp_path_factory.mktemp("browser"))


def test_every_campaign_has_a_page_and_the_first_page_leads_to_it(first: str) -> None:
    assert sorted(render(WORLD)) == ["c1.html", "c2.html", INDEX]
    assert 'href="c1.html"' in first
    assert 'href="c2.html"' in first


def test_the_first_page_says_whether_the_night_is_fresh_and_sound_and_what_waits(first: str) -> None:
    assert "This night is up to date" in first
    assert "Priority, not proof" in first
    assert "1</b>waits for a decision" in first
    assert "No earlier night is published" in first


def test_a_stale_or_unsound_night_says_so_first() -> None:
    failed = [{"severity": "warning", "success": False, "table_name": "staged.logins", "expectation": "rows"}]
    page = pages(runs=[{"stale": True, "stale_because": "rows came late"}], data_quality=failed)[INDEX]
    assert "This night is stale: rows came late." in page
    assert page.index("stale") < page.index("What needs a decision")
    assert "1 check of the data, 1 failed" in page


def test_what_holds_for_every_group_is_not_told_as_something_found_against_this_one() -> None:
    page = render(WORLD)[INDEX]
    assert "nothing that was measured; what follows holds for every group" in page
    assert "where every judgement starts" in page
    found = {"campaign_id": "c1", "subject_kind": "campaign", "signal": "verified", "line": "concealment", "bits": -1.0,
             "explanation": "identity documents differ", "evidence_id": "e3"}  # fmt: skip
    page = pages(campaigns=[CAMPAIGN], campaign_evidence=[found])[INDEX]
    assert "nothing that was measured" not in page
    assert "identity documents differ" in page


def test_victims_are_told_where_somebody_decides_whom_to_ban() -> None:
    members = [{"campaign_id": "c1", "account_id": "v1", "role": "victim"}]
    for page in (INDEX, PAGE):
        said = pages(campaigns=[CAMPAIGN], campaign_members=members)[page]
        assert "<b>1 victim</b> beside them" in said
        assert "victim</b>" not in pages(campaigns=[CAMPAIGN])[page]


def test_a_night_on_which_nothing_is_new_says_so_before_anything_else() -> None:
    before = table("campaigns", CAMPAIGN)
    tables = night(runs=[{"stale": False}], campaigns=[CAMPAIGN])
    page = render(tables, before)[INDEX]
    assert page.index("Nothing is new tonight among those that are accused") < page.index("What needs a decision")
    grown = night(runs=[{"stale": False}], campaigns=[CAMPAIGN | {"accounts": 9}])
    assert "New or changed since the night before: 1 of 1" in render(grown, before)[INDEX]


def test_the_browser_ran_the_pages(first: str, about: str) -> None:
    assert first.count('<button type="button">') >= 6
    assert "3 of 3 accounts are listed." in about


def test_campaign_timeline_strips_and_waterfall_are_there(about: str) -> None:
    assert 'aria-label="Exchanges per day from 2026-03-01 to 2026-03-03, at most 300 on one day"' in about
    assert about.count('<svg class="strip"') == 2
    assert "3 operated" in about
    assert 'aria-label="Evidence in bits; the sum is +2.5"' in about


def test_the_decision_to_paste_is_shown_until_one_was_made(about: str) -> None:
    assert "iolaus decide campaign c1 confirmed --analyst NAME" in about
    piece = {"campaign_id": "c1", "subject_kind": "campaign", "line": "decision", "signal": "decision:confirmed",
             "explanation": "an analyst decided confirmed (decision d-1)", "bits": 9.0}  # fmt: skip
    decided = pages(campaigns=[CAMPAIGN], campaign_evidence=[piece])
    assert "an analyst decided confirmed (decision d-1)" in decided[PAGE]
    assert "0</b>wait for a decision" in decided[INDEX]


def test_decisions_on_accounts_are_shown_and_leave_the_campaign_to_be_decided() -> None:
    piece = {"campaign_id": "c1", "subject_kind": "account", "subject_id": "a7", "line": "decision", "signal": "decision:victim",
             "explanation": "an analyst decided victim (decision d-2)", "bits": 0.0, "entity": None}  # fmt: skip
    made = pages(campaigns=[CAMPAIGN], campaign_evidence=[piece])
    assert "a7: an analyst decided victim (decision d-2)" in made[PAGE]
    assert "No analyst has decided on this campaign." in made[PAGE]
    assert "1</b>waits for a decision" in made[INDEX]


def test_a_size_is_an_interval_only_where_its_ends_differ() -> None:
    sure = CAMPAIGN | {"exchanges_low": 1200, "exchanges_high": 1200}
    assert "3 accounts, 1,200 exchanges" in pages(campaigns=[sure])[INDEX]
    assert "3 accounts, 1,200 to 1,500 exchanges" in pages(campaigns=[sure | {"exchanges_high": 1500}])[INDEX]


def test_what_would_be_shown_as_nothing_is_not_listed_as_evidence() -> None:
    none = {
        "campaign_id": "c1",
        "subject_kind": "campaign",
        "line": "prior",
        "explanation": "of no weight",
        "bits": -0.001,
    }
    page = pages(campaigns=[CAMPAIGN], campaign_evidence=[none])[PAGE]
    assert page.index("of no weight") > page.index("Looked at, and says nothing")
    assert "-0.00" not in page


def test_without_its_script_a_page_lists_the_first_accounts_and_why() -> None:
    made = pages(
        campaigns=[CAMPAIGN],
        campaign_members=[{"campaign_id": "c1", "account_id": "a0", "role": "operated"}],
        account_verdicts=[{"account_id": "a0", "campaign_id": "c1", "reasons": "shares device; shares card"}],
    )
    assert "<td>a0</td><td>operated</td>" in made[PAGE]
    assert "<td>shares device; shares card</td>" in made[PAGE]


def acted(page: str, script: str, folder: Path) -> str:
    """The page after somebody did what the script does; the policy, which would keep it from running, is taken out for it."""
    free = re.sub(r"<meta http-equiv=.*?>", "", page)
    assert free != page
    return dom(free.replace("</body>", f"<script>{script}</script></body>"), folder)


def test_sorting_the_accounts_sorts_all_of_them_not_those_in_sight(tmp_path: Path) -> None:
    many = [
        {"campaign_id": "c1", "account_id": f"a{n:03}", "role": "operated", "exchanges_attributed": n}
        for n in range(120)
    ]
    page = pages(campaigns=[CAMPAIGN], campaign_members=many)[PAGE]
    assert "<td>a119</td>" in page
    assert "<td>a000</td>" not in page
    sorted_up = acted(page, "document.querySelectorAll('#accounts th button')[3].click()", tmp_path)
    assert re.findall("<tr id=.(a...)", sorted_up) == [f"a{n:03}" for n in range(50)]


def test_an_account_is_found_from_the_first_page(tmp_path: Path) -> None:
    type_it = "var f = document.getElementById('find'); f.value = 'A2'; f.dispatchEvent(new Event('input'))"
    found = acted(render(WORLD)[INDEX], type_it, tmp_path)
    assert 'a2: operated in <a href="c1.html#a2">amber-heron-0001</a>, deliberate' in found


def test_evidence_is_filtered_by_its_line(tmp_path: Path) -> None:
    found = acted(render(WORLD)[PAGE], "document.querySelector('.filters [data-line=coordination]').click()", tmp_path)
    assert re.findall('<tr data-line="([a-z]*)" hidden', found) == ["prior"]


def test_a_browser_has_nothing_to_say_against_the_pages(tmp_path: Path) -> None:
    for page in render(WORLD).values():
        assert complaints(page, tmp_path) == []
    loading = render(WORLD)[INDEX].replace("</body>", '<img src="https://example.org/x.png"></body>')
    assert "Content Security Policy" in "".join(complaints(loading, tmp_path))


def test_text_from_the_data_stays_text(about: str) -> None:
    assert "<title>amber-heron-0001 as known on 2026-03-03</title>" in about
    assert HOSTILE not in about
    assert HOSTILE in unescape(about)


def test_no_account_id_ends_the_block_of_data_that_it_stands_in(tmp_path: Path) -> None:
    name = f"a</script>{HOSTILE}"
    made = pages(campaigns=[CAMPAIGN], campaign_members=[{"campaign_id": "c1", "account_id": name, "role": "operated"}])
    for page in made.values():
        assert "<title>broken" not in dom(page, tmp_path)
    assert "1 of 1 accounts are listed." in dom(made[PAGE], tmp_path)


def test_what_gets_past_the_escaping_does_not_run(tmp_path: Path) -> None:
    for page in render(WORLD).values():
        broken = page.replace("</body>", f"{HOSTILE}<img src=x onerror=\"document.title='broken'\"></body>")
        assert "<title>broken" not in dom(broken, tmp_path)


def test_no_character_of_the_data_turns_the_text_around_it() -> None:
    turned = [CAMPAIGN | {"name": "amber\u202enoreh", "top_tasks": "a\x1b[31m"}]
    daily = [{"campaign_id": "c1", "activity_date": NIGHT, "model": "m\u2066x", "exchanges": 5}]
    for page in pages(campaigns=turned, campaign_daily=daily).values():
        assert not {"\u202e", "\x1b", "\u2066"} & set(page)
        assert "amber\\u202enoreh" in page


def test_the_pages_load_nothing_from_anywhere() -> None:
    for page in render(WORLD).values():
        assert not re.search(r"src=", page.split("<script>")[0])
        assert set(re.findall(r'href="([^"#]*)', page)) <= {"", "c1.html", "c2.html", INDEX}
        assert "default-src 'none'" in page


def test_a_night_without_campaigns_says_so(tmp_path: Path) -> None:
    assert "No deliberate or suspicious campaign is known on this night." in dom(pages()[INDEX], tmp_path)


def test_the_page_says_how_many_false_accusations_are_expected_at_most() -> None:
    many = [CAMPAIGN | {"campaign_id": f"c{n}"} for n in range(40)]
    expected = f"at most {expected_false_accusations(40):.2f} are expected to be called deliberate though innocent"
    assert expected in pages(campaigns=many)[INDEX]


def test_what_nobody_decided_comes_first_then_what_is_gravest_then_what_changed() -> None:
    def entry(
        name: str, verdict: str = "deliberate", undecided: bool = True, changed: bool = False, size: int = 1
    ) -> Any:
        return {"campaign_id": name, "verdict": verdict, "needs_decision": undecided, "exchanges": size,
                "changes": ["new"] if changed else []}  # fmt: skip

    wanted = [entry("new", changed=True), entry("large", size=9), entry("small"), entry("maybe", "suspicious", changed=True),
              entry("decided", undecided=False, size=99)]  # fmt: skip
    assert sorted([wanted[n] for n in (3, 1, 4, 0, 2)], key=order) == wanted


def test_changes_are_told_against_the_night_before() -> None:
    before = {"verdict": "suspicious", "status": "active", "accounts": 10}
    now = before | {"verdict": "deliberate", "accounts": 13}
    merged = [{"event": "absorbed", "other_campaign_id": "c7"}]
    assert changes(now, before, merged, {"c7": "old-mill"}) == ["took in old-mill", "was suspicious", "+3 accounts"]
    assert changes(now, None, [], {}) == ["new"]
    assert changes(before, before, [], {}) == []


def test_the_strongest_reasons_are_three_for_and_three_against() -> None:
    pieces = [{"line": "purpose", "signal": f"s{n}", "bits": float(n), "evidence_id": f"{n}"} for n in range(-5, 6)]
    found, against = strongest([*pieces, {"line": "prior", "signal": "prior", "bits": -9.0, "evidence_id": "p"}])
    assert [row["bits"] for row in found] == [5.0, 4.0, 3.0]
    assert [row["bits"] for row in against] == [-5.0, -4.0, -3.0]


def test_a_reason_is_its_first_clause() -> None:
    assert in_short({"explanation": "answers are longer: what is collected (observed 2.5)"}) == "answers are longer"
    assert in_short({"explanation": "", "signal": "even_load"}) == "even load"


def test_a_campaign_of_25_000_accounts_fits_into_a_page_that_can_be_searched(tmp_path: Path) -> None:
    accounts = [f"acct-{n:016x}" for n in range(25_000)]
    made = pages(
        campaigns=[CAMPAIGN | {"accounts": len(accounts)}],
        campaign_members=[{"campaign_id": "c1", "account_id": each, "role": "operated"} for each in accounts],
        account_verdicts=[
            {"account_id": each, "campaign_id": "c1", "reasons": f"shares device; shares card {place % 40}"}
            for place, each in enumerate(accounts)
        ],
        campaign_evidence=[
            {"campaign_id": "c1", "evidence_id": f"{place}-{kind}", "subject_kind": "account", "subject_id": each,
             "signal": kind, "entity": f"{kind}-{place % 900}"}
            for place, each in enumerate(accounts) for kind in ("device", "payment_instrument")
        ],
    )  # fmt: skip
    assert max(len(page.encode()) for page in made.values()) < LARGEST
    assert "50 of 25000 accounts are listed." in dom(made[PAGE], tmp_path)


def test_the_same_tables_in_any_order_of_rows_give_the_same_bytes() -> None:
    turned = {name: pa.Table.from_pylist(rows.to_pylist()[::-1], rows.schema) for name, rows in WORLD.items()}
    assert render(turned) == render(WORLD)


def test_the_night_before_tells_what_is_new() -> None:
    before = table("campaigns", CAMPAIGN | {"verdict": "suspicious"})
    assert "was suspicious" in render(WORLD, before)[INDEX]

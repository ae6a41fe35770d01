"""Decisions from the command line, read back as staging reads them: nothing that stood before is lost, nothing half is seen."""

from __future__ import annotations

import json
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest

from jobs import landing
from jobs.errors import IolausError, UsageError
from jobs.history import deciding
from jobs.history.deciding import OWN, WITHDRAWN, Case, decide, undo
from jobs.nights.run import landed_nights
from jobs.settings import Settings
from jobs.staged.case_decisions import RAW
from jobs.warehouse import open_warehouse
from tests.jobs.staged.rawrows import deliver, good, landed
from tests.published import NIGHT, night

NEXT = NIGHT + timedelta(days=1)
MORNING = datetime(2026, 3, 4, 9, 30, 15, 123456, UTC)
CASE = Case(MORNING, "campaign", "c1", "confirmed", "kim", "seen in two places; Zoë agrees")
ACCOUNT = Case(MORNING, "account", "a1", "victim", "kim")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    found = Settings(tmp_path)
    published = night(
        runs=[{}],
        campaigns=[{"campaign_id": f"c{n}", "name": name} for n, name in enumerate(("amber", "twin", "twin"), 1)],
        account_verdicts=[{"account_id": "a1"}, {"account_id": "it's"}],
    )
    open_warehouse(found.warehouse, tmp_path).publish(NIGHT, published)
    return found


def said(settings: Settings, on: date = NEXT) -> list[tuple[str, str, str]]:
    """What the night's staging accepts: subject, decision, analyst."""
    rows = landed(settings.root, RAW.name, on)
    assert not [row for row in rows if row["rejection_reason"]]
    return sorted((row["subject_id"], row["decision"], row["analyst"]) for row in rows)


def in_force(settings: Settings, on: date) -> date | None:
    return landing.find(settings.root, RAW, on).ds


def test_a_decision_is_delivered_for_the_night_after_the_newest_as_the_contract_says(settings: Settings) -> None:
    done = decide(settings, CASE)
    assert (done.night, done.file) == (NEXT, f"raw/case_decisions/ds={NEXT}/{OWN}")
    (row,) = landed(settings.root, RAW.name, NEXT)
    assert {name: row[name] for name in ("decided_at", "subject_kind", "subject_id", "decision", "analyst", "note")} == {
        "decided_at": MORNING, "subject_kind": "campaign", "subject_id": "c1", "decision": "confirmed", "analyst": "kim",
        "note": "seen in two places; Zoë agrees",
    }  # fmt: skip
    assert (row["rejection_reason"], row["unread"]) == (None, None)


def test_no_published_night_reads_it(settings: Settings) -> None:
    decide(settings, replace(CASE, decided_at=MORNING - timedelta(days=9)))
    assert (in_force(settings, NIGHT), in_force(settings, NEXT)) == (None, NEXT)


def test_a_decision_made_later_goes_to_the_night_of_its_day(settings: Settings) -> None:
    assert decide(settings, replace(CASE, decided_at=MORNING + timedelta(days=5))).night == NEXT + timedelta(days=5)


def test_a_campaign_may_be_given_by_its_name(settings: Settings) -> None:
    decide(settings, replace(CASE, subject_id="amber"))
    assert said(settings) == [("c1", "confirmed", "kim")]


@pytest.mark.parametrize(
    ("case", "part"),
    [
        (replace(CASE, subject_id="c9"), "'c9' was ever published"),
        (replace(CASE, subject_id="twin"), "c2 or c3"),
        (replace(CASE, decision="victim"), "Only an account"),
        (replace(ACCOUNT, subject_id="c1"), "No account 'c1'"),
        (replace(ACCOUNT, subject_id="a1' OR 'x' = 'x"), "was ever published"),
        (replace(CASE, analyst="unknown"), "missing analyst"),
        (replace(CASE, decision="guilty"), "unknown_value decision"),
        (replace(CASE, note="n/a"), "note would be read as nothing"),
        (replace(CASE, note="long " * 300_000), "note would be read as nothing"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_would_not_be_read_as_it_was_meant_is_refused_and_leaves_nothing(
    settings: Settings, case: Case, part: str
) -> None:
    with pytest.raises(UsageError, match=part):
        decide(settings, case)
    assert in_force(settings, NEXT) is None
    assert [path.name for path in (settings.root / "raw").rglob("*") if path.name != ".lock"] in ([], [RAW.name])


def test_an_id_with_a_quote_in_it_is_that_id(settings: Settings) -> None:
    decide(settings, replace(ACCOUNT, subject_id="it's"))
    assert said(settings) == [("it's", "victim", "kim")]


def test_the_next_delivery_carries_what_stood_before_byte_by_byte_whoever_wrote_it(settings: Settings) -> None:
    theirs = deliver(settings.root, RAW.name, [good(RAW.name, subject_id="a7", extra=1), {"broken": True}], ds=NIGHT)
    done = decide(settings, CASE)
    assert (settings.root / "raw" / RAW.name / f"ds={NEXT}" / theirs.name).read_bytes() == theirs.read_bytes()
    assert done.foreign == (theirs.name,)
    later = decide(settings, replace(ACCOUNT, decided_at=MORNING + timedelta(days=3)))
    accepted = [row for row in landed(settings.root, RAW.name, later.night) if not row["rejection_reason"]]
    assert sorted(row["subject_id"] for row in accepted) == ["a1", "a7", "c1"]


def test_two_decisions_of_a_day_are_in_one_delivery_and_the_last_on_a_subject_stands(settings: Settings) -> None:
    decide(settings, CASE)
    decide(settings, replace(CASE, decision="rejected", decided_at=MORNING + timedelta(minutes=1)))
    decide(settings, ACCOUNT)
    assert said(settings) == [("a1", "victim", "kim"), ("c1", "confirmed", "kim"), ("c1", "rejected", "kim")]


def test_the_same_said_again_changes_nothing(settings: Settings) -> None:
    first = settings.root / str(decide(settings, CASE).file)
    before = first.read_bytes()
    again = decide(settings, replace(CASE, decided_at=MORNING + timedelta(hours=1)))
    assert (again.file, again.case, first.read_bytes()) == (None, CASE, before)


def test_a_decision_that_would_not_stand_is_refused(settings: Settings) -> None:
    decide(settings, CASE)
    with pytest.raises(UsageError, match="would stay in force"):
        decide(settings, replace(CASE, decision="rejected", decided_at=MORNING - timedelta(hours=1)))


def test_undo_takes_the_newest_back_and_what_stood_before_stands_again(settings: Settings) -> None:
    decide(settings, CASE)
    second = replace(CASE, decision="rejected", decided_at=MORNING + timedelta(minutes=1))
    decide(settings, second)
    done = undo(settings, Case(MORNING + timedelta(hours=1), "campaign", "amber", "", "lee", "wrong campaign"))
    assert (done.case, done.in_force) == (second, CASE)
    assert said(settings) == [("c1", "confirmed", "kim")]
    (trail,) = (settings.root / "raw" / RAW.name / f"ds={NEXT}" / WITHDRAWN).read_text().splitlines()
    told = json.loads(trail)
    assert (told["withdrawn_by"], told["because"], told["decision"]) == ("lee", "wrong campaign", "rejected")


def test_undo_of_the_only_decision_leaves_a_snapshot_that_says_nothing_instead_of_the_one_before(
    settings: Settings,
) -> None:
    decide(settings, CASE)
    done = undo(settings, replace(CASE, decided_at=MORNING + timedelta(days=2), decision=""))
    assert done.in_force is None
    assert (in_force(settings, done.night), landed(settings.root, RAW.name, done.night)) == (done.night, [])
    assert said(settings) == [("c1", "confirmed", "kim")], "the night before keeps what it was told"
    decide(settings, replace(CASE, decided_at=MORNING + timedelta(days=2, hours=1)))
    assert said(settings, done.night) == [("c1", "confirmed", "kim")]


@pytest.mark.parametrize("decision", ["", "rejected"])
def test_nothing_that_was_not_decided_here_can_be_undone(settings: Settings, decision: str) -> None:
    deliver(settings.root, RAW.name, [good(RAW.name, subject_id="a1")], ds=NIGHT)
    with pytest.raises(UsageError, match="taken back there"):
        undo(settings, replace(ACCOUNT, decision=decision))
    assert in_force(settings, NEXT) == NIGHT


def test_a_later_delivery_that_would_hide_the_decision_is_named(settings: Settings) -> None:
    deliver(settings.root, RAW.name, [good(RAW.name)], ds=date(2027, 1, 1))
    with pytest.raises(IolausError, match="2027-01-01"):
        decide(settings, CASE)


def test_a_partition_that_its_writer_has_not_finished_is_left_alone(settings: Settings) -> None:
    deliver(settings.root, RAW.name, b"", name="_started", ds=NEXT)
    with pytest.raises(IolausError, match="no data file"):
        decide(settings, CASE)


def test_a_crash_between_the_files_leaves_the_old_snapshot_in_force_and_the_next_try_works(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    deliver(settings.root, RAW.name, [good(RAW.name, subject_id="a7")], ds=NIGHT)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(deciding, "_settle", killed)
        with pytest.raises(KeyboardInterrupt):
            decide(settings, CASE)
    assert in_force(settings, NEXT) == NIGHT
    decide(settings, CASE)
    assert said(settings) == [("a7", "victim", "kim"), ("c1", "confirmed", "kim")]


def test_analysts_who_decide_at_once_lose_nothing(settings: Settings) -> None:
    cases = [replace(CASE, subject_id="c1"), replace(CASE, subject_id="c2"), replace(CASE, subject_id="c3"), ACCOUNT]
    with ProcessPoolExecutor(4, get_context("spawn")) as analysts:
        assert len(list(analysts.map(decide, [settings] * 4, cases))) == 4
    assert [subject for subject, *_ in said(settings)] == ["a1", "c1", "c2", "c3"]


def test_a_day_on_which_only_analysts_decided_is_no_night_to_build(settings: Settings) -> None:
    deliver(settings.root, "logins", [good("logins")], ds=NIGHT)
    decide(settings, CASE)
    assert landed_nights(settings) == [NIGHT]


def test_before_anything_is_published_there_is_nothing_to_decide(tmp_path: Path) -> None:
    with pytest.raises(IolausError, match="nothing to decide"):
        decide(Settings(tmp_path), CASE)
    assert not (tmp_path / "raw").exists()

"""Forgetting in a lake of a few tables: what goes and what stays, in whatever moment the process is killed."""

from __future__ import annotations

import shutil
import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from jobs import settings
from jobs.errors import IolausError, UsageError
from jobs.history.forgetting import Forgotten, forget
from jobs.lake.lake import Lake
from jobs.nights import staging, steps
from jobs.nights.records import Staged
from jobs.nights.records import staged as record_of
from jobs.privacy import erasures
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.warehouse import open_warehouse
from tests.conftest import TEST_KEY
from tests.jobs.history.killing import KILLED
from tests.jobs.history.lakes import MONDAY, TODAY, TUESDAY, made_and_kept, put_back, rows
from tests.traces import kinds, traces

GONE, ALSO_GONE, SECOND, THIRD = "acct-1", "acct-9", "acct-2", "acct-3"


def token(account: str) -> str:
    return Pseudonyms(TEST_KEY.encode()).token(erasures.KIND, account)


def commit(lake: Lake, name: str, night: date, *given: dict[str, Any], **properties: str) -> None:
    files = lake.write_arrow(name, night, rows(name, *given))
    lake.commit(name, night, files, f"made-{name}-{night}", {"inputs": "{}"} | properties, "code")


def staged(night: date, rejected_files: Sequence[str] = (), **counts: Any) -> dict[str, str]:
    """What a staged night records."""
    return Staged("k0000", night, {"files": 1, "bytes": 1, **counts}, rejected_files=rejected_files).properties()


def decisions(lake: Lake) -> None:
    note = f"works with {GONE}, not with {THIRD}; see ({ALSO_GONE})."
    decided = {"subject_kind": "account", "subject_id": SECOND, "note": note}
    commit(
        lake,
        "staged.case_decisions",
        TUESDAY,
        decided | {"decision_id": "d1"},
        {"decision_id": "d2", "subject_kind": "account", "subject_id": GONE},
        {"decision_id": "d3", "subject_kind": "campaign", "subject_id": "c1"},
        **staged(TUESDAY, table_name="case_decisions", landed=3, staged=3, duplicates=0, rejected=0),
    )


def small_lake(root: Path) -> Lake:
    """Two nights of a few tables; Monday was built twice, a step died, and a page was written."""
    lake = Lake(root)
    for night, accounts in (
        (MONDAY, [GONE, SECOND]),
        (MONDAY, [GONE, SECOND, THIRD]),
        (TUESDAY, [SECOND, THIRD, GONE]),
    ):
        refused = [{"table_name": "accounts", "record_digest": f"{n}", "occurrence": 1} for n in range(3)]
        named = [each | {"account_token": token(who)} for each, who in zip(refused, [GONE, SECOND, GONE], strict=True)]
        rejected = lake.write_arrow("staged.rejected", night, rows("staged.rejected", *named))
        counts = {"table_name": "accounts", "landed": len(accounts) + 4, "staged": len(accounts), "rejected": 3}
        commit(
            lake,
            "staged.accounts",
            night,
            *({"account_id": each, "email": f"email-of-{each}"} for each in accounts),
            **staged(night, rejected, **counts, duplicates=1, late=0),
        )
        if night == TUESDAY:
            decisions(lake)
        lake.commit("staged.rejected", night, rejected, "made-rejected", {}, "code")
        builds = [lake.builds(name)[night] for name in steps.staged_sources() if night in lake.builds(name)]
        files = lake.write_arrow("staged.deliveries", night, staging.delivery_rows(builds))
        lake.commit("staged.deliveries", night, files, "made-deliveries", {}, "code")
        pieces = [{"cluster_id": min(accounts), "account_id": each, "accounts_sharing": 2} for each in accounts]
        commit(lake, "campaigns.clusters", night, *(each | {"entity": f"e-{each['account_id']}"} for each in pieces))
        lineage = {"campaign_id": "c1", "event": "born", "other_campaign_id": "c1"}
        commit(lake, "campaigns.lineage", night, lineage | {"cluster_id": min(accounts)})
        commit(lake, "campaigns.daily", night, {"campaign_id": "c1", "accounts": len(accounts), "exchanges": 5})
    lake.write_arrow("campaigns.clusters", TUESDAY, rows("campaigns.clusters", {"account_id": GONE}))  # a step died
    members = [{"as_of_date": TUESDAY, "campaign_id": "c1", "account_id": each} for each in (GONE, SECOND)]
    evidence = [
        {"as_of_date": TUESDAY, "evidence_id": f"{n}", "subject_kind": kind, "subject_id": subject}
        for n, (kind, subject) in enumerate((("account", GONE), ("account", SECOND), ("campaign", "c1")))
    ]
    published = {"runs": [{"as_of_date": TUESDAY}], "campaign_members": members, "campaign_evidence": evidence}
    warehouse = open_warehouse("duckdb:///{root}/warehouse.duckdb", root)
    warehouse.publish(TUESDAY, {name: rows(f"published.{name}", *each) for name, each in published.items()})
    page = root / "report" / "page.html"
    page.parent.mkdir(exist_ok=True)
    page.write_text(f"<li id='{GONE}'>{GONE}</li><li>{GONE}0</li><p>2 accounts</p>")
    return lake


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return made_and_kept(tmp_path_factory.mktemp("forgetting"), small_lake)


@pytest.fixture
def root(made: tuple[Path, Path]) -> Path:
    return put_back(*made)


def forgotten(root: Path, *accounts: str) -> Forgotten:
    return forget(settings.settings(root, "sail"), accounts, TODAY)


def places(root: Path) -> tuple[Path, ...]:
    return root / "lake", root / "warehouse.duckdb", root / "report"


def held(lake: Lake, name: str, night: date) -> list[dict[str, Any]]:
    return lake.read_arrow(name, night, night).to_pylist()


def all_held(root: Path) -> dict[str, list[dict[str, Any]]]:
    """Every row of every table of lake and warehouse."""
    lake, warehouse = Lake(root), open_warehouse("duckdb:///{root}/warehouse.duckdb", root)
    found = {
        name: [row for night in (MONDAY, TUESDAY) for row in held(lake, name, night)] for name in lake.tables.names()
    }
    for name in ("campaign_members", "campaign_evidence"):
        found[f"warehouse.{name}"] = warehouse.read(name, None).to_pylist()
    return found


def about_others(found: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows that do not name the account, without what is counted and labelled anew and free text."""
    left_out = {"cluster_id", "note", "staged", "rejected", "erased"}
    mine = {GONE, token(GONE)}
    return {
        name: [
            {column: value for column, value in row.items() if column not in left_out}
            for row in each
            if not mine & {value for column, value in row.items() if column != "cluster_id" and isinstance(value, str)}
        ]
        for name, each in found.items()
    }


def test_nothing_of_the_account_is_left_and_the_rest_is_as_it_was(root: Path) -> None:
    before = all_held(root)
    assert kinds(traces(GONE, *places(root))) >= {".parquet", ".avro", ".duckdb", ".html"}, (
        "the search sees all of them"
    )

    found = forgotten(root, GONE, ALSO_GONE)

    assert traces(GONE, *places(root)[:2]) == []
    assert traces(token(GONE), root / "lake") == [f"{root}/lake/erasures.json: bytes has {token(GONE)}"]
    assert traces(f"email-of-{GONE}", *places(root)[:2]) == []
    after = all_held(root)
    assert about_others(after) == about_others(before)
    assert {name: len(before[name]) - len(after[name]) for name in before if len(before[name]) != len(after[name])} == {
        "staged.accounts": 2,
        "staged.case_decisions": 1,
        "staged.rejected": 4,
        "campaigns.clusters": 2,
        "warehouse.campaign_members": 1,
        "warehouse.campaign_evidence": 1,
    }
    assert sum(found.lake_rows.values()) == 9
    assert sum(found.warehouse_rows.values()) == 2
    assert found.unknown == (ALSO_GONE,), "it was only named in a text"


def test_an_account_that_stood_for_a_group_gives_way_to_the_next_smallest(root: Path) -> None:
    forgotten(root, GONE)
    lake = Lake(root)
    for night in (MONDAY, TUESDAY):
        assert {row["cluster_id"] for row in held(lake, "campaigns.clusters", night)} == {SECOND}
        assert [row["cluster_id"] for row in held(lake, "campaigns.lineage", night)] == [SECOND]


def test_texts_no_longer_name_the_account_and_pages_neither(root: Path) -> None:
    forgotten(root, GONE, ALSO_GONE)
    (note,) = [row["note"] for row in held(Lake(root), "staged.case_decisions", TUESDAY) if row["note"]]
    assert note == f"works with [erased], not with {THIRD}; see ([erased])."
    page = (root / "report" / "page.html").read_text()
    assert page == f"<li id='[erased]'>[erased]</li><li>{GONE}0</li><p>2 accounts</p>"


def test_what_landed_still_adds_up(root: Path) -> None:
    forgotten(root, GONE)
    lake = Lake(root)
    for night in (MONDAY, TUESDAY):
        (row,) = [each for each in held(lake, "staged.deliveries", night) if each["table_name"] == "accounts"]
        assert (row["landed"], row["staged"], row["duplicates"], row["rejected"], row["erased"]) == (7, 2, 1, 1, 3)
        assert row["staged"] == lake.builds("staged.accounts")[night].rows == len(held(lake, "staged.accounts", night))
        files = record_of(lake.builds("staged.accounts")[night]).rejected_files
        assert list(files) == lake.paths("staged.rejected", night, night), "a rebuilt night finds the files it rejected"


def test_nights_keep_what_they_were_made_from_and_when(root: Path) -> None:
    lake = Lake(root)
    before = {name: lake.builds(name) for name in lake.tables.names()}
    (first, _, _) = lake.history("campaigns.clusters")
    forgotten(root, GONE)
    lake = Lake(root)
    for name, builds in before.items():
        for night, build in builds.items():
            now = lake.builds(name)[night]
            assert (now.fingerprint, now.committed_ms, now.code) == (build.fingerprint, build.committed_ms, build.code)
    for number in (first.snapshot_id, before["campaigns.clusters"][MONDAY].snapshot_id):
        with pytest.raises(IolausError, match=rf"campaigns\.clusters was changed by an erasure on {TODAY}"):
            lake.build_of("campaigns.clusters", MONDAY, number)
    kept = before["campaigns.daily"][MONDAY]
    assert lake.build_of("campaigns.daily", MONDAY, kept.snapshot_id) == kept, (
        "a table without accounts keeps its history"
    )


def test_forgetting_twice_finds_nothing_to_do(root: Path) -> None:
    assert forgotten(root, GONE).did_something
    before = {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}
    again = forgotten(root, GONE)
    assert not again.did_something
    assert {path: path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()} == before


def test_one_after_the_other_is_as_both_at_once(root: Path, made: tuple[Path, Path]) -> None:
    forgotten(root, GONE, SECOND)
    at_once = all_held(root)
    shutil.rmtree(root)
    shutil.copytree(made[1], root)
    forgotten(root, GONE)
    forgotten(root, SECOND)
    assert all_held(root) == at_once
    assert {row["cluster_id"] for row in at_once["campaigns.clusters"]} == {THIRD}
    (build,) = [each for each in Lake(root).history("campaigns.clusters") if each.night == TUESDAY]
    assert len(build.replaces) == 2, "also what it stood for before the second erasure"


def test_an_unknown_account_is_registered_all_the_same(root: Path) -> None:
    found = forgotten(root, "nobody", GONE)
    assert found.unknown == ("nobody",)
    assert {each.token for each in erasures.read(Lake(root))} == {token("nobody"), token(GONE)}


def test_another_key_than_the_registers_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    forgotten(root, GONE)
    monkeypatch.setenv("IOLAUS_PSEUDONYM_KEY", "another-key-of-the-tests")
    with pytest.raises(UsageError, match="would come back"):
        forgotten(root, SECOND)
    with pytest.raises(UsageError, match="erasure register"):
        erasures.in_force(Lake(root), Pseudonyms.from_environment())


def test_an_empty_account_is_wrong_usage(root: Path) -> None:
    for accounts in ([], ["  "], [GONE, ""]):
        with pytest.raises(UsageError, match="account ids"):
            forgotten(root, *accounts)


def test_it_does_not_run_beside_a_step_of_a_night(root: Path) -> None:
    with Lake(root).shared(), pytest.raises(IolausError, match="A night is being built"):
        forgotten(root, GONE)
    assert erasures.read(Lake(root)) == []


def test_a_copied_lake_is_refused_because_its_metadata_name_the_originals_files(root: Path) -> None:
    shutil.copytree(root, root / "copy")
    with pytest.raises(IolausError, match="was moved or copied"):
        forgotten(root / "copy", GONE)
    assert all_held(root)["staged.accounts"][0]["account_id"] == GONE


MOMENTS = [
    ("jobs.lake.lake", "Lake", "write_note", 1),
    ("jobs.history.forgetting", "", "write_successor", 4),
    ("jobs.lake.rewriting", "", "_drop", 1),
    ("jobs.lake.rewriting", "", "_drop", 2),
    ("jobs.warehouse.duck", "", "_copy", 1),
    ("pathlib", "Path", "unlink", 4),
    ("jobs.privacy.erasures", "", "finish", 1),
]


def test_killed_again_and_again_it_goes_on_and_readers_see_whole_tables(root: Path) -> None:
    before = all_held(root)
    unfinished: list[int] = []
    for moment in MOMENTS:
        line = [sys.executable, "-c", KILLED, *map(str, moment), "forget", GONE, "--root", str(root)]
        done = subprocess.run(line, capture_output=True, check=False)
        assert done.returncode == -signal.SIGKILL, f"{moment}: {done.stderr.decode()}"
        now = all_held(root)
        assert about_others(now) == about_others(before), moment
        for name in before:
            assert len(now[name]) in (len(before[name]), len(about_others(before)[name])), (
                f"{name} is half done: {moment}"
            )
        unfinished.append(sum(each.done_on is None for each in erasures.read(Lake(root))))
    assert unfinished == [0] + [1] * (len(MOMENTS) - 1)

    assert forgotten(root, GONE).was_unfinished

    assert [each.done_on for each in erasures.read(Lake(root))] == [TODAY]
    assert traces(GONE, *places(root)[:2]) == []
    assert about_others(all_held(root)) == about_others(before)
    assert not forgotten(root, GONE).did_something

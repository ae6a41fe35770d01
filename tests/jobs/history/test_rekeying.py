"""A change of the key in a lake of a few tables: everything is as if it had been made under the new one, whenever it was killed."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from jobs import settings
from jobs.errors import IolausError, UsageError
from jobs.history.doctoring import mend
from jobs.history.forgetting import forget
from jobs.history.rekeying import Rekeyed, rekey
from jobs.history.status import unfinished_rekey
from jobs.lake.lake import Lake
from jobs.lake.tags import tags
from jobs.nights import keys, steps
from jobs.nights.records import Staged
from jobs.nights.records import staged as record_of
from jobs.privacy import erasures
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.settings import PSEUDONYM_KEY, PSEUDONYM_KEY_BEFORE
from jobs.warehouse import open_warehouse
from tests.jobs.history.killing import KILLED
from tests.jobs.history.lakes import MONDAY, TODAY, TUESDAY, made_and_kept, put_back, rows
from tests.traces import kinds, traces

FIRST_KEY, SECOND_KEY = "the first key of a small lake", "another key that comes after it"
OLD, NEW = Pseudonyms(FIRST_KEY.encode()), Pseudonyms(FIRST_KEY.encode(), SECOND_KEY.encode())
GONE = "acct-gone"
Rows = list[dict[str, Any]]


def digest(made: Pseudonyms, text: str) -> str:
    return made.digest(text.encode()).hex()[:32]


def evidence(made: Pseudonyms, account: str) -> dict[str, Any]:
    entity = made.token("device", f"d-{account}")
    parts = "\x1f".join(["c1", "account", account, "device", entity])
    return {
        "campaign_id": "c1", "subject_kind": "account", "subject_id": account, "signal": "device", "entity": entity,
        "evidence_id": hashlib.sha256(parts.encode()).hexdigest()[:16],
        "explanation": f"an analyst decided victim (decision {digest(made, 'd1')})",
    }  # fmt: skip


def tables(made: Pseudonyms, accounts: list[str]) -> dict[str, Rows]:
    """A night's rows of tables that hold every kind of thing that is made from the key."""
    mail = [{"account_id": each, "email": made.token("email", each)} for each in accounts]
    leads = " ".join(made.token("phonelead", lead) for lead in ("49", "491"))
    return {
        "staged.accounts": [each | {"phone_prefixes": leads} for each in mail],
        "staged.charges": [{"charge_id": digest(made, f"charge of {each}"), "billing_account_id": each} for each in accounts],
        "staged.logins": [{"login_id": digest(made, f"login of {each}"), "account_id": each} for each in accounts],
        "staged.case_decisions": [{"decision_id": digest(made, "d1"), "subject_kind": "campaign", "subject_id": "c1"}],
        "staged.ip_networks": [{"cidr": made.token("net4-32", "c6336401")}, {"cidr": "198.51.0.0/16"}],
        "staged.model_releases": [{"model": "m-1"}],
        "signals.devices": [{"account_id": each, "entity": made.token("device", f"d-{each}")} for each in accounts],
        "campaigns.judgements": [
            {"campaign_id": "c1", "decision_id": digest(made, "d1"), "explanation": evidence(made, "x")["explanation"]}
        ],
        "campaigns.evidence": [evidence(made, each) for each in accounts],
        "published.campaign_evidence": [evidence(made, each) for each in accounts],
    }  # fmt: skip


def rejections(made: Pseudonyms) -> Rows:
    """One that names its account by token, and one that names nothing by any."""
    return [
        {"table_name": "accounts", "record_digest": digest(made, f"rejected {n}"), "account_token": token, "occurrence": 1}
        for n, token in enumerate((made.token(erasures.KIND, "acct-1"), None))
    ]  # fmt: skip


def page(made: Pseudonyms) -> str:
    return f"<td>{made.token('device', 'd-acct-1')}</td><p>{evidence(made, 'a1')['explanation']}</p>"


def small_lake(root: Path) -> Lake:
    """Two nights under the old key, Monday built twice, one account forgotten before, a page, and what is left of a killed step."""
    lake = Lake(root)
    keys.require_usual(lake, OLD)
    erasures.register(lake, [OLD.token(erasures.KIND, GONE)], MONDAY)
    for night, accounts in ((MONDAY, ["acct-1"]), (MONDAY, ["acct-1", "acct-2"]), (TUESDAY, ["acct-2", "acct-3"])):
        rejected = lake.write_arrow("staged.rejected", night, rows("staged.rejected", *rejections(OLD)))
        for name, each in tables(OLD, accounts).items():
            record = {"inputs": "{}"}
            if name in steps.staged_sources():
                refused = rejected if name == "staged.accounts" else []
                counted = {"table_name": name, "landed": len(each), "staged": len(each), "rejected": len(refused) * 2}
                record = Staged(OLD.key_id, night, counted, rejected_files=refused).properties()
            files = lake.write_arrow(name, night, rows(name, *each))
            build = lake.commit(name, night, files, f"made-{name}-{night}-{len(accounts)}", record, "code")
        lake.tag("published.campaign_evidence", f"{night}-run{len(accounts)}", build.snapshot_id)
        for name in (steps.JUDGED, steps.RUNS):
            row = {"as_of_date": night}
            lake.commit(
                name, night, lake.write_arrow(name, night, rows(name, row)), f"made-{name}", {"inputs": "{}"}, "code"
            )
        if night == MONDAY:
            lake.commit("staged.rejected", night, rejected, "made-rejected", {}, "code")
    # Tuesday's rejected rows were not collected yet; a step died
    lake.write_arrow(
        "campaigns.clusters", TUESDAY, rows("campaigns.clusters", *tables(OLD, ["acct-9"])["signals.devices"])
    )
    published = [each | {"as_of_date": night} for night in (MONDAY, TUESDAY) for each in tables(OLD, ["acct-1", "acct-2"])[
        "published.campaign_evidence"]]  # fmt: skip
    warehouse = open_warehouse("duckdb:///{root}/warehouse.duckdb", root)
    for night in (MONDAY, TUESDAY):
        mine = [each for each in published if each["as_of_date"] == night]
        warehouse.publish(night, {
            "runs": rows("published.runs", {"as_of_date": night}),
            "campaign_evidence": rows("published.campaign_evidence", *mine),
        })  # fmt: skip
    (root / "report").mkdir()
    (root / "report" / "page.html").write_text(page(OLD))
    return lake


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return made_and_kept(tmp_path_factory.mktemp("rekeying"), small_lake)


@pytest.fixture
def root(made: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The lake under the old key, and an environment with the new one."""
    monkeypatch.setenv(PSEUDONYM_KEY, SECOND_KEY)
    monkeypatch.setenv(PSEUDONYM_KEY_BEFORE, FIRST_KEY)
    return put_back(*made)


def rekeyed(root: Path) -> Rekeyed:
    return rekey(settings.settings(root, "sail"), TODAY)


def held(root: Path) -> dict[str, Rows]:
    """Every row of every table of lake and warehouse, without what is not given by these tests."""
    lake, warehouse = Lake(root), open_warehouse("duckdb:///{root}/warehouse.duckdb", root)
    found = {name: lake.read_arrow(name, MONDAY, TUESDAY).to_pylist() for name in lake.tables.names()}
    for name in (steps.JUDGED, steps.RUNS):
        del found[name]
    return found | {"warehouse": warehouse.read("campaign_evidence", None).to_pylist()}


def expected(made: Pseudonyms) -> dict[str, Rows]:
    both = [tables(made, ["acct-1", "acct-2"]), tables(made, ["acct-2", "acct-3"])]
    found = {name: rows(name, *both[0][name], *both[1][name]).to_pylist() for name in both[0]}
    found["staged.rejected"] = rows("staged.rejected", *rejections(made)).to_pylist()
    published = [
        each | {"as_of_date": night}
        for night in (MONDAY, TUESDAY)
        for each in tables(made, ["acct-1", "acct-2"])["published.campaign_evidence"]
    ]
    found["warehouse"] = rows("published.campaign_evidence", *published).to_pylist()
    return found


def same(found: dict[str, Rows], wanted: dict[str, Rows]) -> bool:
    """Whatever the order of rows: digests are part of keys, by which some are sorted."""
    return {n: sorted(map(str, each)) for n, each in found.items()} == {
        n: sorted(map(str, each)) for n, each in wanted.items()
    }


def old_words() -> list[str]:
    """Every token and digest that the old key made, and both keys."""
    found = {
        FIRST_KEY,
        SECOND_KEY,
        OLD.token(erasures.KIND, GONE),
        OLD.token("email", "acct-1"),
        *page(OLD).split("<>"),
    }
    found |= {
        digest(OLD, f"{kind} of {each}") for kind in ("charge", "login") for each in ("acct-1", "acct-2", "acct-3")
    }
    found |= {digest(OLD, "d1"), digest(OLD, "rejected 0"), digest(OLD, "rejected 1"), f"_{OLD.key_id}_"}
    return sorted(found | {evidence(OLD, each)["evidence_id"] for each in ("acct-1", "acct-2", "acct-3")})


def test_everything_is_as_if_it_had_been_made_under_the_new_key(root: Path) -> None:
    assert same(held(root), expected(OLD))
    before = traces(old_words(), root)
    assert kinds(before) >= {".parquet", ".duckdb", ".json", ".html"}
    found = rekeyed(root)
    assert same(held(root), expected(NEW))
    assert (root / "report" / "page.html").read_text() == page(NEW)
    assert traces(old_words(), root) == []
    assert (found.since, found.key, found.registered, found.pages) == (OLD.key_id, NEW.key_id, 1, 1)
    assert found.lake_files["staged.charges"] == 2
    assert "staged.model_releases" not in found.lake_files
    assert found.warehouse_rows == {"campaign_evidence": 4}


def test_nights_keep_what_they_were_made_from_and_when_and_their_names(root: Path) -> None:
    lake = Lake(root)
    before = {name: lake.builds(name) for name in lake.tables.names()}
    (first, _, _) = lake.history("staged.accounts")
    rekeyed(root)
    lake = Lake(root)
    for name, builds in before.items():
        for night, build in builds.items():
            now = lake.builds(name)[night]
            assert (now.fingerprint, now.committed_ms, now.code) == (build.fingerprint, build.committed_ms, build.code)
            assert lake.damage(name, night, is_verified=True) is None
            assert lake.build_of(name, night, build.snapshot_id) == now, "whoever was built from it can be reproduced"
    with pytest.raises(IolausError, match=rf"brought under a newer key on {TODAY} \(`iolaus rekey`\)"):
        lake.build_of("staged.accounts", MONDAY, first.snapshot_id)
    named = tags(lake.tables.open("published.campaign_evidence"))
    evidence_builds = lake.builds("published.campaign_evidence")
    assert {tag: each for tag, each in named.items() if tag != f"{MONDAY}-run1"} == {
        f"{MONDAY}-run2": evidence_builds[MONDAY].snapshot_id,
        f"{TUESDAY}-run2": evidence_builds[TUESDAY].snapshot_id,
    }  # fmt: skip


def test_a_staged_night_says_its_first_key_which_is_all_that_its_fingerprint_has_of_keys(root: Path) -> None:
    rekeyed(root)
    record = record_of(Lake(root).builds("staged.accounts")[MONDAY])
    assert (record.key, record.first_key) == (NEW.key_id, OLD.key_id)


def test_rejected_rows_that_were_not_collected_yet_are_there_under_the_new_key(root: Path) -> None:
    rekeyed(root)
    lake = Lake(root)
    files = list(record_of(lake.builds("staged.accounts")[TUESDAY]).rejected_files)
    lake.commit("staged.rejected", TUESDAY, files, "made-rejected", {}, "code")
    wanted = rows("staged.rejected", *rejections(NEW)).to_pylist()
    assert lake.read_arrow("staged.rejected", TUESDAY, TUESDAY).to_pylist() == wanted
    monday = record_of(lake.builds("staged.accounts")[MONDAY]).rejected_files
    assert list(monday) == lake.paths("staged.rejected", MONDAY, MONDAY)


def content(root: Path) -> dict[str, bytes]:
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and path.name != ".lock")
    return {str(path): path.read_bytes() for path in files}


def test_twice_is_as_once(root: Path) -> None:
    rekeyed(root)
    before = content(root)
    assert rekeyed(root).since is None
    assert content(root) == before


def test_an_account_that_was_forgotten_before_is_recognised_and_more_can_be(root: Path) -> None:
    with pytest.raises(UsageError, match="`iolaus rekey`"):
        forget(settings.settings(root, "sail"), ["acct-2"], TODAY)
    rekeyed(root)
    assert erasures.in_force(Lake(root), NEW) == {NEW.token(erasures.KIND, GONE)}
    assert not forget(settings.settings(root, "sail"), [GONE], TODAY).is_new
    (then,) = [each.renamed[0] for each in Lake(root).builds("staged.accounts").values() if each.night == TUESDAY]
    assert forget(settings.settings(root, "sail"), ["acct-2"], TODAY).lake_rows["staged.accounts"] == 2
    with pytest.raises(IolausError, match=r"changed by an erasure"):
        Lake(root).build_of("staged.accounts", TUESDAY, then)
    assert traces("acct-2", root / "lake" / "staged") == []
    assert rekeyed(root).since is None


def test_without_any_erasure_nobody_misses_the_register(root: Path) -> None:
    (root / "lake" / erasures.REGISTER).unlink()
    rekeyed(root)
    erasures.require_register(Lake(root))


def test_a_third_key_goes_on_from_the_second(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rekeyed(root)
    monkeypatch.setenv(PSEUDONYM_KEY, "a third key that nobody expected")
    monkeypatch.setenv(PSEUDONYM_KEY_BEFORE, f"{FIRST_KEY},{SECOND_KEY}")
    assert rekeyed(root).since == NEW.key_id
    third = Pseudonyms.from_environment()
    assert same(held(root), expected(third))
    assert record_of(Lake(root).builds("staged.accounts")[MONDAY]).first_key == OLD.key_id


def test_both_at_once_is_as_one_after_the_other(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PSEUDONYM_KEY, "a third key that nobody expected")
    monkeypatch.setenv(PSEUDONYM_KEY_BEFORE, f"{FIRST_KEY},{SECOND_KEY}")
    assert rekeyed(root).since == OLD.key_id
    assert same(held(root), expected(Pseudonyms.from_environment()))


def test_the_command_names_every_table_and_neither_key(root: Path) -> None:
    line = [sys.executable, "-m", "jobs.cli", "rekey", "--root", str(root)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, env=os.environ)
    assert done.returncode == 0, done.stderr
    assert f"Brought from key {OLD.key_id} to {NEW.key_id}: " in done.stdout
    assert all(
        f"rekeying: {name}" in done.stderr for name in [*Lake(root).tables.names(), "erasure register", "warehouse"]
    )
    assert not any(key in done.stdout + done.stderr for key in (FIRST_KEY, SECOND_KEY))
    again = subprocess.run(line, capture_output=True, text=True, check=False, env=os.environ)
    assert (again.returncode, again.stdout) == (0, f"Nothing to do: the lake is under the newest key ({NEW.key_id}).\n")


def test_it_does_not_run_beside_a_step_of_a_night(root: Path) -> None:
    with Lake(root).shared(), pytest.raises(IolausError, match="A night is being built"):
        rekeyed(root)
    assert unfinished_rekey(settings.settings(root, "sail")) is None


def test_another_warehouse_than_the_nights_is_refused_before_anything_is_done(root: Path) -> None:
    """Or the lake would be done, and what is published would keep its tokens."""
    before = content(root)
    with pytest.raises(IolausError, match="The warehouse lacks nights 2026-03-02, 2026-03-03"):
        rekey(settings.settings(root, "sail", "duckdb:///{root}/another.duckdb"), TODAY)
    assert content(root) == before


def test_what_the_lake_has_lost_is_named_and_mended_without_the_key(root: Path) -> None:
    (lost,) = Lake(root).paths("staged.charges", MONDAY, MONDAY)
    Path(lost).unlink()
    with pytest.raises(
        IolausError, match=r"staged\.charges lacks its file .*`iolaus doctor --mend`; then run `iolaus rekey` again"
    ):
        rekeyed(root)
    mend(settings.settings(root, "sail"))
    assert rekeyed(root).since == OLD.key_id
    assert traces(old_words(), root) == []
    left = Lake(root).read_arrow("staged.charges", TUESDAY, TUESDAY)["charge_id"].to_pylist()
    assert sorted(left) == sorted(each["charge_id"] for each in tables(NEW, ["acct-2", "acct-3"])["staged.charges"])


MOMENTS = [
    ("jobs.history.rekeying", "", "write_successor", 4),
    ("jobs.lake.rewriting", "", "_drop", 3),
    ("jobs.warehouse.duck", "", "_copy", 1),
    ("jobs.nights.keys", "", "finish", 1),
]
MORE = [
    ("jobs.lake.lake", "Lake", "write_note", 1),
    ("jobs.lake.rewriting", "", "_drop", 1),
    ("jobs.lake.rewriting", "", "append_files", 4),
    ("jobs.privacy.erasures", "", "rewrap", 1),
    ("jobs.history.rekeying", "", "_page", 1),
    ("pathlib", "Path", "unlink", 9),
]


@pytest.mark.parametrize("moments", [MOMENTS, pytest.param(MORE, marks=pytest.mark.slow)], ids=["few", "more"])
def test_killed_again_and_again_it_goes_on_and_readers_see_whole_tables(
    root: Path, moments: list[tuple[str, str, str, int]]
) -> None:
    whole = {made: {n: sorted(map(str, each)) for n, each in expected(made).items()} for made in (OLD, NEW)}
    told = []
    for moment in moments:
        line = [sys.executable, "-c", KILLED, *map(str, moment), "rekey", "--root", str(root)]
        done = subprocess.run(line, capture_output=True, check=False, env=os.environ)
        assert done.returncode == -signal.SIGKILL, f"{moment}: {done.stderr.decode()}"
        for name, each in held(root).items():
            assert sorted(map(str, each)) in (whole[OLD][name], whole[NEW][name]), f"{name} is half done: {moment}"
        told.append(unfinished_rekey(settings.settings(root, "sail")) is not None)
    assert told == [moment[2] != "write_note" for moment in moments]

    assert rekeyed(root).since == OLD.key_id

    assert same(held(root), expected(NEW))
    assert (root / "report" / "page.html").read_text() == page(NEW)
    assert traces(old_words(), root) == []
    assert unfinished_rekey(settings.settings(root, "sail")) is None
    assert rekeyed(root).since is None


def test_a_file_of_many_rows_keeps_its_order_and_types(root: Path) -> None:
    lake = Lake(root)
    before = lake.read_arrow("staged.charges", MONDAY, MONDAY)
    rekeyed(root)
    after = Lake(root).read_arrow("staged.charges", MONDAY, MONDAY)
    assert after.schema == before.schema
    assert after["billing_account_id"].to_pylist() == before["billing_account_id"].to_pylist() != []
    assert pa.types.is_string(after.schema.field("charge_id").type)

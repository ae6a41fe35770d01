"""The command as a person meets it: exit codes, one sentence on stderr, and what it prints of a published night."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from jobs.cli import commands
from jobs.history import rebuilding
from jobs.nights import staging
from jobs.settings import ENGINE, PSEUDONYM_KEY, ROOT
from tests.conftest import TEST_KEY
from tests.worlds import FIRST, golden_world

PROJECT = Path(__file__).resolve().parents[3]  # the code beside these tests, whatever is installed


def iolaus(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    path = Path(sys.executable).parent
    known = {"PATH": f"{path}:/usr/bin:/bin", "PYTHONPATH": str(PROJECT), PSEUDONYM_KEY: TEST_KEY, **environment}
    given = {name: value for name, value in known.items() if value}
    return subprocess.run([path / "iolaus", *words], env=given, capture_output=True, text=True, timeout=300, umask=0)


def refused(done: subprocess.CompletedProcess[str], code: int, *parts: str) -> None:
    """One sentence on stderr that names the thing, nothing on stdout, the exit code of the contract."""
    assert done.returncode == code
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert len(done.stderr.strip().splitlines()) == 1
    for part in parts:
        assert part in done.stderr


COMMANDS = (
    "simulate", "run", "build", "backfill", "link", "explain", "query", "decide", "evaluate",
    "status", "forget", "rekey", "expire", "steps", "demo",
)  # fmt: skip


def test_a_long_backfill_goes_on_in_a_fresh_process_with_the_nights_that_are_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    built: list[date] = []
    monkeypatch.setattr(commands, "_run_nights", lambda runner, nights: built.extend(nights))
    handed_on = what_is_handed_on(monkeypatch)
    commands.backfill("2026-03-01", "2026-03-09", root=tmp_path)
    assert built == [date(2026, 3, day) for day in range(1, 8)]
    assert handed_on == [["backfill", "--from", "2026-03-08", "--to", "2026-03-09", "--root", str(tmp_path)]]
    commands.backfill("2026-03-08", "2026-03-09", root=tmp_path)
    assert (built[7:], len(handed_on)) == ([date(2026, 3, 8), date(2026, 3, 9)], 1)


def test_many_stale_nights_are_rebuilt_in_fresh_processes_each_going_on_after_the_last(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    stale = [date(2026, 3, day) for day in range(1, 10)]

    def rebuild(runner: object, told: object, since: date | None, at_most: int) -> list[date]:
        return [night for night in stale if since is None or night >= since][:at_most]

    monkeypatch.setattr(rebuilding, "rebuild", rebuild)
    handed_on = what_is_handed_on(monkeypatch)
    commands.backfill(stale=True, root=tmp_path)
    assert handed_on == [["backfill", "--from", "2026-03-08", "--root", str(tmp_path), "--stale"]]
    commands.backfill("2026-03-08", stale=True, root=tmp_path)
    assert len(handed_on) == 1


def what_is_handed_on(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The command of every fresh process that this one would be replaced by."""
    commands: list[list[str]] = []

    def execv(program: str, words: list[str]) -> None:
        assert words[:3] == [program, "-m", "jobs.cli"]
        commands.append(words[3:])

    monkeypatch.setattr(os, "execv", execv)
    return commands


def test_an_unexpected_error_names_the_step_and_the_night(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def broken(*_: object) -> None:
        raise ValueError("the engine lost a task\nat line 7")

    golden_world(tmp_path)
    monkeypatch.setattr(staging, "stage", broken)
    monkeypatch.setattr(sys, "argv", ["iolaus", "run", "--root", str(tmp_path), "--date", FIRST.isoformat()])
    monkeypatch.setenv(PSEUDONYM_KEY, TEST_KEY)
    assert commands.command() == 1
    said = capsys.readouterr().err
    assert (
        f"Unexpected ValueError in step staged.case_decisions of {FIRST}: the engine lost a task (details in " in said
    )


def test_help_lists_every_command() -> None:
    done = iolaus("--help")
    assert done.returncode == 0
    for command in COMMANDS:
        assert f" {command} " in done.stdout


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("run", "--date", "2026-03-02"), ("--root", ROOT)),
        (("run", "--date", "2026-03-02", "--root", "/no/such"), ("/no/such", "--root")),
        (("run", "--date", "2.3.2026", "--root", "."), ("--date", "2.3.2026")),
        (("run", "--date", "2026-03-02", "--root", ".", "--engine", "duck"), (ENGINE, "duck")),
        (("backfill", "--from", "2026-03-05", "--to", "2026-03-02", "--root", "."), ("--to", "--from")),
        (("backfill", "--root", "."), ("--from", "--stale")),
        (("backfill", "--stale", "--to", "2026-03-02", "--root", "."), ("--stale", "--to")),
        (("run", "--root", "."), ("--date", "--reproduce")),
        (("build", "no.such", "--date", "2026-03-02", "--root", "."), ("no.such", "iolaus steps")),
        (("explain", "crime", "c1", "--root", "."), ("account or campaign", "crime")),
        (("query", "--root", "."), ("SQL", "--named")),
        (("query", "SELECT 1", "--named", "nights", "--root", "."), ("SQL", "--named")),
        (("query", "SELECT 1", "--format", "xml", "--root", "."), ("--format", "xml", "csv")),
        (("decide", "crime", "c1", "confirmed", "--analyst", "kim", "--root", "."), ("account or campaign", "crime")),
        (("decide", "account", "a1", "guilty", "--analyst", "kim", "--root", "."), ("victim", "guilty")),
        (("decide", "account", "a1", "--analyst", "kim", "--root", "."), ("confirmed, rejected",)),
        (("decide", "account", "a1", "victim", "--root", "."), ("--analyst",)),
        (
            ("decide", "account", "a1", "victim", "--analyst", "k", "--date", "2999-01-01", "--root", "."),
            ("2999-01-01",),
        ),
        (("link", "--observations", "/no/file.csv", "--out", "/tmp/x"), ("/no/file.csv", "--observations")),
        (("evaluate", "--root", ".", "--truth", "/no/truth"), ("/no/truth", "--truth")),
        (("status", "--root", "/no/such"), ("/no/such",)),
        (("forget", "a1"), ("--root", ROOT)),
        (("forget", "a1", " ", "--root", "."), ("account ids",)),
        (("expire", "--keep-days", "7", "--date", "2.3.2026", "--root", "."), ("--date", "2.3.2026")),
        (("expire", "--keep-days", "7", "--root", "/no/such"), ("/no/such",)),
    ],
    ids=lambda value: value[0] if value[0] in COMMANDS else "",
)
def test_wrong_usage_is_one_sentence_and_exit_2(
    words: tuple[str, ...], parts: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    refused(iolaus(*words), 2, *parts)


def test_a_missing_option_is_exit_2(tmp_path: Path) -> None:
    assert iolaus("run").returncode == 2
    assert iolaus("forget", "--root", str(tmp_path)).returncode == 2
    assert iolaus("expire", "--root", str(tmp_path)).returncode == 2
    assert iolaus("expire", "--root", str(tmp_path), "--keep-days", "0").returncode == 2


def test_an_account_is_forgotten_before_it_ever_comes_and_what_is_left_to_do_is_said(tmp_path: Path) -> None:
    done = iolaus("forget", "a1", "--root", str(tmp_path))
    assert done.returncode == 0, done.stderr
    assert "a1: no rows found; registered, so it will not come back." in done.stdout
    for part in ("1 account forgotten: 0 rows left the lake", f"{tmp_path}/raw still has", "backups"):
        assert part in done.stdout
    assert '"a1"' not in (tmp_path / "lake" / "erasures.json").read_text()
    again = iolaus("forget", "a1", "--root", str(tmp_path))
    assert (again.returncode, again.stdout) == (
        0,
        "Nothing to do: 1 account registered before, and nothing of it is left.\n",
    )
    expired = iolaus("expire", "--keep-days", "7", "--root", str(tmp_path))
    assert expired.returncode == 0
    assert expired.stdout.startswith("Nothing to do: no snapshot from before")
    refused(
        iolaus("forget", "a2", "--root", str(tmp_path), **{PSEUDONYM_KEY: "another-key-of-the-tests"}), 2, "come back"
    )
    refused(iolaus("forget", "a2", "--root", str(tmp_path), **{PSEUDONYM_KEY: ""}), 2, PSEUDONYM_KEY)


def test_an_erasure_that_was_interrupted_is_told_by_status(tmp_path: Path) -> None:
    iolaus("forget", "a1", "--root", str(tmp_path))
    register = tmp_path / "lake" / "erasures.json"
    rows = json.loads(register.read_text())
    register.write_text(json.dumps([row | {"done_on": None} for row in rows]))
    (tmp_path / "raw").mkdir()
    assert "The erasure of 1 account is not finished" in iolaus("status", "--root", str(tmp_path)).stdout
    assert "An earlier run was interrupted" in iolaus("forget", "a1", "--root", str(tmp_path)).stdout
    assert "not finished" not in iolaus("status", "--root", str(tmp_path)).stdout


def test_explain_before_anything_is_published_is_exit_1(tmp_path: Path) -> None:
    refused(iolaus("explain", "campaign", "c1", "--root", str(tmp_path)), 1, "iolaus run")


def test_a_key_that_is_too_short_is_named_and_not_shown(tmp_path: Path) -> None:
    (tmp_path / "raw").mkdir()
    done = iolaus("run", "--date", "2026-03-02", "--root", str(tmp_path), **{PSEUDONYM_KEY: "hush-hush"})
    refused(done, 2, PSEUDONYM_KEY)
    assert "hush-hush" not in done.stderr


def test_named_without_a_name_lists_the_ready_queries_before_anything_is_published() -> None:
    for words in (("--named",), ("--named", "--format", "csv")):
        listed = iolaus("query", *words).stdout.splitlines()
        assert len(listed) == 10
        assert "new-tonight: One row per campaign" in "\n".join(listed)


def test_steps_as_json_lists_what_each_step_needs() -> None:
    steps = json.loads(iolaus("steps", "--json").stdout)
    assert steps["publish"] == ["quality"]
    assert "staged.api_requests" in steps["signals.account_days"]


def test_a_demo_night_can_be_explained_evaluated_and_looked_at(tmp_path: Path) -> None:
    root = str(tmp_path / "world")
    made = iolaus("simulate", "--root", root, "--preset", "tiny", "--days", "1", "--seed", "7")
    assert made.returncode == 0, made.stderr
    done = iolaus("demo", "--root", root, **{PSEUDONYM_KEY: ""})
    assert done.returncode == 0, done.stderr
    name = next(line.split("│")[1].strip() for line in done.stdout.splitlines() if "deliberate" in line)
    assert (tmp_path / "world" / "report" / "2026-03-02" / "index.html").is_file()
    assert "69 steps built" in done.stderr

    why = iolaus("explain", "campaign", name, "--root", root)
    assert why.returncode == 0
    assert name in why.stdout
    assert "almost certain" in why.stdout

    asked = iolaus(
        "query", "SELECT name FROM campaigns_current WHERE verdict = 'deliberate'", "--format", "json", "--root", root
    )
    assert name in {row["name"] for row in json.loads(asked.stdout)}
    assert name in iolaus("query", "--root", root, "--format", "csv", "--named", "new-tonight").stdout
    refused(iolaus("query", f"COPY campaigns TO '{root}/out.csv'", "--root", root), 2, "exactly one SELECT, not COPY")

    decision = ("decide", "campaign", name, "--root", root, "--analyst", "kim", "--date", "2026-03-02")
    decided = iolaus(*decision[:3], "confirmed", *decision[3:], "--note", "two sources")
    assert decided.returncode == 0, decided.stderr
    assert "The night of 2026-03-03 reads it" in decided.stdout
    assert "Taken back in raw/case_decisions/ds=2026-03-03" in iolaus(*decision, "--undo").stdout

    scores = json.loads(iolaus("evaluate", "--root", root, "--truth", f"{root}/truth", "--json").stdout)
    assert scores["overall"]["innocent_campaigns"] == 0

    state = iolaus("status", "--root", root).stdout
    assert "2026-03-02" in state
    assert "69 of 69" in state

    key = {PSEUDONYM_KEY: "demo-key-for-simulated-worlds-only"}
    rebuilt = iolaus("backfill", "--stale", "--root", root, **key)
    assert (rebuilt.returncode, rebuilt.stdout) == (0, "No published night is stale.\n")
    refused(iolaus("run", "--reproduce", "nonsense", "--root", root, **key), 1, "nonsense", "attribution.runs")

    again = iolaus("run", "--date", "2026-03-02", "--root", root, **key)
    assert again.returncode == 0, again.stderr
    assert "0 steps built, 69 unchanged" in again.stderr

    written = [tmp_path / "world", *(tmp_path / "world").rglob("*")]
    assert {f"{each.stat().st_mode & 0o777:o}" for each in written if each.is_file()} == {"600"}
    assert {f"{each.stat().st_mode & 0o777:o}" for each in written if each.is_dir()} == {"700"}


def test_what_others_can_read_is_told_by_doctor_and_closed_by_mending(tmp_path: Path) -> None:
    iolaus("forget", "a1", "--root", str(tmp_path))
    register = tmp_path / "lake" / "erasures.json"
    assert "Open to other users" not in iolaus("doctor", "--root", str(tmp_path)).stdout
    register.chmod(0o644)
    (tmp_path / "raw").mkdir(mode=0o755)
    told = iolaus("doctor", "--root", str(tmp_path))
    assert (told.returncode, "Open to other users: 1 files and folders" in told.stdout) == (0, True), told.stdout
    assert "Closed to other users: 1 files and folders" in iolaus("doctor", "--mend", "--root", str(tmp_path)).stdout
    assert register.stat().st_mode & 0o777 == 0o600

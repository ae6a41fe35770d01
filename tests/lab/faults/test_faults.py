"""A small share of what `make faults` does, with the same code."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.lab.faults import tally
from tests.lab.faults.processes import Ended
from tests.lab.faults.tally import Tally
from tests.lab.faults.worlds import difference

REPOSITORY = Path(__file__).resolve().parents[3]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own: it forks, and must have no threads."""
    line = [sys.executable, "-m", "tests.lab.faults", "--folder", str(folder), *words]
    return subprocess.run(line, cwd=REPOSITORY, capture_output=True, text=True, check=False)


def test_broken_files_are_rows_or_one_sentence(tmp_path: Path) -> None:
    done = run(tmp_path, "--only", "inputs", "--share", "0.03")
    assert done.returncode == 0, done.stdout + done.stderr
    assert sum(each.tries for each in tally.read(tmp_path / "results")) == 300


@pytest.mark.slow
def test_damaged_files_are_found_and_mended(tmp_path: Path) -> None:
    done = run(tmp_path, "--only", "damages", "--share", "0.02")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
def test_a_tenth_of_all_faults_loses_nothing(tmp_path: Path) -> None:
    done = run(tmp_path, "--share", "0.1")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("code", "said", "fault"),
    [
        (None, "", "hung"),
        (1, "Traceback (most recent call last): x", "Traceback (most recent call last): x"),
        (1, "error: Unexpected KeyError: 'a'", "Unexpected KeyError: 'a'"),
        (1, "", "ended with code 1 and said nothing"),
        (-11, "", "ended with code -11"),
        (1, "error: The disk is full.", None),
        (-9, "", None),
    ],
)
def test_what_no_command_may_do_is_counted(code: int | None, said: str, fault: str | None) -> None:
    assert Ended(("run",), code, "", said, 1.0).fault == fault


def test_rows_that_differ_are_lost_or_doubled() -> None:
    expected = {"lake t 1": [2, 2, "x"], "lake t 2": [2, 2, "y"], "note a": "b"}
    found = {"lake t 1": [4, 2, "z"], "note a": "b", "lake u 1": [1, 1, "w"]}
    assert [loss for loss, _ in difference(found, expected)] == ["rows doubled", "rows lost", "rows doubled"]
    assert difference(expected, expected) == []


def test_the_page_has_a_row_for_each_kind_the_worst_first() -> None:
    good, bad = Tally("good", "nothing", tries=3), Tally("bad", "all | sorts", tries=1)
    bad.lost("hung", "in the end")
    rows = [line for line in tally.page([good, bad], "a machine", "a test").splitlines() if line.startswith("| ")]
    assert [row.split(" | ")[0] for row in rows[1:]] == ["| bad", "| good"]
    assert "- bad: hung: in the end" in tally.page([good, bad], "a machine", "a test")

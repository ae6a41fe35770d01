"""What is said of an audit: above all, that none took place."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from infra import audit

SKIPPED = {"name": "wrapt", "skip_reason": "Dependency not found on PyPI"}
CLEAN = {"name": "numpy", "version": "2.1", "vulns": []}
BAD = {
    "name": "jinja2",
    "version": "3.0",
    "vulns": [{"id": "CVE-1", "fix_versions": ["3.1.5"]}, {"id": "CVE-2", "fix_versions": []}],
}
OWN = {"name": "iolaus", "skip_reason": "editable"}


@pytest.mark.parametrize(
    ("packages", "code", "sentences"),
    [
        ([CLEAN, OWN], 0, ["1 packages looked up, 0 with known"]),
        ([CLEAN, BAD, SKIPPED], 1, ["jinja2 3.0: CVE-1, mended in 3.1.5.", "CVE-2, mended in no version", "looked up: wrapt."]),
        ([SKIPPED, SKIPPED, OWN], 2, ["cannot reach its data: none of 2 packages was looked up"]),
        ([], 2, ["cannot reach its data"]),
    ],
)  # fmt: skip
def test_a_report_is_clean_only_when_something_was_looked_up(
    packages: list[dict[str, object]], code: int, sentences: list[str]
) -> None:
    ended, said = audit.verdict({"dependencies": packages})
    assert ended == code
    assert all(sentence in " ".join(said) for sentence in sentences)


@pytest.mark.parametrize(("printed", "code"), [("", 2), ("no JSON", 2), (json.dumps({"dependencies": [CLEAN]}), 0)])
def test_an_audit_that_breaks_off_is_told_as_one_that_did_not_take_place(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], printed: str, code: int
) -> None:
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: subprocess.CompletedProcess([], 1, printed, ""))
    with pytest.raises(SystemExit) as ended:
        audit.main()
    assert ended.value.code == code
    assert ("cannot reach its data" in capsys.readouterr().err) is (code == 2)


def test_the_tools_are_installed_beside_this_python() -> None:
    assert {"bandit", "pip-audit"} <= {path.name for path in Path(sys.executable).parent.iterdir()}

"""The report puts new sections in the place of old ones, keeps the others, and says what each was measured with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.lab.accuracy import report

OLD = "# Accuracy\n\nOld words.\n\n## small, 2 worlds\n\nold\n\n## Sixty nights\n\nkept\n\n### part\n\nkept too\n"


def test_a_section_measured_again_takes_the_place_of_the_old_one() -> None:
    text = report.merged(OLD, ["## Ablation\n\nnew\n", "## small days=7, 6 worlds\n\nnew\n"])
    assert text.startswith(report.INTRODUCTION)
    after = text.removeprefix(report.INTRODUCTION)
    assert after == (
        "\n## small days=7, 6 worlds\n\nnew\n\n## Ablation\n\nnew\n\n## Sixty nights\n\nkept\n\n### part\n\nkept too\n"
    )
    assert report.merged(text, []) == text


def test_worlds_of_one_preset_and_other_sizes_stand_side_by_side() -> None:
    text = report.merged(OLD, ["## small days=7, 6 worlds\n\nsix\n", "## small accounts=900, 2 worlds\n\ntwo\n"])
    assert "six\n\n## small accounts=900, 2 worlds\n\ntwo\n" in text
    assert "old" not in text.removeprefix(report.INTRODUCTION)
    assert report.merged(text, []) == text


def test_a_section_without_a_place_is_refused() -> None:
    with pytest.raises(ValueError, match="No place is known for the section '## Weather'"):
        report.merged(OLD, ["## Weather\n\nfine\n"])


def test_each_section_names_its_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "accuracy.md"
    target.write_text(OLD)
    monkeypatch.setattr(report, "TARGET", target)
    sizes = tmp_path / "sizes"
    sizes.mkdir()
    for accounts, code in ((5_000, "aaaa"), (25_000, "bbbb")):
        figures = {"world": f"small:1:accounts={accounts}:days=2", "code": code, "by_tier": {}}
        overall = {name: 0.5 for _, name in report.OVERALL}
        (sizes / f"{accounts}.json").write_text(json.dumps({**figures, "overall": overall}))
    monkeypatch.setattr("sys.argv", ["report", "--sizes", str(sizes)])
    report.main()
    section = target.read_text().split("\n## ")[2]
    assert section.startswith("The same world")
    assert "| account recall | 0.500 | 0.500 |" in section
    assert section.endswith("Measured with code `aaaa`, `bbbb`.\n")

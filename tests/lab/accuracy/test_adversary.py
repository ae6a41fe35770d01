"""The sweeps are worlds there can be, hiding costs more the better it is, and what was run is told and drawn."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.lab.accuracy import adversary_report
from tests.lab.accuracy.points import points, world_cost
from tests.lab.accuracy.sweeps import SWEEPS, Sweep

EVERYTHING = SWEEPS[0]


@pytest.mark.parametrize("sweep", [sweep for sweep in SWEEPS if sweep.is_ordered], ids=lambda sweep: sweep.name)
def test_each_step_costs_the_operator_more_than_the_one_before(sweep: Sweep) -> None:
    costs = [world_cost(sweep.world_of(step, 1)).per_thousand for step in range(len(sweep.steps))]
    assert costs == sorted(costs)
    assert costs[0] < costs[-1]


def test_nothing_hidden_costs_what_its_parts_cost() -> None:
    """Level 0: an eighth of a hosting address, 0.28 virtual cards, 0.44 devices, a fresh account; nearly nothing lost."""
    cost = world_cost(EVERYTHING.world_of(0, 1))
    assert cost.dollars == pytest.approx(0.5 / 8 + (0.1 + 0.9 / 5) + 0.3 * (0.3 + 0.7 / 5) + 0.5)
    assert cost.lost_share == pytest.approx(0.1 * 30 / 1_830)


def test_the_section_says_where_detection_fails_and_leaves_out_other_dials(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(adversary_report, "PICTURE", tmp_path / "adversary.svg")
    for step, recall in enumerate((1.0, 0.9, 0.4)):
        _write(tmp_path, step, recall, EVERYTHING.world_of(step, 1))
    _write(tmp_path, 3, 0.0, "small:1:accounts=1500:days=4:templates=9")
    ((_, found),) = points(tmp_path)
    assert [point.label for point in found] == ["level 0", "level 1", "level 2"]
    text = adversary_report.section(tmp_path)
    assert "Detection fails at level 2: 40% of the accounts" in text
    assert "still found at level 1: 90% of the accounts" in text
    drawn = ElementTree.parse(tmp_path / "adversary.svg").getroot()
    words = {element.text for element in drawn.iter() if element.tag.endswith("text")}
    assert any(word and word.startswith("level 2, $") for word in words)


def _write(folder: Path, step: int, recall: float, world: str) -> None:
    overall = {"account_recall": recall, "suspected_account_recall": recall, "account_precision": None,
               "pairwise_f1": recall, "innocent_campaigns": 0}  # fmt: skip
    figures = {"sweep": EVERYTHING.name, "step": step, "seed": 1, "world": world, "overall": overall}
    (folder / f"{EVERYTHING.name}_{step}_1.json").write_text(json.dumps(figures))

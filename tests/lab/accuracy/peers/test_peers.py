"""The benchmark of the alternatives is itself right: what it runs, what it scores, and that it hides no loss."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from jobs.evaluation.sides import Truth
from tests.lab.accuracy.peers.running import HERE, run
from tests.lab.accuracy.peers.scoring import score
from tests.lab.accuracy.peers.section import section

CREW = [f"crew-{n}" for n in range(6)]
TRUTH = Truth(
    dict.fromkeys(CREW, "true-a"), frozenset(), {}, frozenset([*CREW, "shop-1", "shop-2"]), {"true-a": "rotation"}
)
ROWS = [
    *((account, "payment_instrument", "card-1") for account in CREW[:3]),
    *((account, "device", "device-1") for account in CREW[2:]),
    *((account, "device", "device-2") for account in ("shop-1", "shop-2")),
    *((f"other-{n}", "device", f"device-of-{n}") for n in range(200)),
]


def started(folder: Path, script: str, *arguments: str) -> dict[str, str]:
    names = ("account_id", "signal", "entity")
    pq.write_table(pa.table(dict(zip(names, zip(*ROWS, strict=True), strict=True))), folder / "observations.parquet")
    found = folder / "found.csv"
    outcome = run([sys.executable, str(HERE / "methods" / script), str(folder), str(found), *arguments], folder, found)
    assert not outcome.failure
    return outcome.said


def test_union_find_joins_through_card_and_device(tmp_path: Path) -> None:
    said = started(tmp_path, "union_find.py")
    assert len({said[account] for account in CREW}) == 1
    assert said["shop-1"] == said["shop-2"] != said[CREW[0]]


@pytest.mark.parametrize(("cut_off", "is_together"), [("3.5", True), ("9", False)])
def test_the_day_one_script_joins_what_weighs_enough(tmp_path: Path, cut_off: str, is_together: bool) -> None:
    said = started(tmp_path, "day_one.py", cut_off)
    assert (said[CREW[3]] == said[CREW[4]]) is is_together


def test_a_peer_that_takes_too_long_or_fails_is_named_as_such(tmp_path: Path) -> None:
    found = tmp_path / "found.csv"
    started_at = time.monotonic()
    slow = run([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, found, limit_seconds=0.5)
    assert time.monotonic() - started_at < 10
    broken = run([sys.executable, "-c", "raise SystemExit('no such column')"], tmp_path, found)
    assert slow.failure == "no result within 0.5 s"
    assert broken.failure == "exit code 1: no such column"


def test_small_clusters_are_scored_as_pairs_but_accuse_nobody() -> None:
    said = {**dict.fromkeys(CREW, "one"), "shop-1": "two", "shop-2": "two"}
    figures = score(said, TRUTH)
    assert figures["overall"]["account_precision"] == 1.0
    assert figures["overall"]["pairwise_f1"] == pytest.approx(2 * 15 / (15 + 16))
    assert figures["by_tier"]["rotation"]["pairwise_f1"] == 1.0


def test_the_section_lists_losses_and_failures(tmp_path: Path) -> None:
    def figures(f1: float) -> dict[str, object]:
        return {
            "overall": {"pairwise_f1": f1},
            "by_tier": {"rotation": {"pairwise_f1": f1}, "soft_only": {"pairwise_f1": 0.5}},
        }

    measured = {"seconds": 2.0, "peak_mb": 30.0, "failure": ""}
    peers = {
        "iolaus": figures(0.8),
        "iolaus, linking alone": figures(0.95),
        "Louvain, no filter": {**figures(0.9), **measured},
        "Splink 5, EM": {**measured, "failure": "no result within 600 s"},
    }
    (tmp_path / "peers").mkdir()
    (tmp_path / "peers" / "w.json").write_text(json.dumps({"world": "small:1", "peers": peers}))
    text = section([tmp_path])
    assert "- rotation: Louvain, no filter, 0.900 against 0.800, better in 1 of 1 worlds" in text
    assert "- soft_only" not in text
    assert "No peer is ahead of iolaus, linking alone in any tier." in text
    assert "- Splink 5, EM on small 1: no result within 600 s" in text

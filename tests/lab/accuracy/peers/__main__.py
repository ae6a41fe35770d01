"""Scores the alternatives on worlds that `tests.lab.accuracy.worlds` built with KEEP_WORLDS=1, one after the other.

`python -m tests.lab.accuracy.peers FOLDER [WORLD_ROOT ...]` writes `FOLDER/peers/WORLD.json`: for each peer its figures over
everything and by tier, wall seconds, peak memory and what failed. Without roots it takes every world of FOLDER that still
has its root. A world that has its file is not scored again; nothing below a world's root is written.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from jobs.evaluation.sides import truth_on
from jobs.lake.lake import Lake
from tests.lab.accuracy.peers.catalogue import PEERS
from tests.lab.accuracy.peers.inputs import write_inputs
from tests.lab.accuracy.peers.running import HERE, python_of, run
from tests.lab.accuracy.peers.scoring import score

JUDGED, LINKED = "iolaus", "iolaus, linking alone"
Figures = dict[str, Any]


def main(folder: Path, roots: list[Path]) -> None:
    target = folder / "peers"
    target.mkdir(parents=True, exist_ok=True)
    found = [path.with_suffix("") for path in sorted(folder.glob("*.json"))]
    for root in roots or [each for each in found if (each / "lake").is_dir()]:
        if not (target / f"{root.name}.json").exists():
            figures = score_world(root)
            aside = target / f"{root.name}.tmp"
            aside.write_text(json.dumps(figures, indent=1, sort_keys=True))
            aside.replace(target / f"{root.name}.json")


def score_world(root: Path) -> Figures:
    """Figures by peer title; iolaus' own are those of the world's file, its linking that of the last night."""
    own = json.loads((root.parent / f"{root.name}.json").read_text())
    night = date.fromisoformat(own["as_of_date"])
    truth = {name: pq.ParquetFile(root / "truth" / f"{name}.parquet").read() for name in ("accounts", "campaigns")}
    known = truth_on(truth, night)
    clusters = Lake(root).read_arrow("campaigns.clusters", night, night, ("account_id", "cluster_id"))
    linked = dict(zip(clusters["account_id"].to_pylist(), clusters["cluster_id"].to_pylist(), strict=True))
    peers: Figures = {JUDGED: {name: own[name] for name in ("overall", "by_tier")}, LINKED: score(linked, known)}
    work = Path(tempfile.mkdtemp(prefix="iolaus-peers-"))
    try:
        write_inputs(root, work)
        for peer in PEERS:
            file = work / "found.csv"
            command = [str(python_of(peer.environment)), str(HERE / "methods" / peer.script), str(work), str(file)]
            outcome = run([*command, *peer.arguments], work, file)
            figures: Figures = {"seconds": outcome.seconds, "peak_mb": outcome.peak_mb, "failure": outcome.failure}
            peers[peer.title] = figures if outcome.failure else figures | score(outcome.said, known)
            said = outcome.failure or f"pairwise F1 {peers[peer.title]['overall']['pairwise_f1'] or 0.0:.3f}"
            print(f"{root.name} {peer.title}: {outcome.seconds:.0f} s, {said}", flush=True)  # noqa: T201
    finally:
        shutil.rmtree(work)
    return {"world": own["world"], "code": own["code"], "peers": peers}


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(each) for each in sys.argv[2:]])

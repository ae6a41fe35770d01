"""A real night under Airflow: a fresh metadata database, the DAG file as it is, the real command, published tables."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.e2e.airflows import REPOSITORY, AirflowHome, airflow, run
from tests.lab.ten_nights import published
from tests.worlds import FIRST, SECOND, copy_of, golden_world


def with_command(home: AirflowHome, folder: Path, lines: str) -> AirflowHome:
    """The same Airflow with an `iolaus` that notes its calls in `folder/calls` and then does what `lines` say."""
    script = folder / "iolaus"
    script.write_text(f'#!/bin/sh\necho "$2" >> {folder}/calls\n{lines}\n')
    script.chmod(0o755)
    return {**home, "PATH": f"{folder}:{home['PATH']}"}


def test_a_process_for_every_layer_ends_in_the_tables_of_one_process_for_all(
    forking: AirflowHome, tmp_path: Path
) -> None:
    apart, together = tmp_path / "apart", tmp_path / "together"
    lake = {**forking, "IOLAUS_ENGINE": "sail", "IOLAUS_PSEUDONYM_KEY": "a key that only this test knows"}
    golden_world(apart)
    copy_of(apart / "raw", together / "raw")
    first, second = FIRST.isoformat(), SECOND.isoformat()
    before = run(lake, "iolaus", "run", "--root", str(apart), "--date", first)
    assert before.returncode == 0, before.stderr

    night = airflow({**lake, "IOLAUS_ROOT": str(apart)}, "dags", "test", "campaign_attribution", second)

    assert night.returncode == 0, night.stdout[-3000:] + night.stderr[-3000:]
    done = run(lake, "iolaus", "backfill", "--root", str(together), "--from", first, "--to", second)
    assert done.returncode == 0, done.stderr
    tables = published(apart)
    assert SECOND.isoformat() in tables["campaigns"]
    for name, text in published(together).items():
        assert tables[name] == text, name


def test_a_night_refused_by_quality_is_not_retried_and_not_published(home: AirflowHome, tmp_path: Path) -> None:
    refusing = with_command(
        home, tmp_path, '[ "$2" != quality ] || { echo "Campaigns is empty: see it." >&2; exit 3; }'
    )

    night = airflow(refusing, "dags", "test", "campaign_attribution", "2026-03-02")

    assert night.returncode != 0
    assert "quality (refused by a quality check): Campaigns is empty: see it." in night.stdout
    called = (tmp_path / "calls").read_text().splitlines()
    assert called[-1] == "quality"
    assert "publish" not in called
    assert len(called) == len(set(called)) == 6


def test_nights_keep_their_order_and_a_gap_or_a_red_night_stops_the_next_one(home: AirflowHome, tmp_path: Path) -> None:
    """Only the gate runs here, every other task is marked as success: the states are Airflow's own."""
    recorded = with_command(home, tmp_path, "exit 0")
    program = f"""
import sys
from datetime import UTC, datetime
from pathlib import Path
from airflow.dag_processing.dagbag import BundleDagBag
folder = Path({str(REPOSITORY / "dags")!r})
bag = BundleDagBag(dag_folder=folder, bundle_path=folder, bundle_name="dags-folder")
for night in sys.argv[1:]:
    at = datetime.fromisoformat(night).replace(tzinfo=UTC)
    run = bag.dags["campaign_attribution"].test(logical_date=at, mark_success_pattern="(?!night_before).*")
    print("NIGHT", night, run.state.value)
"""
    nights = ("2026-04-01", "2026-04-02", "2026-04-04", "2026-04-05")

    done = run(recorded, sys.executable, "-c", program, *nights)

    states = [line.split()[2] for line in done.stdout.splitlines() if line.startswith("NIGHT ")]
    assert states == ["success", "success", "failed", "failed"], done.stdout[-3000:] + done.stderr[-3000:]
    assert "--from-date 2026-04-03 --to-date 2026-04-04" in done.stdout
    assert "Night 2026-04-04 is failed" in done.stdout
    assert not (tmp_path / "calls").exists()

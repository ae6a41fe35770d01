"""Metrics as Prometheus' own parser reads them: whole, merged where layers are built one by one, and what failed in them."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from prometheus_client.openmetrics import parser as openmetrics
from prometheus_client.parser import text_string_to_metric_families

from jobs.errors import IolausError
from jobs.lake.lake import Lake
from jobs.nights import steps
from jobs.nights.listening import Built
from jobs.telemetry.exposition import document, labels_of, sample, samples_in
from jobs.telemetry.metrics import Metrics

NIGHT = date(2026, 3, 2)
TWO = ["signals.devices", "signals.referrals"]


def built(step: str, seconds: float, rows: int | None = 7) -> Built:
    return Built(step, rows, seconds, cpu_seconds=0.5, peak_bytes=10**9, rows_held=7, bytes_held=900)


@pytest.fixture
def metrics(tmp_path: Path) -> Metrics:
    (tmp_path / "collected").mkdir()
    return Metrics(tmp_path, Lake(tmp_path), "sc://host:15002", tmp_path / "collected")


def read(path: Path) -> dict[tuple[str, str], float]:
    """Family and its one label's value, if any, to the value."""
    text = path.read_text()
    families = list(text_string_to_metric_families(text))
    list(openmetrics.text_string_to_metric_families(text + "# EOF\n"))
    assert all(family.documentation and family.type == "gauge" for family in families)
    return {(each.name, ",".join(each.labels.values())): each.value for family in families for each in family.samples}


def test_any_label_is_read_back_as_it_was_written() -> None:
    text = 'a "quote", a \\ backslash\nand a line'
    document_of_one = document([sample("f", 1.5, label=text, step="x")], {"f": "What it is.", "g": "Not said."})
    (family,) = text_string_to_metric_families(document_of_one)
    assert family.samples[0].labels == {"label": text, "step": "x"}
    assert labels_of(samples_in(document_of_one)[0])["step"] == "x"


def test_a_run_that_was_killed_is_still_running_in_its_file(metrics: Metrics, tmp_path: Path) -> None:
    metrics.began(NIGHT, TWO)
    found = read(tmp_path / "metrics" / "2026-03-02.prom")
    assert found["iolaus_run_state", "running"] == 1
    assert ("iolaus_run_ended_timestamp_seconds", "") not in found


def test_a_failed_night_says_what_failed_and_what_was_done_before(metrics: Metrics, tmp_path: Path) -> None:
    metrics.began(NIGHT, TWO)
    metrics.step_done(NIGHT, built(TWO[0], 1.25))
    metrics.step_failed(NIGHT, Built(TWO[1], None, 0.5), IolausError("It is empty."))
    metrics.ended(NIGHT, IolausError("It is empty."))
    found = read(tmp_path / "metrics" / "2026-03-02.prom")
    assert found["iolaus_night_timestamp_seconds", ""] == 1772409600  # date --utc --date 2026-03-02 +%s
    states = {label: value for (name, label), value in found.items() if name == "iolaus_run_state"}
    assert states == {"running": 0, "done": 0, "failed": 1, "refused": 0}
    assert found["iolaus_step_failed", TWO[1]] == 1
    assert found["iolaus_step_seconds", TWO[0]] == 1.25
    assert found["iolaus_step_bytes", TWO[0]] == 900
    assert ("iolaus_step_rows", TWO[1]) not in found


def test_layers_that_are_built_one_by_one_add_up_and_a_whole_night_starts_anew(
    metrics: Metrics, tmp_path: Path
) -> None:
    for step, seconds in ((TWO[0], 1.0), (TWO[1], 2.0), (TWO[0], 3.0)):
        metrics.began(NIGHT, [step])
        metrics.step_done(NIGHT, built(step, seconds))
        metrics.ended(NIGHT, None)
    file = tmp_path / "metrics" / "2026-03-02.prom"
    assert [read(file)["iolaus_step_seconds", step] for step in TWO] == [3.0, 2.0]
    metrics.began(NIGHT, list(steps.steps()))
    assert not [name for name, _ in read(file) if name.startswith("iolaus_step")]


def test_the_collector_gets_a_copy_that_others_may_read_and_nothing_half(metrics: Metrics, tmp_path: Path) -> None:
    before = os.umask(0o077)  # as the command sets it
    try:
        metrics.began(NIGHT, TWO)
        metrics.ended(NIGHT, None)
    finally:
        os.umask(before)
    (copy,) = (tmp_path / "collected").iterdir()
    assert (copy.name, copy.stat().st_mode & 0o777) == ("iolaus.prom", 0o644)
    assert copy.read_text() == (tmp_path / "metrics" / "2026-03-02.prom").read_text()


def test_a_step_that_did_nothing_is_told_from_one_that_was_built(metrics: Metrics, tmp_path: Path) -> None:
    metrics.began(NIGHT, TWO)
    metrics.step_done(NIGHT, built(TWO[0], 1.0, rows=None))
    metrics.step_done(NIGHT, built(TWO[1], 1.0))
    metrics.ended(NIGHT, None)
    found = read(tmp_path / "metrics" / "2026-03-02.prom")
    assert [found["iolaus_step_built", step] for step in TWO] == [0, 1]

"""Builds a table of signals, links, campaigns or published: reads its inputs, calls its transform, commits."""

from __future__ import annotations

import inspect
import json
from datetime import date
from typing import TYPE_CHECKING

from jobs import contracts
from jobs.columns import BEFORE
from jobs.nights import fingerprints, recipes, steps

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from jobs.nights.run import Runner


def transform(run: Runner, step: str, night: date) -> int | None:
    """Rows written, or None when nothing changed. The build records the snapshot of every night that it read."""
    module = steps.module(step)
    for name, span in module.INPUTS.items():
        if span != BEFORE:
            run.needed(name, night, step)
    made = run.fingerprint(step, night)
    if run.unchanged(step, night, made):
        return None

    def scratch(frame: DataFrame) -> DataFrame:
        return run.lake.scratch(run.spark, frame)

    nights = recipes.reads(step, night)
    frames = {
        contracts.load(name).table: run.lake.read(run.spark, name, each[0], each[-1]) for name, each in nights.items()
    }
    extra = {"scratch": scratch} if "scratch" in inspect.signature(module.transform).parameters else {}
    files = run.lake.write_files(step, night, module.transform(night, **frames, **extra))
    builds = {name: run.lake.builds(name) for name in nights}
    snapshots = {
        name: {day.isoformat(): builds[name][day].snapshot_id for day in each if day in builds[name]}
        for name, each in nights.items()
    }
    build = run.lake.commit(
        step, night, files, made, {"inputs": json.dumps(snapshots, sort_keys=True)}, fingerprints.code_version()
    )
    run.lake.clear_scratch()
    return build.rows

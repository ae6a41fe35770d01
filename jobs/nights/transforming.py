"""Builds a table of signals, links, campaigns or published: reads its inputs, calls its transform, commits."""

from __future__ import annotations

import inspect
from datetime import date
from typing import TYPE_CHECKING

from jobs import contracts
from jobs.columns import BEFORE
from jobs.nights import recipes, steps
from jobs.nights.context import Context
from jobs.nights.records import Transformed
from jobs.nights.steps import Step

if TYPE_CHECKING:
    from pyspark.sql import DataFrame


def transform(context: Context, step: Step, night: date) -> int | None:
    """Rows written, or None when nothing changed. The build records the snapshot of every night that it read."""
    for name, span in step.reads.items():
        if span != BEFORE:
            context.needed(name, night, step)
    made = context.fingerprint(step, night)
    if context.unchanged(step, night, made):
        return None
    lake, module = context.lake, steps.module(step)

    def scratch(frame: DataFrame) -> DataFrame:
        return lake.scratch(context.spark, frame)

    nights = recipes.reads(step, night)
    frames = {
        contracts.load(name).table: lake.read(context.spark, name, each[0], each[-1]) for name, each in nights.items()
    }
    extra = {"scratch": scratch} if "scratch" in inspect.signature(module.transform).parameters else {}
    files = lake.write_files(step.table, night, module.transform(night, **frames, **extra))
    builds = {name: lake.builds(name) for name in nights}
    snapshots = {
        name: {day.isoformat(): builds[name][day].snapshot_id for day in each if day in builds[name]}
        for name, each in nights.items()
    }
    build = context.commit(step, night, files, made, Transformed(snapshots).properties())
    lake.clear_scratch()
    return build.rows

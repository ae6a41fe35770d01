"""Closes a night: judges its tables, and swaps them with the record of the run into the warehouse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from jobs import contracts
from jobs.errors import IolausError
from jobs.lake.builds import Build
from jobs.lake.tags import tag_of
from jobs.nights import fingerprints, recipes, staleness, steps
from jobs.nights.context import Context
from jobs.nights.records import Judged, Snapshots, staged
from jobs.nights.spans import USUAL, VOLUMES
from jobs.nights.steps import Step
from jobs.warehouse import Warehouse, open_warehouse

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from jobs import quality

REQUESTS, ACCOUNTS = "staged.api_requests", "staged.accounts"
ROWS_IN_MEMORY = 50_000  # below, asking the engine costs more than the rows do
REPORTED = ("delivered_on", "landed", "staged", "duplicates", "rejected", "erased", "late", "content_hash", "note")


def judge(context: Context, step: Step, night: date) -> int | None:
    """Rows of `data_quality`, or None when nothing changed. Raises `QualityRefusal` when a critical check fails."""
    from jobs import quality

    for name in step.reads:
        context.needed(name, night, step)
    made, lake = context.fingerprint(step, night), context.lake
    previous = lake.builds(step.table).get(night)
    if previous and previous.fingerprint == made and not Judged.of(previous).is_refused:
        return None
    earlier = compared_with(context, step, night)
    outcomes = quality.judge(
        {name: _rows(context, name, night) for name in sorted(step.reads)},
        *usual(context, earlier, night),
        night,
        context.settings.root / "quality" / "data_docs",
    )
    rows = [{"as_of_date": night, **row} for row in quality.rows(outcomes)]
    files = lake.write_arrow(step.table, night, contracts.arrow_rows(step.table, rows))
    refusal = quality.refusal(outcomes, night)
    record = Judged(refusal is not None, _snapshots(earlier))
    build = context.commit(step, night, files, made, record.properties())
    if refusal:
        raise refusal
    return build.rows


def usual(
    context: Context, earlier: Mapping[str, list[Build]], night: date
) -> tuple[dict[str, tuple[int, list[int]]], dict[date, pa.Table], quality.Unknown]:
    """What `jobs.quality.judge` holds a night against: volumes, figures of earlier nights, requests of unknown accounts."""
    from jobs import quality

    lake = context.lake
    volumes = {
        name: (lake.builds(name)[night].rows, [build.rows for build in builds])
        for name, builds in earlier.items()
        if name != steps.FIGURES
    }
    figures = {
        build.night: lake.read_arrow(steps.FIGURES, build.night, build.night) for build in earlier[steps.FIGURES]
    }
    unknown = quality.unknown(*(lake.read(context.spark, name, night, night) for name in (REQUESTS, ACCOUNTS)))
    return volumes, figures, unknown


def _rows(context: Context, name: str, night: date) -> pa.Table | DataFrame:
    """The night's rows of a table for the columns that are checked; of one that grows with the requests in the engine."""
    columns = _checked_columns(name)
    if context.lake.builds(name)[night].rows <= ROWS_IN_MEMORY:
        return context.lake.read_arrow(name, night, night, columns)
    return context.lake.read(context.spark, name, night, night).select(*columns)


def publish(context: Context, step: Step, night: date) -> int | None:
    """Rows of `runs`, or None when this very night is published. Raises `IolausError` when quality refused it."""
    settings, lake = context.settings, context.lake
    warehouse = open_warehouse(settings.warehouse, settings.root)
    judged = context.needed(steps.JUDGED, night, step)
    if Judged.of(judged).is_refused:
        raise IolausError(f"Night {night} was refused by the quality checks: see data_quality and run it again.")
    made = context.fingerprint(step, night)
    nights = warehouse.nights()
    snapshots = _built(context, night)
    published = [name for name in snapshots if name.startswith("published.")]
    for name in published:  # before `runs` has the night, since its row says which names to read
        lake.tag(name, tag_of(night, judged.fingerprint), snapshots[name])
    if context.unchanged(step, night, made) and night in nights:
        return None
    stale = staleness.reasons(lake, settings.root, {night, *nights}, publishing=night)
    record = _record(context, night, judged, warehouse) | {
        "snapshots": json.dumps(snapshots, sort_keys=True),
        "stale": night in stale,
        "stale_because": stale.get(night),
    }
    run = contracts.arrow_rows(step.table, [record])
    files = lake.write_arrow(step.table, night, run)
    tables = {contracts.load(name).table: lake.read_arrow(name, night, night) for name in published}
    warehouse.publish(night, {**tables, contracts.load(step.table).table: run}, stale)
    return context.commit(step, night, files, made, {"snapshots": str(record["snapshots"])}).rows


def _built(context: Context, night: date) -> dict[str, int]:
    """The snapshot of every table of the night but `runs`, in build order."""
    tables = [step.table for step in steps.steps().values() if step.table != steps.RUNS]
    return {table: context.lake.builds(table)[night].snapshot_id for table in tables}


def _record(context: Context, night: date, judged: Build, warehouse: Warehouse) -> dict[str, object]:
    deliveries = context.lake.read_arrow(steps.DELIVERIES, night, night).to_pylist()
    checks = context.lake.read_arrow(steps.JUDGED, night, night).to_pylist()
    builds = [context.lake.builds(name)[night] for name in steps.staged_sources()]
    files = {build.table.partition(".")[2]: staged(build).files for build in builds}
    inputs = {
        row["table_name"]: {key: row[key] for key in REPORTED}
        | {"files": {name: sha256 for name, (_, _, sha256) in files[row["table_name"]].items()}}
        for row in deliveries
    }
    before = {row["as_of_date"]: row for row in warehouse.read("runs", night).to_pylist()}.get(night)
    now = datetime.now(UTC)
    return {
        "as_of_date": night,
        "run_id": judged.fingerprint,
        "code_version": fingerprints.code_version(),
        "engine": context.settings.engine.split(":")[0],
        "inputs": json.dumps(inputs, sort_keys=True, default=str),
        "rows_in": sum(row["landed"] for row in deliveries),
        "rows_rejected": sum(row["rejected"] for row in deliveries),
        "rows_duplicate": sum(row["duplicates"] for row in deliveries),
        "rows_erased": sum(row["erased"] or 0 for row in deliveries),
        "quality_warnings": sum(1 for row in checks if not row["success"] and row["severity"] == "warning"),
        "started_at": datetime.fromtimestamp(min(build.committed_ms for build in builds) / 1000, UTC),
        "finished_at": now,
        "published_at": now,
        "first_published_at": (before["first_published_at"] or before["published_at"]) if before else now,
        "knows_deliveries_to": max(staged(build).knows for build in builds),
    }


def compared_with(context: Context, step: Step, night: date) -> dict[str, list[Build]]:
    """Of each table whose rows or figures are compared, the builds of earlier nights, oldest first, without refused nights:
    what was not good enough to publish is not what is usual."""
    nights = recipes.reads(step, night)
    compared = {name: context.lake.builds(name) for name, span in step.reads.items() if span in (VOLUMES, USUAL)}
    refused = {day for day, build in context.lake.builds(step.table).items() if Judged.of(build).is_refused}
    return {
        name: [each[day] for day in nights[name] if day in each and day not in (night, *refused)]
        for name, each in compared.items()
    }


def _snapshots(builds: dict[str, list[Build]]) -> Snapshots:
    return {name: {f"{build.night}": build.snapshot_id for build in each} for name, each in builds.items()}


def _checked_columns(name: str) -> list[str]:
    """The columns that a check, the key or a not-null rule looks at: the only ones quality needs to load."""
    contract = contracts.load(name)
    if name in (steps.DELIVERIES, steps.FIGURES):
        return list(contract.column_names)
    checked = {check.column for check in contract.checks if check.column}
    for check in contract.checks:
        checked |= {value for value in check.arguments.values() if isinstance(value, str)}
    wanted = checked | set(contract.key) | {column.name for column in contract.columns if column.required}
    return [column for column in contract.column_names if column in wanted]

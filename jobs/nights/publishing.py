"""Closes a night: judges its tables, and swaps them with the record of the run into the warehouse."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from jobs import contracts
from jobs.errors import IolausError
from jobs.lake.lake import Build
from jobs.nights import fingerprints, recipes, staging, staleness, steps
from jobs.warehouse import Warehouse, open_warehouse

if TYPE_CHECKING:
    from jobs.nights.run import Runner

JUDGED, RUNS = steps.WRITTEN_BY[steps.QUALITY], steps.WRITTEN_BY[steps.PUBLISH]
REPORTED = ("delivered_on", "landed", "staged", "duplicates", "rejected", "erased", "late", "content_hash", "note")


def judge(run: Runner, step: str, night: date) -> int | None:
    """Rows of `data_quality`, or None when nothing changed. Raises `QualityRefusal` when a critical check fails."""
    from jobs import quality

    names = list(steps.upstream()[step])
    for name in names:
        run.needed(name, night, step)
    made = run.fingerprint(step, night)
    previous = run.lake.builds(JUDGED).get(night)
    if previous and previous.fingerprint == made and previous.properties.get("refused") == "no":
        return None
    tables = {name: run.lake.read_arrow(name, night, night, _checked_columns(name)) for name in names}
    volumes = {name: _rows_before(run.lake.builds(name), night) for name in recipes.VOLUMES_OF}
    outcomes = quality.judge(tables, volumes, night, run.settings.root / "quality" / "data_docs")
    rows = [{"as_of_date": night, **row} for row in quality.rows(outcomes)]
    files = run.lake.write_arrow(JUDGED, night, contracts.arrow_rows(JUDGED, rows))
    refusal = quality.refusal(outcomes)
    properties = {"refused": "yes" if refusal else "no", "volumes": json.dumps(_volumes_read(run, night))}
    build = run.lake.commit(JUDGED, night, files, made, properties, fingerprints.code_version())
    if refusal:
        raise refusal
    return build.rows


def publish(run: Runner, step: str, night: date) -> int | None:
    """Rows of `runs`, or None when this very night is published. Raises `IolausError` when quality refused it."""
    warehouse = open_warehouse(run.settings.warehouse, run.settings.root)
    judged = run.needed(JUDGED, night, step)
    if judged.properties.get("refused") != "no":
        raise IolausError(f"Night {night} was refused by the quality checks: see data_quality and run it again.")
    made = run.fingerprint(step, night)
    nights = warehouse.nights()
    if run.unchanged(RUNS, night, made) and night in nights:
        return None
    stale = staleness.reasons(run.lake, run.settings.root, {night, *nights}, publishing=night)
    record = _record(run, night, judged, warehouse) | {"stale": night in stale, "stale_because": stale.get(night)}
    files = run.lake.write_arrow(RUNS, night, contracts.arrow_rows(RUNS, [record]))
    published = [name for name in steps.upstream() if name.startswith("published.")]
    tables = {contracts.load(name).table: run.lake.read_arrow(name, night, night) for name in [*published, JUDGED]}
    tables["runs"] = contracts.arrow_rows(RUNS, [record])
    warehouse.publish(night, tables, stale)
    return run.lake.commit(
        RUNS, night, files, made, {"snapshots": str(record["snapshots"])}, fingerprints.code_version()
    ).rows


def _record(run: Runner, night: date, judged: Build, warehouse: Warehouse) -> dict[str, object]:
    deliveries = run.lake.read_arrow("staged.deliveries", night, night).to_pylist()
    checks = run.lake.read_arrow(JUDGED, night, night).to_pylist()
    staged = [run.lake.builds(name)[night] for name in steps.staged_sources()]
    inputs = {row["table_name"]: {key: row[key] for key in REPORTED} for row in deliveries}
    built = [name for name in steps.upstream() if name not in steps.WRITTEN_BY] + [JUDGED]
    snapshots = {name: run.lake.builds(name)[night].snapshot_id for name in built}
    before = {row["as_of_date"]: row for row in warehouse.read("runs", night).to_pylist()}.get(night)
    now = datetime.now(UTC)
    return {
        "as_of_date": night,
        "run_id": judged.fingerprint,
        "code_version": fingerprints.code_version(),
        "engine": run.settings.engine.split(":")[0],
        "inputs": json.dumps(inputs, sort_keys=True, default=str),
        "rows_in": sum(row["landed"] for row in deliveries),
        "rows_rejected": sum(row["rejected"] for row in deliveries),
        "rows_duplicate": sum(row["duplicates"] for row in deliveries),
        "rows_erased": sum(row["erased"] or 0 for row in deliveries),
        "quality_warnings": sum(1 for row in checks if not row["success"] and row["severity"] == "warning"),
        "started_at": datetime.fromtimestamp(min(build.committed_ms for build in staged) / 1000, UTC),
        "finished_at": now,
        "published_at": now,
        "first_published_at": (before["first_published_at"] or before["published_at"]) if before else now,
        "knows_deliveries_to": max(staging.knows(build) for build in staged),
        "snapshots": json.dumps(snapshots, sort_keys=True),
    }


def _rows_before(builds: Mapping[date, Build], night: date) -> list[int]:
    return [builds[each].rows for each in recipes.before(night, recipes.VOLUME_DAYS) if each in builds]


def _volumes_read(run: Runner, night: date) -> dict[str, dict[str, int]]:
    """Snapshots of the nights that tonight's volumes were compared with."""
    days = recipes.before(night, recipes.VOLUME_DAYS)
    builds = {name: run.lake.builds(name) for name in recipes.VOLUMES_OF}
    return {name: {f"{day}": each[day].snapshot_id for day in days if day in each} for name, each in builds.items()}


def _checked_columns(name: str) -> list[str]:
    """The columns that a check, the key or a not-null rule looks at: the only ones quality needs to load."""
    contract = contracts.load(name)
    if name == "staged.deliveries":
        return list(contract.column_names)
    checked = {check.column for check in contract.checks if check.column}
    for check in contract.checks:
        checked |= {value for value in check.arguments.values() if isinstance(value, str)}
    wanted = checked | set(contract.key) | {column.name for column in contract.columns if column.required}
    return [column for column in contract.column_names if column in wanted]

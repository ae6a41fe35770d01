"""Builds one step for one night: reads its inputs, calls its transform, checks the contract, commits.

Nothing is computed here. A step whose inputs, code and contract are unchanged is skipped.
"""

from __future__ import annotations

import inspect
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from jobs import contracts, landing, provenance, steps
from jobs.columns import BEFORE, NIGHT, WINDOW_DAYS
from jobs.engine import session
from jobs.errors import IolausError, UsageError
from jobs.lake import Build, Lake
from jobs.landing.shapes import FACT, declared
from jobs.pseudonyms import Pseudonyms
from jobs.settings import Settings, pseudonym_key
from jobs.warehouse import open_warehouse

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

REQUIRED = ("staged.api_requests", "staged.accounts", "staged.payment_instruments")
LATE_DAYS = 3  # a fact may be delivered up to three days late; a repeat of it therefore lies at most that far back
ONE_DAY = timedelta(days=1)


@dataclass(frozen=True)
class Built:
    """What became of one step: `rows` written (None when skipped) and how long it took."""

    step: str
    rows: int | None
    seconds: float


@dataclass
class Runner:
    """Builds steps under one setting; the engine starts at the first step that needs it."""

    settings: Settings
    lake: Lake = field(init=False)
    _stack: ExitStack = field(default_factory=ExitStack, init=False)
    _spark: SparkSession | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.lake = Lake(self.settings.root, self.settings.catalog)

    @property
    def spark(self) -> SparkSession:
        if self._spark is None:
            self._spark = self._stack.enter_context(session(self.settings.engine))
        return self._spark

    def close(self) -> None:
        self._stack.close()

    def build(self, step: str, night: date) -> Built:
        """Build one step of one night, or skip it when nothing it depends on has changed.

        Raises `UsageError` for an unknown step, `QualityRefusal` from `quality` when a critical check fails,
        `IolausError` when an input is missing or unreadable.
        """
        if step not in steps.upstream():
            raise UsageError(f"There is no step {step!r}: `iolaus steps` lists the tables that can be built.")
        started = time.monotonic()
        make = self._transform
        if step == steps.QUALITY:
            make = self._judge
        elif step == steps.PUBLISH:
            make = self._publish
        elif step in steps.COLLECTS_STAGED:
            make = self._collect
        elif step.startswith("staged."):
            make = self._stage
        with landing.surfaced():
            rows = make(step, night)
        return Built(step, rows, time.monotonic() - started)

    def run(self, night: date, done: Callable[[Built], None] = lambda built: None) -> None:
        """Every step of one night in order; `done` hears of each."""
        pseudonym_key()
        require_landed(self.settings, night)
        for step in steps.upstream():
            done(self.build(step, night))

    # -- staged -----------------------------------------------------------------------------------------------------

    def _stage(self, step: str, night: date) -> int | None:
        table = contracts.load(step).table
        pseudonym_key()
        delivery = landing.find(self.settings.root, table, night)
        if delivery.ds is None and step in REQUIRED:
            raise IolausError(
                f"Table {table} has no delivery for {night}: expected files in raw/{table}/ds={night}/; "
                f"deliver it and run the night again."
            )
        earlier = self._earlier(step, night)
        networks = self._networks(step, night)
        made = provenance.fingerprint(
            {
                "step": step,
                "night": night,
                "content": delivery.content_hash,
                "key": Pseudonyms.from_environment().key_id,
                "earlier": [build.fingerprint for build in earlier],
                "networks": networks and networks.fingerprint,
            }
        )
        if self._unchanged(step, night, made):
            return None
        found = _Delivered()
        accepted_files: list[str] = []
        rejected_files: list[str] = []
        if delivery.ds is not None:
            paths = self.lake.paths("staged.ip_networks", night, night) if networks else []
            known = str(Path(paths[0]).parent) if paths else None
            parsed = self.lake.scratch(self.spark, landing.parse(self.spark, delivery, table, night, known))
            staged_before = self._read(step, earlier[0].night, night - ONE_DAY) if earlier else None
            accepted, rejected = landing.split(parsed, table, staged_before)
            accepted_files = self.lake.write_files(step, night, accepted)
            rejected_files = self.lake.write_files("staged.rejected", night, rejected)
            found = _Delivered(parsed.count(), landing.count_duplicates(parsed, table, staged_before))
        properties = {
            "delivery": json.dumps(_delivery_row(table, delivery, found, accepted_files, rejected_files)),
            "rejected_files": json.dumps(rejected_files),
        }
        build = self.lake.commit(step, night, accepted_files, made, properties)
        self.lake.clear_scratch()
        return build.rows

    def _earlier(self, step: str, night: date) -> list[Build]:
        if declared(contracts.load(step).table).kind != FACT:
            return []
        builds = self.lake.builds(step)
        nights = [night - timedelta(days=back) for back in range(LATE_DAYS, 0, -1)]
        return [builds[each] for each in nights if each in builds]

    def _networks(self, step: str, night: date) -> Build | None:
        return self.lake.builds("staged.ip_networks").get(night) if step in steps.LOOKS_UP_NETWORKS else None

    def _collect(self, step: str, night: date) -> int | None:
        builds = [self._needed(name, night, step) for name in steps.staged_sources()]
        made = provenance.fingerprint({"step": step, "inputs": [build.fingerprint for build in builds]})
        if self._unchanged(step, night, made):
            return None
        if step == "staged.rejected":
            files = [path for build in builds for path in json.loads(build.properties["rejected_files"])]
        else:
            rows = [json.loads(build.properties["delivery"]) for build in builds]
            files = self.lake.write_arrow(step, night, _arrow_rows(step, rows))
        return self.lake.commit(step, night, files, made, {}).rows

    # -- signals, links, campaigns, published -----------------------------------------------------------------------

    def _transform(self, step: str, night: date) -> int | None:
        module = steps.module(step)
        spans = {name: _nights(span, night) for name, span in module.INPUTS.items()}
        used: dict[str, list[Build]] = {}
        for name, (first, last) in spans.items():
            builds = self.lake.builds(name)
            if module.INPUTS[name] != BEFORE and night not in builds:
                self._needed(name, night, step)
            used[name] = [builds[each] for each in sorted(builds) if first <= each <= last]
        made = provenance.fingerprint(
            {"step": step, "night": night, "inputs": {n: [b.fingerprint for b in bs] for n, bs in used.items()}}
        )
        if self._unchanged(step, night, made):
            return None
        frames = {contracts.load(name).table: self._read(name, *span) for name, span in spans.items()}
        extra = {"scratch": self._scratch} if "scratch" in inspect.signature(module.transform).parameters else {}
        frame: DataFrame = module.transform(night, **frames, **extra)
        files = self.lake.write_files(step, night, frame)
        snapshots = {name: [build.snapshot_id for build in builds] for name, builds in used.items()}
        properties = {"inputs": json.dumps(snapshots, sort_keys=True), "code_version": provenance.code_version()}
        build = self.lake.commit(step, night, files, made, properties)
        self.lake.clear_scratch()
        return build.rows

    def _scratch(self, frame: DataFrame) -> DataFrame:
        return self.lake.scratch(self.spark, frame)

    # -- quality and publishing -------------------------------------------------------------------------------------

    def _judge(self, step: str, night: date) -> int | None:
        from jobs import quality

        names = list(steps.upstream()[steps.QUALITY])
        builds = {name: self._needed(name, night, steps.QUALITY) for name in names}
        made = provenance.fingerprint(
            {"step": steps.QUALITY, "inputs": {name: build.fingerprint for name, build in builds.items()}}
        )
        target = steps.WRITTEN_BY[steps.QUALITY]
        previous = self.lake.builds(target).get(night)
        if previous and previous.fingerprint == made and previous.properties.get("refused") == "no":
            return None
        tables = {name: self.lake.read_arrow(name, night, night, _checked_columns(name)) for name in names}
        volumes = {
            name: [b.rows for n, b in sorted(self.lake.builds(name).items()) if night - 7 * ONE_DAY <= n < night]
            for name in ("staged.api_requests",)
        }
        outcomes = quality.judge(tables, volumes, night, self.settings.root / "quality" / "data_docs")
        rows = [{"as_of_date": night, **row} for row in quality.rows(outcomes)]
        files = self.lake.write_arrow(target, night, _arrow_rows(target, rows))
        refusal = quality.refusal(outcomes)
        properties = {"refused": "yes" if refusal else "no"}
        build = self.lake.commit(target, night, files, made, properties)
        if refusal:
            raise refusal
        return build.rows

    def _publish(self, step: str, night: date) -> int | None:
        warehouse = open_warehouse(self.settings.warehouse, self.settings.root)
        judged = self._needed(steps.WRITTEN_BY[steps.QUALITY], night, steps.PUBLISH)
        if judged.properties.get("refused") != "no":
            raise IolausError(f"Night {night} was refused by the quality checks: see data_quality and run it again.")
        names = [name for name in steps.upstream() if name.startswith("published.")]
        runs = steps.WRITTEN_BY[steps.PUBLISH]
        made = provenance.fingerprint({"step": steps.PUBLISH, "judged": judged.fingerprint})
        if self._unchanged(runs, night, made) and night in warehouse.nights():
            return None
        record = self._run_record(night, judged)
        files = self.lake.write_arrow(runs, night, _arrow_rows(runs, [record]))
        tables = {
            contracts.load(name).table: self.lake.read_arrow(name, night, night)
            for name in [*names, steps.WRITTEN_BY[steps.QUALITY]]
        }
        tables["runs"] = _arrow_rows(runs, [record])
        warehouse.publish(night, tables)
        return self.lake.commit(runs, night, files, made, {}).rows

    def _run_record(self, night: date, judged: Build) -> dict[str, object]:
        deliveries = self.lake.read_arrow("staged.deliveries", night, night).to_pylist()
        checks = self.lake.read_arrow(steps.WRITTEN_BY[steps.QUALITY], night, night).to_pylist()
        first_build = min(self.lake.builds(name)[night].committed_ms for name in steps.staged_sources())
        now = datetime.now(UTC)
        kept = ("delivered_on", "landed", "staged", "duplicates", "rejected", "content_hash", "note")
        inputs = {row["table_name"]: {key: row[key] for key in kept} for row in deliveries}
        return {
            "as_of_date": night,
            "run_id": judged.fingerprint,
            "code_version": provenance.code_version(),
            "engine": self.settings.engine.split(":")[0],
            "inputs": json.dumps(inputs, sort_keys=True, default=str),
            "rows_in": sum(row["landed"] for row in deliveries),
            "rows_rejected": sum(row["rejected"] for row in deliveries),
            "rows_duplicate": sum(row["duplicates"] for row in deliveries),
            "quality_warnings": sum(1 for row in checks if not row["success"] and row["severity"] == "warning"),
            "started_at": datetime.fromtimestamp(first_build / 1000, UTC),
            "finished_at": now,
            "published_at": now,
            "stale": False,
        }

    # -- shared -----------------------------------------------------------------------------------------------------

    def _read(self, name: str, first: date, last: date) -> DataFrame:
        return self.lake.read(self.spark, name, first, last)

    def _unchanged(self, table: str, night: date, made: str) -> bool:
        build = self.lake.builds(table).get(night)
        return build is not None and build.fingerprint == made

    def _needed(self, name: str, night: date, step: str) -> Build:
        build = self.lake.builds(name).get(night)
        if build is None:
            raise IolausError(f"Step {step} needs table {name} of {night}: build that first, or run the whole night.")
        return build


@dataclass(frozen=True)
class _Delivered:
    landed: int = 0
    duplicates: int = 0


@contextmanager
def runner(settings: Settings) -> Iterator[Runner]:
    """A runner whose engine is stopped at the end, whatever happens."""
    made = Runner(settings)
    try:
        yield made
    finally:
        made.close()


def require_landed(settings: Settings, night: date) -> None:
    """Raises `IolausError` when nothing at all was delivered for the night, so that a wrong date costs no work."""
    raw = settings.root / "raw"
    if not raw.is_dir():
        raise IolausError(f"The root {settings.root} has no raw zone: expected the folder raw/<table>/ds=.../.")
    if not any(True for _ in raw.glob(f"*/ds={night.isoformat()}/*")):
        raise IolausError(f"Nothing has landed for {night}: there is no file in raw/*/ds={night}/; check --date.")


def _nights(span: str, night: date) -> tuple[date, date]:
    if span == BEFORE:
        return night - ONE_DAY, night - ONE_DAY
    return (night, night) if span == NIGHT else (night - (WINDOW_DAYS - 1) * ONE_DAY, night)


def _delivery_row(
    table: str, delivery: landing.Delivery, found: _Delivered, accepted: list[str], rejected: list[str]
) -> dict[str, object]:
    note = None if delivery.ds else f"Table {table} was never delivered and reads as empty."
    return {
        "table_name": table,
        "delivered_on": delivery.ds.isoformat() if delivery.ds else None,
        "files": len(delivery.files),
        "bytes": sum(file.size_bytes for file in delivery.files),
        "landed": found.landed,
        "staged": _count(accepted),
        "duplicates": found.duplicates,
        "rejected": _count(rejected),
        "content_hash": delivery.content_hash,
        "unknown_columns": ",".join(sorted(delivery.unknown_columns)) or None,
        "missing_columns": ",".join(sorted(delivery.missing_columns)) or None,
        "note": note,
    }


def _count(files: list[str]) -> int:
    import pyarrow.parquet as pq

    return sum(pq.ParquetFile(path).metadata.num_rows for path in files)


def _arrow_rows(name: str, rows: list[Mapping[str, object]] | list[dict[str, object]]) -> pa.Table:
    schema = contracts.arrow_schema(contracts.load(name))
    return pa.Table.from_pylist([_dated(schema, row) for row in rows], schema=schema)


def _dated(schema: pa.Schema, row: Mapping[str, object]) -> dict[str, object]:
    """Dates that travelled as text in snapshot properties become dates again."""
    return {
        key: date.fromisoformat(value)
        if isinstance(value, str) and pa.types.is_date32(schema.field(key).type)
        else value
        for key, value in row.items()
    }


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


def landed_nights(settings: Settings) -> list[date]:
    """Nights for which anything was delivered, oldest first."""
    found = {path.name.removeprefix("ds=") for path in (settings.root / "raw").glob("*/ds=*") if any(path.iterdir())}
    return sorted(date.fromisoformat(text) for text in found)

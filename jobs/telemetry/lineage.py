"""OpenLineage: what every step read and wrote, as START and COMPLETE, or FAIL, of a run of its own.

Off unless OpenLineage is configured in its own way (`settings.has_lineage`). A step is the job `iolaus.<step>`; its parent is the
task of Airflow that OPENLINEAGE_PARENT_ID names, else the job `iolaus.night`. Datasets, counts and columns' names are told, and
nothing of the data.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState, set_producer
from openlineage.client.facet_v2 import (
    column_lineage_dataset,
    dataset_version_dataset,
    documentation_job,
    error_message_run,
    input_statistics_input_dataset,
    job_type_job,
    nominal_time_run,
    output_statistics_output_dataset,
    parent_run,
    schema_dataset,
)
from openlineage.client.uuid import generate_new_uuid

from jobs import contracts
from jobs.lake.lake import Lake
from jobs.nights import fingerprints, steps
from jobs.nights.listening import Built, Listener
from jobs.nights.records import staged
from jobs.nights.steps import Step
from jobs.settings import Parent
from jobs.telemetry import datasets
from jobs.telemetry.outcomes import why
from jobs.telemetry.sending import Sender

PRODUCER = "urn:iolaus:"  # and the code version
NIGHT_JOB = "iolaus.night"
PSEUDONYM = "pseudonym"  # privacy class of a column that holds tokens
Facets = dict[str, Any]


class Lineage(Listener):
    """Tells the events of a night. `parent` is the run that the steps are part of, `root` the first above; None for none."""

    def __init__(self, lake: Lake, namespace: str, parent: Parent | None, root: Parent | None) -> None:
        set_producer(PRODUCER + fingerprints.code_version())
        self._lake, self._namespace, self._sender = lake, namespace, Sender(OpenLineageClient().emit)
        self._parent, self._root = parent, root
        self._own = Parent(namespace, NIGHT_JOB, str(generate_new_uuid()))
        self._runs: dict[str, str] = {}

    def began(self, night: date, names: Sequence[str]) -> None:
        if self._parent is None:
            self._own = Parent(self._namespace, NIGHT_JOB, str(generate_new_uuid()))
            self._tell_night(night, RunState.START, {})

    def step_began(self, night: date, step: str) -> None:
        self._runs[step] = str(generate_new_uuid())
        self._tell(night, steps.step(step), RunState.START, {}, [], [])

    def step_done(self, night: date, built: Built) -> None:
        step = steps.step(built.step)
        inputs = [self._input(name, night) for name in datasets.inputs(step)]
        outputs = [self._output(table, night, built) for table in datasets.outputs(step)]
        self._tell(night, step, RunState.COMPLETE, {}, inputs, outputs)

    def step_failed(self, night: date, failed: Built, error: BaseException) -> None:
        step = steps.step(failed.step)
        inputs = [_input(name) for name in datasets.inputs(step)]
        outputs = [_output(table) for table in datasets.outputs(step)]
        self._tell(night, step, RunState.FAIL, _error(error), inputs, outputs)

    def ended(self, night: date, error: BaseException | None) -> None:
        if self._parent is None:
            self._tell_night(night, RunState.FAIL if error else RunState.COMPLETE, _error(error) if error else {})
        self._sender.settle()

    def _tell(
        self,
        night: date,
        step: Step,
        state: RunState,
        facets: Facets,
        inputs: list[InputDataset],
        outputs: list[OutputDataset],
    ) -> None:
        facets = facets | {"nominalTime": _night_of(night), "parent": _parent(self._parent or self._own, self._root)}
        what = contracts.load(step.table).description.strip()
        job = Job(
            self._namespace,
            f"iolaus.{step.name}",
            {"jobType": _kind("STEP"), "documentation": documentation_job.DocumentationJobFacet(what)},
        )
        self._send(state, Run(self._runs[step.name], facets), job, inputs, outputs)

    def _tell_night(self, night: date, state: RunState, facets: Facets) -> None:
        run = Run(self._own.run, facets | {"nominalTime": _night_of(night)})
        self._send(state, run, Job(self._namespace, NIGHT_JOB, {"jobType": _kind("NIGHT")}), [], [])

    def _send(
        self, state: RunState, run: Run, job: Job, inputs: list[InputDataset], outputs: list[OutputDataset]
    ) -> None:
        now = datetime.now(UTC).isoformat()
        self._sender.send(RunEvent(eventType=state, eventTime=now, run=run, job=job, inputs=inputs, outputs=outputs))

    def _input(self, name: str, night: date) -> InputDataset:
        found = _input(name)
        layer, _, table = name.partition(".")
        if layer == "raw":
            said = staged(self._lake.builds(f"staged.{table}")[night]).delivery
            found.inputFacets = {
                "inputStatistics": input_statistics_input_dataset.InputStatisticsInputDatasetFacet(
                    rowCount=said["landed"], size=said["bytes"], fileCount=said["files"]
                )
            }
        return found

    def _output(self, table: datasets.Table, night: date, built: Built) -> OutputDataset:
        found, build = _output(table), self._lake.builds(str(table.contract)).get(night)
        if build is not None and table.namespace == datasets.LAKE:
            version = dataset_version_dataset.DatasetVersionDatasetFacet(str(build.snapshot_id))
            found.facets = {**(found.facets or {}), "version": version}
        if build is not None and built.rows is not None:
            is_own = table.namespace == datasets.LAKE
            found.outputFacets = {
                "outputStatistics": output_statistics_output_dataset.OutputStatisticsOutputDatasetFacet(
                    rowCount=build.rows, size=built.bytes_held if is_own else None
                )
            }
        return found


def _input(name: str) -> InputDataset:
    table = datasets.table(name)
    return InputDataset(table.namespace, table.name, facets={"schema": _schema(table)})


def _output(table: datasets.Table) -> OutputDataset:
    facets: Facets = {"schema": _schema(table)}
    if made_from := datasets.made_from(table):
        facets["columnLineage"] = _columns(table, made_from)
    return OutputDataset(table.namespace, table.name, facets=facets)


def _schema(table: datasets.Table) -> schema_dataset.SchemaDatasetFacet:
    fields = [
        schema_dataset.SchemaDatasetFacetFields(name, kind, meaning, position)
        for position, (name, kind, meaning) in enumerate(table.fields(), start=1)
    ]
    return schema_dataset.SchemaDatasetFacet(fields)


def _columns(table: datasets.Table, made_from: datasets.Columns) -> column_lineage_dataset.ColumnLineageDatasetFacet:
    tokens = {each.name for each in contracts.load(str(table.contract)).columns if each.privacy == PSEUDONYM}
    fields = {
        column: column_lineage_dataset.Fields(
            [_source(name, field, "DIRECT", column in tokens and name.startswith("raw.")) for name, field in sources]
        )
        for column, sources in made_from.items()
        if column != datasets.ROWS
    }
    rows = [_source(name, field, "INDIRECT", None) for name, field in made_from.get(datasets.ROWS, ())]
    return column_lineage_dataset.ColumnLineageDatasetFacet(fields, rows)


def _source(name: str, field: str, kind: str, is_masked: bool | None) -> column_lineage_dataset.InputField:
    table = datasets.table(name)
    how = column_lineage_dataset.Transformation(kind, masking=is_masked)
    return column_lineage_dataset.InputField(table.namespace, table.name, field, [how])


def _kind(kind: str) -> job_type_job.JobTypeJobFacet:
    return job_type_job.JobTypeJobFacet(processingType="BATCH", integration="IOLAUS", jobType=kind)


def _night_of(night: date) -> nominal_time_run.NominalTimeRunFacet:
    return nominal_time_run.NominalTimeRunFacet(f"{night}T00:00:00Z", f"{night + timedelta(days=1)}T00:00:00Z")


def _error(error: BaseException) -> Facets:
    return {"errorMessage": error_message_run.ErrorMessageRunFacet(why(error), "PYTHON")}


def _parent(parent: Parent, root: Parent | None) -> parent_run.ParentRunFacet:
    run, job = parent_run.Run(parent.run), parent_run.Job(parent.namespace, parent.job)
    if root is None:
        return parent_run.ParentRunFacet(run, job)
    first = parent_run.Root(parent_run.RootRun(root.run), parent_run.RootJob(root.namespace, root.job))
    return parent_run.ParentRunFacet(run, job, root=first)

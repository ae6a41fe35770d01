"""The two kinds of task a night consists of: the gate that keeps the nights in order, and one `iolaus build` per layer.

The worker's environment configures the command (`IOLAUS_ROOT`, `IOLAUS_ENGINE`, `IOLAUS_WAREHOUSE`,
`IOLAUS_PSEUDONYM_KEY`): the key never passes through Airflow.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from airflow.providers.standard.hooks.subprocess import SubprocessHook
from airflow.sdk import BaseOperator, BaseSensorOperator, Context, DagRunState
from airflow.sdk.configuration import conf
from airflow.sdk.exceptions import AirflowException, AirflowFailException

NEVER_RETRIED = {2: "wrong usage", 3: "refused by a quality check"}  # the same call gives the same answer again
FROM_PARAMS = {
    "IOLAUS_ROOT": "{{ params.root or '' }}",
    "IOLAUS_ENGINE": "{{ params.engine or '' }}",
    "IOLAUS_WAREHOUSE": "{{ params.warehouse or '' }}",
}


class BuildLayer(BaseOperator):
    """Runs `iolaus build STEP ... --date NIGHT` and fails with the sentence the command ended with.

    One process and one engine build all steps of a layer; what is built and unchanged is skipped when the task runs again, so
    that a retry goes on at the step that failed. Each step that is done is told: in the XCom `tables` with its rows and
    seconds, and as an event of its asset. Exit codes 2 and 3 fail at once; every other failure (1, or the process was killed)
    is left to the retries.
    """

    template_fields: Sequence[str] = ("night", "settings")
    ui_color = "#eef4fb"

    def __init__(self, *, steps: Sequence[str], night: str = "{{ ds }}", **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.steps = tuple(steps)
        self.night = night
        self.settings = dict(FROM_PARAMS)
        self._process: SubprocessHook | None = None

    def execute(self, context: Context) -> None:
        """Raises `AirflowFailException` where a retry cannot help, `AirflowException` where it may."""
        given = {name: value for name, value in self.settings.items() if value}
        given |= lineage_parents(context)
        self._process = SubprocessHook()
        with TemporaryDirectory(prefix="iolaus-") as folder:
            told = Path(folder, "told")
            command = ["iolaus", "build", *self.steps, "--date", self.night, "--told", str(told)]
            try:
                ended = self._process.run_command(command, env={**os.environ, **given})
            except FileNotFoundError:
                raise AirflowFailException(
                    "The command iolaus is not on this worker's PATH: install the project."
                ) from None
            done = [json.loads(line) for line in told.read_text().splitlines()] if told.exists() else []
        self._tell(context, done)
        if ended.exit_code == 0:
            return
        at = self.steps[min(len(done), len(self.steps) - 1)]
        sentence = sentence_in(ended.output)
        if ended.exit_code in NEVER_RETRIED:
            raise AirflowFailException(f"{at} ({NEVER_RETRIED[ended.exit_code]}): {sentence}")
        raise AirflowException(f"{at} (exit code {ended.exit_code}): {sentence}")

    def _tell(self, context: Context, done: Sequence[Mapping[str, Any]]) -> None:
        """State, rows and seconds of every step of the layer; rows are null where nothing had changed."""
        found = {each["step"]: each for each in done}
        states = {step: "done" if step in found else "not built" for step in self.steps}
        rows = {step: found.get(step, {}).get("rows") for step in self.steps}
        seconds = {step: round(each["seconds"], 1) for step, each in found.items()}
        if "ti" in context:
            told = {s: {"state": states[s], "rows": rows[s], "seconds": seconds.get(s)} for s in self.steps}
            context["ti"].xcom_push(key="tables", value=told)
        for asset in self.outlets:
            step = asset.extra.get("step")
            if step in found and "outlet_events" in context:
                context["outlet_events"][asset].extra = {"rows": rows[step], "seconds": seconds[step]}

    def on_kill(self) -> None:
        if self._process is not None:
            self._process.send_sigterm()  # type: ignore[no-untyped-call]


def sentence_in(line: str) -> str:
    """The sentence that a command ended with, from its last line; in JSON (`IOLAUS_LOG=json`) its message."""
    try:
        return str(json.loads(line)["message"])
    except (ValueError, KeyError, TypeError):
        return line.removeprefix("error: ")


def lineage_parents(context: Context) -> dict[str, str]:
    """This task's run, and the DAG's, as OpenLineage's provider for Airflow (2.x) names and numbers them, for the command's events.

    What the worker's environment says itself stays; nothing where the client is not installed.
    """
    try:
        from openlineage.client.uuid import generate_static_uuid
    except ImportError:
        return {}
    run, ti = context.get("dag_run"), context.get("ti")
    if run is None or ti is None:
        return {}
    namespace = conf.get("openlineage", "namespace", fallback=os.environ.get("OPENLINEAGE_NAMESPACE", "default"))
    at, dag, task = run.logical_date or run.run_after, f"{namespace}.{ti.dag_id}", f"{ti.dag_id}.{ti.task_id}"
    of_task = generate_static_uuid(at, f"{dag}.{ti.task_id}.{ti.try_number}.{ti.map_index}".encode())
    of_dag = generate_static_uuid(at, f"{dag}.{run.clear_number or 0}".encode())
    named = {
        "OPENLINEAGE_PARENT_ID": f"{namespace}/{task}/{of_task}",
        "OPENLINEAGE_ROOT_PARENT_ID": f"{namespace}/{ti.dag_id}/{of_dag}",
    }
    return {name: value for name, value in named.items() if name not in os.environ}


class NightBefore(BaseSensorOperator):
    """Lets night D start only when the newest earlier night of this DAG is D-1 and has succeeded, or there is none.

    Tonight's campaign ids are a function of last night's registry. `depends_on_past` would hold a night open while
    `max_active_runs=1` keeps the failed night before it from being rerun; this gate fails instead and frees the place.
    It waits only while the night before is running, which a backfill with several active runs makes happen.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(mode="reschedule", poke_interval=60, timeout=timedelta(hours=12).total_seconds(), **kwargs)

    def poke(self, context: Context) -> bool:
        """True when the night may start; raises `AirflowFailException` with what to do when it may not."""
        run, ti = context["dag_run"], context["ti"]
        if run.logical_date is None:
            raise AirflowFailException("The run names no night: trigger it with the night as its logical date.")
        night = run.logical_date.astimezone(UTC).date()
        if night >= run.run_after.astimezone(UTC).date():
            raise AirflowFailException(f"Night {night} has not ended: trigger an earlier night as the logical date.")
        before = ti.get_previous_ti(logical_date=datetime.combine(night, time.min, UTC))
        if before is None or before.logical_date is None:
            self.log.info("No earlier night in Airflow: night %s is the first.", night)
            return True
        newest = before.logical_date.astimezone(UTC).date()
        if newest < night - timedelta(days=1):
            raise AirflowFailException(
                f"The nights after {newest} and before {night} were never run here; build them, then clear this run: "
                f"airflow backfill create --dag-id {run.dag_id} --from-date {newest + timedelta(days=1)} "
                f"--to-date {night} --max-active-runs 1"
            )
        state = DagRunState(ti.get_dagrun_state(run.dag_id, before.run_id))
        if state not in (DagRunState.SUCCESS, DagRunState.RUNNING):
            raise AirflowFailException(
                f"Night {newest} is {state.value}: clear its failed tasks, and once it has succeeded clear this run."
            )
        return state is DagRunState.SUCCESS

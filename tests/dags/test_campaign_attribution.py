"""The DAG is a true table of contents: it loads, its edges are the jobs' own, and its failures mean what it says."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import DAG, Asset, DagRunState
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from airflow.serialization.encoders import coerce_to_core_timetable
from airflow.serialization.serialized_objects import DagSerialization

REPOSITORY = Path(__file__).parents[2]
DAGS = REPOSITORY / "dags"
REWRITE = "run `python -m infra.airflow.write_steps`"
PUBLISHED = {
    "attribution.account_verdicts",
    "attribution.campaign_attributions",
    "attribution.campaign_daily",
    "attribution.campaign_evidence",
    "attribution.campaign_lineage",
    "attribution.campaign_members",
    "attribution.campaign_rankings",
    "attribution.campaigns",
    "attribution.data_quality",
    "attribution.link_audit",
    "attribution.runs",
}


@pytest.fixture(scope="module")
def bag() -> BundleDagBag:
    return BundleDagBag(dag_folder=str(DAGS), bundle_path=DAGS, bundle_name="dags")


@pytest.fixture(scope="module")
def dag(bag: BundleDagBag) -> DAG:
    return bag.dags["campaign_attribution"]


def test_the_folder_holds_exactly_these_dags_and_none_is_broken(bag: BundleDagBag) -> None:
    assert bag.import_errors == {}
    assert set(bag.dags) == {"campaign_attribution"}


def test_every_step_is_built_once_and_after_all_that_the_job_declares_to_read(dag: DAG) -> None:
    from jobs.nights.steps import upstream

    declared = upstream()
    built = [step for task in dag.topological_sort() if task.task_id != "night_before" for step in task.steps]
    assert len(declared) > 20
    assert sorted(built) == sorted(declared), REWRITE
    for step, waits_for in declared.items():
        assert all(built.index(earlier) < built.index(step) for earlier in waits_for), REWRITE


def test_a_task_builds_the_tables_of_the_layer_it_is_named_after(dag: DAG) -> None:
    layers = ["staged", "signals", "links", "campaigns", "published", "quality", "publish"]
    assert [task.task_id for task in dag.topological_sort()] == ["night_before", *layers]
    for layer in layers:
        assert {step.split(".")[0] for step in dag.get_task(layer).steps} == {layer}
        assert dag.get_task(layer).doc


def test_no_step_can_start_before_the_gate_nor_publish_before_quality(dag: DAG) -> None:
    assert dag.get_task("night_before").upstream_task_ids == set()
    everything = set(dag.task_dict)
    assert dag.get_task("night_before").get_flat_relative_ids(upstream=False) == everything - {"night_before"}
    assert dag.get_task("publish").upstream_task_ids == {"quality"}
    assert dag.get_task("publish").downstream_task_ids == set()
    assert dag.get_task("publish").get_flat_relative_ids(upstream=True) >= {"quality", "published"}
    assert {task.trigger_rule for task in dag.tasks} == {"all_success"}


def test_nights_run_one_at_a_time_daily_in_utc_and_never_by_catching_up(dag: DAG) -> None:
    assert (dag.max_active_runs, dag.catchup) == (1, False)
    timetable = coerce_to_core_timetable(dag.timetable)
    assert type(timetable).__name__ == "CronDataIntervalTimetable"
    assert timetable.serialize() == {"expression": "0 4 * * *", "timezone": "UTC"}


def test_the_scheduled_night_is_the_day_that_has_just_ended(dag: DAG) -> None:
    timetable = coerce_to_core_timetable(dag.timetable)
    started = datetime(2026, 11, 21, 4, 0, tzinfo=UTC)
    assert timetable.infer_manual_data_interval(run_after=started).start.date().isoformat() == "2026-11-20"
    assert {task.night for task in dag.tasks if task.task_id != "night_before"} == {"{{ ds }}"}


def test_publishing_has_a_pool_of_its_own_and_names_every_published_table(dag: DAG) -> None:
    assert {task.task_id: task.pool for task in dag.tasks if task.pool != "default_pool"} == {
        "publish": "iolaus_publish"
    }
    assert {asset.name for asset in dag.get_task("publish").outlets} == PUBLISHED | {"iolaus.publish"}


def test_every_table_is_an_asset_of_the_task_that_builds_it(dag: DAG) -> None:
    for task in dag.tasks:
        if task.task_id != "night_before":
            own = [asset for asset in task.outlets if asset.name.startswith("iolaus.")]
            assert [asset.name for asset in own] == [f"iolaus.{step}" for step in task.steps]
            assert [asset.uri for asset in own] == [f"iolaus://lake/{step}" for step in task.steps]


def test_every_step_is_retried_twice_with_growing_pauses_and_ends_in_time(dag: DAG) -> None:
    for task in dag.tasks:
        if task.task_id != "night_before":
            assert (task.retries, task.retry_exponential_backoff) == (2, 2.0)
            assert timedelta(minutes=1) <= task.retry_delay <= task.max_retry_delay
        assert task.execution_timeout is not None
        assert task.execution_timeout <= dag.dagrun_timeout


def test_the_page_says_what_to_do_for_every_kind_of_red(dag: DAG) -> None:
    red = dag.doc_md.split("## When it is red")[1]
    for kind in ("`night_before`", "`staged`", "`quality`", "`publish`", '"wrong usage"', "PATH"):
        assert kind in red
    assert set(re.findall(r"IOLAUS_[A-Z_]+", dag.doc_md)) <= environment_names()


def environment_names() -> set[str]:
    from jobs.settings import NAMES

    return set(NAMES)


def test_the_dag_survives_serialisation_and_refuses_params_that_no_step_could_use(dag: DAG) -> None:
    stored = DagSerialization.deserialize_dag(DagSerialization.serialize_dag(dag))
    assert stored.task_ids == dag.task_ids
    good = {"root": "/lake", "engine": "sc://spark:15002", "warehouse": "duckdb:///lake/warehouse.duckdb"}
    stored.params.deep_merge(good).validate()
    for bad in (
        {"warehouse": "postgresql://writer:secret@db/attribution"},
        {"warehouse": "duckdb://lake"},
        {"engine": "databricks"},
        {"engine": "sc://spark:443/;use_ssl=true;token=hush"},
        {"root": "lake"},
    ):
        with pytest.raises(ValueError, match=next(iter(bad))):
            stored.params.deep_merge(bad).validate()


def test_reading_the_file_imports_neither_the_jobs_nor_an_engine() -> None:
    program = (
        "import sys, campaign_attribution as read; assert len(read.STEPS) == 7\n"
        "heavy = {'pyspark', 'pysail', 'great_expectations', 'pandas', 'numpy', 'pyarrow', 'networkx', 'jobs'}\n"
        "print(sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    read = subprocess.run([sys.executable, "-c", program], cwd=DAGS, capture_output=True, text=True, check=True)
    assert read.stdout.splitlines()[-1] == "[]"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bag: BundleDagBag) -> Any:
    """Runs the task of two steps against an `iolaus` that does what the given shell lines say; what it tells Airflow."""
    from night_tasks import BuildLayer

    def run(lines: str, tried: int = 1, **settings: str) -> dict[str, Any]:
        script = tmp_path / "iolaus"
        script.write_text(
            f'#!/bin/sh\necho "$1 $2 $3 $4 $5|$IOLAUS_ROOT|$IOLAUS_ENGINE" >> {tmp_path}/calls\n{lines}\n'
        )
        script.chmod(0o755)
        outlets = [Asset(f"iolaus.{step}", extra={"step": step}) for step in TWO]
        task = BuildLayer(task_id="signals", steps=TWO, night="2026-11-20", outlets=outlets)
        task.settings = {"IOLAUS_ROOT": "", "IOLAUS_ENGINE": "", **settings}
        pushed: dict[str, Any] = {}
        events = {each: SimpleNamespace(extra={}) for each in outlets}
        ti = SimpleNamespace(
            xcom_push=lambda key, value: pushed.update({key: value}),
            dag_id="campaign_attribution", task_id="signals", try_number=tried, map_index=-1,
        )  # fmt: skip
        dag_run = SimpleNamespace(logical_date=datetime(2026, 11, 20, 4, tzinfo=UTC), clear_number=0)
        told.update(tables=pushed, events={each.name: event for each, event in events.items()})
        type(task).execute.__wrapped__(task, {"ti": ti, "dag_run": dag_run, "outlet_events": events})
        return told

    told: dict[str, Any] = {"calls": tmp_path / "calls"}
    run.told = told  # type: ignore[attr-defined]
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("IOLAUS_ROOT", "/from/worker")
    monkeypatch.setenv("IOLAUS_ENGINE", "spark")
    return run


TWO = ("signals.devices", "signals.referrals")
FIRST_DONE = """echo '{"step": "signals.devices", "rows": 7, "seconds": 1.25}' >> "$7" """


def test_the_command_gets_the_steps_the_night_and_the_settings_of_worker_and_params(command: Any) -> None:
    called = "build signals.devices signals.referrals --date 2026-11-20"
    assert command("exit 0")["calls"].read_text() == f"{called}|/from/worker|spark\n"
    calls = command("exit 0", IOLAUS_ROOT="/from/params")["calls"].read_text().splitlines()
    assert calls[1:] == [f"{called}|/from/params|spark"]


def test_every_table_is_told_with_its_rows_and_seconds(command: Any) -> None:
    second = """echo '{"step": "signals.referrals", "rows": null, "seconds": 0.04}' >> "$7" """
    told = command(FIRST_DONE + "\n" + second)
    assert told["tables"]["tables"] == {
        "signals.devices": {"state": "done", "rows": 7, "seconds": 1.2},
        "signals.referrals": {"state": "done", "rows": None, "seconds": 0.0},
    }
    assert told["events"]["iolaus.signals.devices"].extra == {"rows": 7, "seconds": 1.2}


def test_a_failure_names_the_table_and_tells_what_was_done_before(command: Any) -> None:
    with pytest.raises(AirflowException, match=r"^signals\.referrals \(exit code 1\): It is empty\.$"):
        command(FIRST_DONE + "\necho 'error: It is empty.' >&2; exit 1")
    assert command.told["tables"]["tables"]["signals.devices"]["state"] == "done"
    assert command.told["tables"]["tables"]["signals.referrals"]["state"] == "not built"


@pytest.mark.parametrize(("code", "retried"), [(1, True), (2, False), (3, False), (137, True)])
def test_only_failures_that_may_pass_are_retried_and_each_shows_the_last_sentence(
    command: Any, code: int, retried: bool
) -> None:
    with pytest.raises(
        AirflowException, match=r"signals.devices \(.+\): The table devices is empty: deliver it"
    ) as failure:
        command(f"echo starting; echo 'error: The table devices is empty: deliver it.' >&2; exit {code}")
    assert isinstance(failure.value, AirflowFailException) is not retried


def test_a_sentence_in_json_is_read_as_its_message(command: Any) -> None:
    line = '{"level": "error", "event": "error", "message": "Night 2026-11-20 is not published."}'
    with pytest.raises(AirflowFailException, match=r"\): Night 2026-11-20 is not published\.$"):
        command(f"echo '{line}' >&2; exit 3")


def test_the_command_is_told_whose_part_it_is_for_lineage(
    command: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As OpenLineage's provider has it: the same for the same try, another for the next, one for the whole run."""
    keep = f'echo "$OPENLINEAGE_PARENT_ID $OPENLINEAGE_ROOT_PARENT_ID" >> {tmp_path}/parents'
    monkeypatch.setenv("OPENLINEAGE_NAMESPACE", "prod")
    for tried in (1, 1, 2):
        command(keep, tried=tried)
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", "given/by.hand/1")
    command(keep)
    first, again, retried, given = [line.split() for line in (tmp_path / "parents").read_text().splitlines()]
    assert first == again
    assert first[0] != retried[0]
    assert first[1] == retried[1] == given[1]
    assert given[0] == "given/by.hand/1"
    assert re.fullmatch(r"prod/campaign_attribution\.signals/[0-9a-f-]{36}", first[0])
    assert re.fullmatch(r"prod/campaign_attribution/[0-9a-f-]{36}", first[1])


def test_a_worker_without_the_command_is_not_retried(command: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(AirflowFailException, match="PATH"):
        command("exit 0")


def gate(night: str | None, before: str | None, state: str = "success", run_after: str = "2026-12-31") -> bool:
    """What the gate says to night `night` when the newest earlier run is of night `before` and in `state`."""
    from night_tasks import NightBefore

    def at(day: str | None) -> datetime | None:
        return None if day is None else datetime.fromisoformat(f"{day}T04:00:00+00:00")

    earlier = None if before is None else SimpleNamespace(logical_date=at(before), run_id="earlier")
    run = SimpleNamespace(dag_id="campaign_attribution", logical_date=at(night), run_after=at(run_after))
    ti = SimpleNamespace(
        get_previous_ti=lambda logical_date: earlier,
        get_dagrun_state=lambda dag_id, run_id: DagRunState(state) if run_id == "earlier" else None,
    )
    return NightBefore(task_id="night_before").poke({"dag_run": run, "ti": ti})


@pytest.mark.usefixtures("bag")
class TestTheGate:
    def test_opens_on_the_first_night_and_after_a_night_that_succeeded(self) -> None:
        assert gate("2026-11-20", before=None) is True
        assert gate("2026-11-20", before="2026-11-19") is True

    def test_waits_while_the_night_before_is_running(self) -> None:
        assert gate("2026-11-20", before="2026-11-19", state="running") is False

    @pytest.mark.parametrize("state", ["failed", "queued"])
    def test_fails_at_once_after_a_night_that_did_not_succeed(self, state: str) -> None:
        with pytest.raises(AirflowFailException, match=f"Night 2026-11-19 is {state}"):
            gate("2026-11-20", before="2026-11-19", state=state)

    def test_names_the_backfill_that_closes_a_gap(self) -> None:
        with pytest.raises(AirflowFailException, match="--from-date 2026-11-18 --to-date 2026-11-20"):
            gate("2026-11-20", before="2026-11-17")

    def test_refuses_a_night_that_has_not_ended_or_is_not_named(self) -> None:
        with pytest.raises(AirflowFailException, match="has not ended"):
            gate("2026-11-20", before=None, run_after="2026-11-20")
        with pytest.raises(AirflowFailException, match="names no night"):
            gate(None, before=None)


def test_a_notifier_is_attached_as_the_documentation_says(tmp_path: Path) -> None:
    documented = (REPOSITORY / "docs" / "operations.md").read_text().split("```python\n")[1].split("```")[0]
    (tmp_path / "airflow_local_settings.py").write_text(documented)
    program = f"""
from airflow.dag_processing.dagbag import BundleDagBag
from pathlib import Path
folder = Path({str(DAGS)!r})
for task in BundleDagBag(dag_folder=str(folder), bundle_path=folder, bundle_name="dags").dags["campaign_attribution"].tasks:
    print("TASK", task.task_id, [type(each).__name__ for each in task.on_failure_callback])
"""
    environment = {
        **os.environ,
        "PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}",
        "AIRFLOW_HOME": str(tmp_path),
    }
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    told = [line.split(maxsplit=2)[1:] for line in done.stdout.splitlines() if line.startswith("TASK")]
    assert [each for each in told if each[0] == "quality"] == [["quality", "['SmtpNotifier']"]]
    assert {each[1] for each in told} == {"['SmtpNotifier']"}

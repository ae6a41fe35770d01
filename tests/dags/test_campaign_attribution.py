"""The DAG is a true table of contents: it loads, its edges are the jobs' own, and its failures mean what it says."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import networkx as nx
import pytest
from airflow.dag_processing.dagbag import BundleDagBag
from airflow.sdk import DAG, DagRunState
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


def order(edges: Iterable[tuple[str, str]], steps: Iterable[str]) -> set[tuple[str, str]]:
    """Every pair (earlier, later) that the edges imply."""
    graph = nx.DiGraph(edges)
    graph.add_nodes_from(steps)
    return set(nx.transitive_closure_dag(graph).edges)


def test_the_folder_holds_exactly_these_dags_and_none_is_broken(bag: BundleDagBag) -> None:
    assert bag.import_errors == {}
    assert set(bag.dags) == {"campaign_attribution"}


def test_a_task_is_one_step_named_after_its_table_and_waits_for_what_the_job_declares_to_read(dag: DAG) -> None:
    from jobs.nights.steps import upstream

    declared = upstream()
    drawn = [(earlier, step) for step in dag.task_dict for earlier in dag.get_task(step).upstream_task_ids]
    assert len(declared) > 20
    assert set(dag.task_dict) == {"night_before", *declared}, REWRITE
    wanted = order([(earlier, step) for step, waits_for in declared.items() for earlier in waits_for], declared)
    wanted |= {("night_before", step) for step in declared}
    assert order(drawn, dag.task_dict) == wanted, REWRITE


def test_every_task_builds_the_step_it_is_named_after_inside_its_layer(dag: DAG) -> None:
    steps = [task for task in dag.tasks if task.task_id != "night_before"]
    assert len(steps) > 20
    assert {task.task_id: task.step for task in steps} == {task.task_id: task.task_id for task in steps}
    assert set(dag.task_group_dict) >= {"staged", "signals", "links", "campaigns", "published"}
    for task in steps:
        assert task.task_group.group_id == (task.task_id.split(".")[0] if "." in task.task_id else None)


def test_no_step_can_start_before_the_gate_nor_publish_before_quality(dag: DAG) -> None:
    assert dag.get_task("night_before").upstream_task_ids == set()
    everything = set(dag.task_dict)
    assert dag.get_task("night_before").get_flat_relative_ids(upstream=False) == everything - {"night_before"}
    assert dag.get_task("publish").upstream_task_ids == {"quality"}
    assert dag.get_task("publish").downstream_task_ids == set()
    assert dag.get_task("publish").get_flat_relative_ids(upstream=True) >= {"quality", "published.campaigns"}
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
    assert {asset.name for asset in dag.get_task("publish").outlets} == PUBLISHED
    assert [task.task_id for task in dag.tasks if task.outlets] == ["publish"]


def test_every_step_is_retried_twice_with_growing_pauses_and_ends_in_time(dag: DAG) -> None:
    for task in dag.tasks:
        if task.task_id != "night_before":
            assert (task.retries, task.retry_exponential_backoff) == (2, 2.0)
            assert timedelta(minutes=1) <= task.retry_delay <= task.max_retry_delay
        assert task.execution_timeout is not None
        assert task.execution_timeout <= dag.dagrun_timeout


def test_the_page_says_what_to_do_for_every_kind_of_red(dag: DAG) -> None:
    red = dag.doc_md.split("## When it is red")[1]
    for kind in ("`night_before`", "`staged.*`", "`quality`", "`publish`", '"wrong usage"', "PATH"):
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
        "import sys, campaign_attribution as read; assert len(read.STEPS) > 20\n"
        "heavy = {'pyspark', 'pysail', 'great_expectations', 'pandas', 'numpy', 'pyarrow', 'networkx', 'jobs'}\n"
        "print(sorted(heavy & {name.split('.')[0] for name in sys.modules}))"
    )
    read = subprocess.run([sys.executable, "-c", program], cwd=DAGS, capture_output=True, text=True, check=True)
    assert read.stdout.splitlines()[-1] == "[]"


@pytest.fixture
def command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bag: BundleDagBag) -> Any:
    """Runs the task of `signals.devices` against an `iolaus` that does what the given shell lines say."""
    from night_tasks import BuildStep

    def run(lines: str, **settings: str) -> Path:
        script = tmp_path / "iolaus"
        script.write_text(f'#!/bin/sh\necho "$@|$IOLAUS_ROOT|$IOLAUS_ENGINE" >> {tmp_path}/calls\n{lines}\n')
        script.chmod(0o755)
        task = BuildStep(task_id="signals.devices", step="signals.devices", night="2026-11-20")
        task.settings = {"IOLAUS_ROOT": "", "IOLAUS_ENGINE": "", **settings}
        type(task).execute.__wrapped__(task, {})
        return tmp_path / "calls"

    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("IOLAUS_ROOT", "/from/worker")
    monkeypatch.setenv("IOLAUS_ENGINE", "spark")
    return run


def test_the_command_gets_the_step_the_night_and_the_settings_of_worker_and_params(command: Any) -> None:
    assert command("exit 0").read_text() == "build signals.devices --date 2026-11-20|/from/worker|spark\n"
    calls = command("exit 0", IOLAUS_ROOT="/from/params").read_text().splitlines()
    assert calls[1:] == ["build signals.devices --date 2026-11-20|/from/params|spark"]


@pytest.mark.parametrize(("code", "retried"), [(1, True), (2, False), (3, False), (137, True)])
def test_only_failures_that_may_pass_are_retried_and_each_shows_the_last_sentence(
    command: Any, code: int, retried: bool
) -> None:
    with pytest.raises(
        AirflowException, match=r"signals.devices \(.+\): The table devices is empty: deliver it"
    ) as failure:
        command(f"echo starting; echo 'error: The table devices is empty: deliver it.' >&2; exit {code}")
    assert isinstance(failure.value, AirflowFailException) is not retried


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

"""What a real night tells of itself: log lines, metrics, lineage; and one message when quality refused it."""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import attr
import pytest
from airflow.dag_processing.dagbag import BundleDagBag
from openlineage.client import generated
from openlineage.client.event_v2 import Job, Run, RunEvent, RunState
from openlineage.client.generated.base import BaseFacet
from prometheus_client.parser import text_string_to_metric_families

from jobs import quality, settings, telemetry
from jobs.errors import QualityRefusal
from jobs.nights import steps
from jobs.nights.run import Runner, runner
from jobs.settings import PSEUDONYM_KEY
from jobs.telemetry import datasets
from jobs.warehouse import open_warehouse
from tests.conftest import TEST_KEY
from tests.worlds import FIRST, golden_world

Event = dict[str, Any]
DAGS = Path(__file__).parents[2] / "dags"
NIGHT_JOB, RUN_ABOVE, FIRST_OF_ALL = (
    "iolaus.night",
    "01890a5d-ac96-774b-bcce-b302099a8057",
    "01890a5d-ac96-774b-bcce-b302099a8058",
)


def to_file(path: Path) -> dict[str, str]:
    """OpenLineage's own variables for events in a file."""
    name = "OPENLINEAGE__TRANSPORT__"
    return {f"{name}TYPE": "file", f"{name}LOG_FILE_PATH": str(path), f"{name}APPEND": "true"}


def iolaus(*words: str, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, PSEUDONYM_KEY: TEST_KEY, **variables}
    command = [sys.executable, "-m", "jobs.cli", *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return golden_world(tmp_path_factory.mktemp("telemetry") / "world", days=1)


@pytest.fixture(scope="module")
def lines(root: Path) -> list[dict[str, Any]]:
    """What the command says of the night."""
    (root / "collected").mkdir()
    told = {"IOLAUS_LOG": "json", "IOLAUS_METRICS": str(root / "collected"), "AIRFLOW_CTX_DAG_RUN_ID": "scheduled__1"}
    done = iolaus("run", "--root", str(root), "--date", f"{FIRST}", **told, **to_file(root / "events.jsonl"))
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    return [json.loads(line) for line in done.stderr.splitlines()]


@pytest.fixture(scope="module")
def events(root: Path, lines: list[dict[str, Any]]) -> list[Event]:
    return read(root / "events.jsonl")


def read(path: Path) -> list[Event]:
    found = [json.loads(line) for line in path.read_text().splitlines()]
    for each in found:
        validate(each)
    return found


def facet_classes() -> Iterator[type[BaseFacet]]:
    for module in pkgutil.iter_modules(generated.__path__):
        for each in vars(importlib.import_module(f"{generated.__name__}.{module.name}")).values():
            if isinstance(each, type) and issubclass(each, BaseFacet):
                yield each


FACETS = {each._get_schema(): each for each in facet_classes()}


def validate(event: Event) -> None:
    """By the classes of the client: what an event or a facet must have, may have, and what its own checks say."""
    RunEvent(
        eventType=RunState(event["eventType"]),
        eventTime=event["eventTime"],
        producer=event["producer"],
        run=Run(event["run"]["runId"]),
        job=Job(event["job"]["namespace"], event["job"]["name"]),
    )
    assert event["schemaURL"] == RunEvent._get_schema()
    assert set(event) <= {each.name for each in attr.fields(RunEvent)}
    for holder in (event["run"], event["job"], *event["inputs"], *event["outputs"]):
        kinds = [holder.get(kind) or {} for kind in ("facets", "inputFacets", "outputFacets")]
        for facet in (each for kind in kinds for each in kind.values()):
            made = FACETS[facet["_schemaURL"]]
            said = {name: value for name, value in facet.items() if name not in ("_producer", "_schemaURL", "_deleted")}
            made(**said)
            assert facet["_producer"] == event["producer"]


def address(dataset: dict[str, Any]) -> str:
    return f"{dataset['namespace']}/{dataset['name']}"


def test_the_log_is_one_json_object_a_line_for_every_step_and_the_run(lines: list[dict[str, Any]], root: Path) -> None:
    counted = Counter(line["event"] for line in lines)
    assert counted == {"run_began": 1, "step_done": len(steps.steps()), "run_done": 1}
    assert (lines[0]["event"], lines[-1]["event"]) == ("run_began", "run_done")
    assert len({line["run"] for line in lines}) == 1
    assert {(line["night"], line["dag_run"], line["level"]) for line in lines} == {(f"{FIRST}", "scheduled__1", "info")}
    done = {line["step"]: line for line in lines if line["event"] == "step_done"}
    published = open_warehouse("duckdb:///{root}/warehouse.duckdb", root)
    assert done["published.account_verdicts"]["rows"] == published.read("account_verdicts", FIRST).num_rows > 300
    assert all(each["seconds"] > 0 and each["peak_bytes"] > 10**7 for each in done.values())


def test_metrics_count_what_the_warehouse_has_and_every_check(lines: list[dict[str, Any]], root: Path) -> None:
    text = (root / "collected" / "iolaus.prom").read_text()
    assert text == (root / "metrics" / f"{FIRST}.prom").read_text()
    samples = [each for family in text_string_to_metric_families(text) for each in family.samples]
    published = open_warehouse("duckdb:///{root}/warehouse.duckdb", root)
    rows = {each.labels["step"]: each.value for each in samples if each.name == "iolaus_step_rows"}
    assert set(rows) == set(steps.steps())
    assert rows["published.account_verdicts"] == published.read("account_verdicts", FIRST).num_rows
    checks = published.read("data_quality", FIRST).to_pylist()
    assert sum(each.value for each in samples if each.name == "iolaus_checks") == len(checks) > 100
    failed = [each for each in samples if each.name == "iolaus_check_failed"]
    assert len(failed) == sum(not each["success"] for each in checks)
    of_requests = [each for each in samples if each.labels.get("step") == "staged.api_requests"]
    landed = {each.labels["outcome"]: each.value for each in of_requests if each.name == "iolaus_delivery_rows"}
    assert landed["landed"] == landed["staged"] + landed["duplicates"] + landed["rejected"] + landed["erased"] > 1000


def test_every_step_starts_and_completes_one_run_below_the_night(events: list[Event]) -> None:
    runs: dict[str, list[Event]] = {}
    for event in events:
        runs.setdefault(event["run"]["runId"], []).append(event)
    states = {each[0]["job"]["name"]: [event["eventType"] for event in each] for each in runs.values()}
    names = [NIGHT_JOB, *(f"iolaus.{step}" for step in steps.steps())]
    assert states == {name: ["START", "COMPLETE"] for name in names}
    (night,) = {event["run"]["runId"] for event in events if event["job"]["name"] == NIGHT_JOB}
    above = {event["run"]["facets"]["parent"]["run"]["runId"] for event in events if event["job"]["name"] != NIGHT_JOB}
    assert above == {night}
    assert {event["job"]["namespace"] for event in events} == {"iolaus"}


def test_datasets_are_called_as_the_assets_of_airflow(events: list[Event]) -> None:
    bag = BundleDagBag(dag_folder=str(DAGS), bundle_path=DAGS, bundle_name="dags")
    assets = {each.uri for task in bag.dags["campaign_attribution"].tasks for each in task.outlets}
    assert {address(each) for event in events for each in event["outputs"]} == assets
    raw = {f"iolaus://raw/{name.partition('.')[2]}" for name in steps.staged_sources()}
    assert {address(each) for event in events for each in event["inputs"]} <= assets | raw


def completed(events: list[Event], step: str) -> Event:
    (found,) = [each for each in events if each["job"]["name"] == f"iolaus.{step}" and each["eventType"] == "COMPLETE"]
    return found


def test_an_output_has_its_columns_counts_and_where_they_come_from(events: list[Event], root: Path) -> None:
    campaigns = completed(events, "published.campaigns")["outputs"][0]
    rows = open_warehouse("duckdb:///{root}/warehouse.duckdb", root).read("campaigns", FIRST).num_rows
    assert campaigns["outputFacets"]["outputStatistics"]["rowCount"] == rows > 0
    assert campaigns["facets"]["schema"]["fields"][1]["name"] == "campaign_id"
    (source,) = campaigns["facets"]["columnLineage"]["fields"]["first_published_on"]["inputFields"]
    assert (address(source), source["field"]) == ("iolaus://lake/campaigns.registry", "born_on")
    logins = completed(events, "staged.logins")
    assert logins["inputs"][0]["inputFacets"]["inputStatistics"]["rowCount"] > 100
    (device,) = logins["outputs"][0]["facets"]["columnLineage"]["fields"]["device_id"]["inputFields"]
    assert (address(device), device["transformations"][0]["masking"]) == ("iolaus://raw/logins", True)
    (given,) = [each for each in completed(events, "publish")["outputs"] if each["name"] == "attribution/campaigns"]
    (source,) = given["facets"]["columnLineage"]["fields"]["verdict"]["inputFields"]
    assert (address(source), source["field"]) == ("iolaus://lake/published.campaigns", "verdict")


def test_no_column_comes_from_a_dataset_or_column_that_the_step_does_not_read(events: list[Event]) -> None:
    seen = 0
    for event in events:
        known = {
            address(each): {field["name"] for field in each["facets"]["schema"]["fields"]} for each in event["inputs"]
        }
        for output in event["outputs"]:
            lineage = output["facets"].get("columnLineage", {"fields": {}, "dataset": []})
            assert set(lineage["fields"]) <= {field["name"] for field in output["facets"]["schema"]["fields"]}
            sources = [each for column in lineage["fields"].values() for each in column["inputFields"]]
            for source in [*sources, *lineage["dataset"]]:
                seen += 1
                assert source["field"] in known[address(source)], (event["job"]["name"], source)
    assert seen > 1000


@contextmanager
def refused(own: Runner) -> Iterator[None]:
    """A run of the step `quality` that must end with a refusal."""
    with pytest.raises(QualityRefusal), own.heard(FIRST, ["quality"]):
        yield


def test_a_night_that_is_refused_is_told_once_by_every_way(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said, environment = tmp_path / "said", tmp_path / "environment"
    for name, value in to_file(tmp_path / "events.jsonl").items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("IOLAUS_ALERT", f"sh -c 'cat >> {said}; env > {environment}'")
    monkeypatch.setenv("OPENLINEAGE_PARENT_ID", f"airflow/campaign_attribution.quality/{RUN_ABOVE}")
    monkeypatch.setenv("OPENLINEAGE_ROOT_PARENT_ID", f"airflow/campaign_attribution/{FIRST_OF_ALL}")
    failed = [
        quality.Outcome("staged.accounts", f"made to fail {n}", "critical", False, f"{n} rows", n) for n in (1, 2)
    ]
    monkeypatch.setattr(quality, "judge", lambda *_: failed)
    chosen = settings.settings(root, "sail")
    with runner(chosen, telemetry.listener(chosen)) as own:
        own.lake.void(steps.JUDGED, FIRST)
        with refused(own):
            own.build("quality", FIRST)

    (line,) = said.read_text().splitlines()
    message = json.loads(line)
    assert (message["event"], message["night"], message["failed_checks"]) == ("night_refused", f"{FIRST}", 2)
    assert message["checks"][0] == {
        "table": "staged.accounts",
        "check": "made to fail 1",
        "observed": "1 rows",
        "rows": 1,
    }
    assert message["look_further"][0] == f"iolaus status --root {root}"
    assert TEST_KEY not in environment.read_text()
    assert "PATH=" in environment.read_text()

    start, fail = read(tmp_path / "events.jsonl")
    assert (start["eventType"], fail["eventType"]) == ("START", "FAIL")
    assert f"Night {FIRST} is not published" in fail["run"]["facets"]["errorMessage"]["message"]
    parent = fail["run"]["facets"]["parent"]
    assert (parent["run"]["runId"], parent["job"]["name"]) == (RUN_ABOVE, "campaign_attribution.quality")
    assert (parent["root"]["run"]["runId"], parent["root"]["job"]["name"]) == (FIRST_OF_ALL, "campaign_attribution")

    metrics = (root / "metrics" / f"{FIRST}.prom").read_text()
    assert 'iolaus_run_state{state="refused"} 1.0' in metrics
    assert (
        'iolaus_check_failed{step="quality",severity="critical",table="staged.accounts",check="made to fail 2"} 1.0'
        in metrics
    )
    assert 'iolaus_step_rows{step="staged.accounts"}' in metrics  # of the run before


def test_a_step_that_closes_the_night_is_called_as_its_asset() -> None:
    assert datasets.table("published.data_quality").address == "iolaus://lake/quality"
    assert datasets.promised("published.runs").address == "iolaus://warehouse/attribution/runs"

"""What infra/ says must be true of this repository: commands exist, names are known, nothing secret is written down."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from jobs.settings import NAMES, is_on_this_machine

REPOSITORY = Path(__file__).parents[2]
INFRA = REPOSITORY / "infra"
COMPOSE = yaml.safe_load((INFRA / "compose.yaml").read_text())
MANIFESTS = sorted(path for path in (INFRA / "kubernetes").rglob("*.yaml") if path.name != "kustomization.yaml")
OURS = {"iolaus", "airflow", "bash", "sh", "python"}
SECRET = re.compile(r"password|secret|token|_key|-key", re.IGNORECASE)


def objects(path: Path) -> list[dict[str, Any]]:
    return [found for found in yaml.safe_load_all(path.read_text()) if found]


def containers() -> list[dict[str, Any]]:
    """Every container of every manifest."""
    found = []
    for manifest in (found for path in MANIFESTS for found in objects(path)):
        spec = manifest.get("spec", {})
        spec = spec["jobTemplate"]["spec"] if "jobTemplate" in spec else spec
        found += spec.get("template", {}).get("spec", {}).get("containers", [])
    return found + [each for change in spark_changes() if change["op"] == "add" for each in change["value"]]


def spark_changes() -> list[dict[str, Any]]:
    """What the component for Spark changes in the nightly job."""
    component = yaml.safe_load((INFRA / "kubernetes" / "spark-connect" / "kustomization.yaml").read_text())
    changes: list[dict[str, Any]] = yaml.safe_load(component["patches"][0]["patch"])
    return changes


def variables() -> dict[str, Any]:
    """Every variable that a service, a container or the sample file sets, with its value; `None` where it refers."""
    named: dict[str, Any] = {}
    for service in COMPOSE["services"].values():
        named |= service.get("environment", {})
    for container in containers():
        named |= {entry["name"]: entry.get("value") for entry in container["env"]}
    for file in (INFRA / ".env.example", INFRA / "airflow" / "airflow.env"):
        named |= dict(settings(file))
    return named


def settings(file: Path) -> list[tuple[str, str]]:
    lines = [line for line in file.read_text().splitlines() if line and not line.startswith("#")]
    return [(name, value) for name, _, value in (line.partition("=") for line in lines)]


def test_compose_has_these_services_and_every_command_exists() -> None:
    assert set(COMPOSE["services"]) == {
        "postgres",
        "migrate",
        "api-server",
        "scheduler",
        "dag-processor",
        "triggerer",
        "spark-connect",
    }
    for name, service in COMPOSE["services"].items():
        if name != "postgres":
            program = service["command"][0]
            assert program in OURS or (REPOSITORY / program).is_file(), f"{name} runs {program}, which does not exist"


def test_airflow_knows_every_command_that_a_service_gives_it() -> None:
    from airflow.cli.cli_parser import ALL_COMMANDS_DICT

    given = {
        service["command"][1]
        for service in COMPOSE["services"].values()
        if service.get("command", [""])[0] == "airflow"
    }
    assert given == {"api-server", "scheduler", "dag-processor", "triggerer"}
    assert given <= set(ALL_COMMANDS_DICT)


def test_every_path_that_infra_names_exists_and_every_volume_is_declared() -> None:
    assert (INFRA / COMPOSE["x-image"]["build"]["context"] / COMPOSE["x-image"]["build"]["dockerfile"]).is_file()
    for service in COMPOSE["services"].values():
        assert all((INFRA / file).is_file() for file in service.get("env_file", []))
        assert {volume.split(":")[0] for volume in service.get("volumes", [])} <= set(COMPOSE["volumes"])
    shell = COMPOSE["services"]["migrate"]["command"][2]
    assert all((REPOSITORY / path).is_file() for path in re.findall(r"infra/\S+", shell))
    copied = re.findall(r"^COPY (?!--from)(.+) \S+$", (INFRA / "Dockerfile").read_text(), re.MULTILINE)
    assert {"jobs", "schemas", "dags", "infra"} <= {path for line in copied for path in line.split()}
    assert [path for line in copied for path in line.split() if not (REPOSITORY / path).exists()] == []


def test_every_setting_of_ours_is_one_the_jobs_read() -> None:
    ours = {name for name in variables() if name.startswith("IOLAUS_")}
    assert {"IOLAUS_ROOT", "IOLAUS_PSEUDONYM_KEY"} <= ours <= set(NAMES)
    written = {
        name for file in INFRA.rglob("*") if file.is_file() for name in re.findall(r"IOLAUS_[A-Z_]+", file.read_text())
    }
    assert written - {"IOLAUS_VERSION"} <= set(NAMES)


def test_every_setting_of_airflow_is_one_it_knows() -> None:
    from airflow.configuration import conf

    given = [name.split("__")[1:] for name in variables() if name.startswith("AIRFLOW__")]
    assert len(given) > 10
    unknown = [
        f"{section}.{option}"
        for section, option in ((section.lower(), option.lower()) for section, option in given)
        if option not in conf.configuration_description.get(section, {}).get("options", {})
    ]
    assert unknown == []


def test_no_secret_is_written_down() -> None:
    secret = {name: value for name, value in variables().items() if SECRET.search(name)}
    assert len(secret) >= 6
    for name, value in secret.items():
        assert not value or re.fullmatch(r"\$\{\w+:\?.+\}", str(value)), f"{name} has a literal value"
    address = COMPOSE["services"]["scheduler"]["environment"]["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert "${AIRFLOW_DB_PASSWORD:?" in address
    assert not any(found["kind"] == "Secret" for path in MANIFESTS for found in objects(path))


def test_the_sample_file_names_everything_compose_insists_on() -> None:
    insisted = set(re.findall(r"\$\{(\w+):\?", (INFRA / "compose.yaml").read_text()))
    assert "IOLAUS_PSEUDONYM_KEY" in insisted
    assert insisted <= {name for name, _ in settings(INFRA / ".env.example")}


def test_only_the_service_that_runs_tasks_and_the_engine_hold_the_pseudonym_key() -> None:
    holders = {
        name
        for name, service in COMPOSE["services"].items()
        if "IOLAUS_PSEUDONYM_KEY" in service.get("environment", {})
    }
    assert holders == {"scheduler", "spark-connect"}


def test_whoever_gets_the_key_gets_those_before_it() -> None:
    """And no pod waits for a secret that is there only once the key was changed."""
    for service in COMPOSE["services"].values():
        given = set(service.get("environment", {}))
        assert ("IOLAUS_PSEUDONYM_KEY" in given) == ("IOLAUS_PSEUDONYM_KEY_BEFORE" in given)
    named = [each for container in containers() for each in container["env"]]
    keys = [each for each in named if each["name"].startswith("IOLAUS_PSEUDONYM_KEY")]
    assert [each["name"] for each in keys] == ["IOLAUS_PSEUDONYM_KEY", "IOLAUS_PSEUDONYM_KEY_BEFORE"] * 2
    assert [each["valueFrom"]["secretKeyRef"].get("optional", False) for each in keys] == [False, True] * 2


def test_the_engine_is_reached_without_leaving_the_machine_or_the_pod() -> None:
    assert COMPOSE["services"]["spark-connect"]["network_mode"] == "service:scheduler"
    (address,) = [each["value"] for each in spark_changes() if each["op"] == "replace"]
    assert is_on_this_machine(address)
    assert "spark.connect.grpc.binding.address=$address" in (INFRA / "spark" / "connect-server.sh").read_text()


def test_a_server_that_others_reach_does_not_start_without_a_token(tmp_path: Path) -> None:
    for name in ("java", "python"):
        (tmp_path / name).write_text("#!/bin/sh\necho /nowhere\n")
        (tmp_path / name).chmod(0o755)
    script = INFRA / "spark" / "connect-server.sh"
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", "IOLAUS_PSEUDONYM_KEY": "x", "SPARK_CONNECT_ADDRESS": "0.0.0.0"}
    started = subprocess.run(["bash", str(script)], env=environment, capture_output=True, text=True, check=False)
    assert (started.returncode, "IOLAUS_ENGINE_TOKEN is not set" in started.stderr) == (2, True), started.stderr


def test_kubernetes_runs_the_command_without_root_and_never_retries_a_refusal() -> None:
    listed = yaml.safe_load((INFRA / "kubernetes" / "kustomization.yaml").read_text())["resources"]
    assert {path.name for path in MANIFESTS if path.parent.name == "kubernetes"} == set(listed)
    job = next(found for path in MANIFESTS for found in objects(path) if found["kind"] == "CronJob")["spec"]
    assert (job["concurrencyPolicy"], job["timeZone"], job["schedule"]) == ("Forbid", "Etc/UTC", "0 4 * * *")
    rule = job["jobTemplate"]["spec"]["podFailurePolicy"]["rules"][0]
    assert (rule["action"], rule["onExitCodes"]["values"]) == ("FailJob", [2, 3])
    assert len(containers()) == 2
    for container in containers():
        assert container["securityContext"]["readOnlyRootFilesystem"] is True
        program = container["command"][0]
        assert program in OURS or (REPOSITORY / program).is_file()


def test_the_patch_for_spark_connect_changes_the_variable_it_means() -> None:
    job = next(found for path in MANIFESTS for found in objects(path) if found["kind"] == "CronJob")
    for change in (each for each in spark_changes() if each["op"] != "add"):
        here: Any = job
        for part in change["path"].strip("/").split("/"):
            here = here[int(part)] if isinstance(here, list) else here[part]
        assert here in ("IOLAUS_ENGINE", "sail")


@pytest.mark.parametrize("script", sorted(INFRA.rglob("*.sh")), ids=lambda path: path.name)
def test_a_script_is_executable_and_parses(script: Path) -> None:
    assert script.stat().st_mode & 0o111
    assert subprocess.run(["bash", "-n", str(script)], capture_output=True, check=False).stderr == b""


def test_the_server_refuses_to_start_without_the_key() -> None:
    script = INFRA / "spark" / "connect-server.sh"
    started = subprocess.run(
        ["bash", str(script)], env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False
    )
    assert started.returncode == 2
    assert re.fullmatch(r"connect-server: (Java|IOLAUS_PSEUDONYM_KEY) .+: .+\n", started.stderr)


@pytest.mark.parametrize(
    ("words", "variables", "missing"),
    [
        ([], {}, "IOLAUS_PSEUDONYM_KEY is not set: the workers need the key"),
        (["worker", "spark://host:7077"], {}, "IOLAUS_PSEUDONYM_KEY is not set: the workers need the key"),
        (["worker"], {"IOLAUS_PSEUDONYM_KEY": "x"}, "a worker needs its master"),
        (["master"], {"SPARK_CLUSTER_ADDRESS": "10.0.0.1"}, "SPARK_CLUSTER_SECRET is not set"),
    ],
    ids=["all", "worker without key", "worker without master", "beyond this machine"],
)
def test_a_cluster_says_what_it_lacks(
    tmp_path: Path, words: list[str], variables: dict[str, str], missing: str
) -> None:
    (tmp_path / "java").write_text("#!/bin/sh\n")
    (tmp_path / "java").chmod(0o755)
    command = ["bash", str(INFRA / "spark" / "cluster.sh"), *words]
    environment = {"PATH": f"{tmp_path}:/usr/bin:/bin", **variables}
    started = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert (started.returncode, started.stderr.count("\n")) == (2, 1), started.stderr
    assert started.stderr.startswith(f"cluster: {missing}")

"""A real Superset on a real world: every chart's data on both warehouses, every dashboard in a browser, and nothing left behind."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests
import yaml

from infra.superset.assets import DASHBOARDS
from infra.superset.up import prepare, server
from jobs import contracts
from jobs.nights.run import runner
from jobs.settings import Settings, settings
from jobs.warehouse import open_warehouse
from tests.infra.chromium import Page, chromium
from tests.postgres import Server
from tests.worlds import FIRST, SECOND, golden_world

pytestmark = pytest.mark.superset
ENVIRONMENT = Path(os.environ.get("SUPERSET_ENVIRONMENT", ".superset/env"))
READER = "bi"
PATIENCE = 120  # seconds for a start or an answer
# A chart that failed has an alert in the place of its picture.
DRAWN = """document.querySelectorAll('[data-test="slice-container"], [role="alert"]').length >= %d
  && !document.querySelector('.loading')"""
BROKEN = "[...document.querySelectorAll('[role=\"alert\"]')].map(each => each.innerText)"


class Superset:
    """One that runs, and a user who is logged in."""

    def __init__(self, url: str, home: Path) -> None:
        self.url, self.home, self.session = url, home, requests.Session()
        page = self.session.get(f"{url}/login/", timeout=PATIENCE).text
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert token, page
        form = {"username": "admin", "password": (home / "admin_password").read_text(), "csrf_token": token[1]}
        entered = self.session.post(f"{url}/login/", data=form, timeout=PATIENCE)
        assert entered.url.endswith("/superset/welcome/"), entered.url

    def get(self, path: str) -> requests.Response:
        return self.session.get(f"{self.url}/api/v1/{path}", timeout=PATIENCE)

    def post(self, path: str, body: dict[str, Any]) -> requests.Response:
        headers = {"X-CSRFToken": self.get("security/csrf_token/").json()["result"], "Referer": self.url}
        return self.session.post(f"{self.url}/api/v1/{path}", json=body, headers=headers, timeout=PATIENCE)

    def all(self, kind: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.get(f"{kind}/?q=(page_size:200)").json()["result"]
        return found


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two nights of a small world, in a DuckDB file."""
    made = golden_world(tmp_path_factory.mktemp("superset") / "world")
    with runner(settings(made, "sail")) as own:
        for night in (FIRST, SECOND):
            own.run(night)
    return made


@pytest.fixture(scope="module")
def reader(root: Path, postgres: Server) -> tuple[str, str]:
    """The same two nights on a server: its URL for a user who may more than read, and that user's password."""
    url, password = postgres.database("superset"), secrets.token_hex(12)
    file, mine = open_warehouse(settings(root).warehouse, root), open_warehouse(url, root)
    names = [contracts.load(name).table for name in contracts.names("published")]
    for night in file.nights():
        mine.publish(night, {name: file.read(name, night) for name in names})
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        cursor.execute(
            f"CREATE ROLE {READER} LOGIN PASSWORD '{password}' IN ROLE attribution_reader, attribution_writer"
        )
    return postgres.url("superset", READER), password


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("superset-home") / "home"


@contextlib.contextmanager
def running(home: Path, chosen: Settings, dashboards: Path = DASHBOARDS) -> Iterator[Superset]:
    """Prepared and served until the end of the block."""
    variables = prepare(ENVIRONMENT, home, chosen, dashboards)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with (home / "server.log").open("w") as log:
        served = subprocess.Popen(server(ENVIRONMENT, port), env=variables, stdout=log, stderr=log)
        try:
            url = f"http://127.0.0.1:{port}"
            _answers(url, served)
            yield Superset(url, home)
        finally:
            served.terminate()
            served.wait(60)


def _answers(url: str, served: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and served.poll() is None:
        with contextlib.suppress(requests.ConnectionError):
            assert requests.get(f"{url}/health", timeout=PATIENCE).text == "OK"
            return
        time.sleep(0.5)
    raise AssertionError("Superset did not start: see server.log in its folder")


@pytest.fixture(scope="module")
def on_a_file(home: Path, root: Path) -> Iterator[Superset]:
    with running(home, settings(root)) as started:
        yield started


def answers(superset: Superset) -> dict[str, list[dict[str, Any]]]:
    """The rows that every chart's own request is answered with, by the chart's uuid."""
    found = {}
    for chart in superset.all("chart"):
        answer = superset.get(f"chart/{chart['id']}/data/?force=true")
        assert answer.status_code == 200, (chart["slice_name"], answer.text)
        (result,) = answer.json()["result"]
        assert result["error"] is None, (chart["slice_name"], result["error"])
        found[superset.get(f"chart/{chart['id']}").json()["result"]["uuid"]] = result["data"]
    return found


def opened(superset: Superset, folder: Path) -> None:
    """Every dashboard, drawn in a browser to its end without an error."""
    with chromium(folder) as page:
        page.size(1500, 2400)  # high enough for every chart: one that is out of sight is not drawn
        for name, value in superset.session.cookies.items():
            page.cookie(name, str(value), superset.url)
        for dashboard in superset.all("dashboard"):
            _draw(page, superset, dashboard)


def _draw(page: Page, superset: Superset, dashboard: dict[str, Any]) -> None:
    charts = superset.get(f"dashboard/{dashboard['slug']}/charts").json()["result"]
    assert charts
    page.open(f"{superset.url}/superset/dashboard/{dashboard['slug']}/")
    page.wait(f"document.title.includes({dashboard['dashboard_title']!r})")
    page.wait(DRAWN % len(charts))
    assert page.ask(BROKEN) == []


@pytest.fixture(scope="module")
def on_a_server(reader: tuple[str, str], root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Superset]:
    url, password = reader
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PGPASSWORD", password)
        with running(tmp_path_factory.mktemp("superset-server") / "home", settings(root, warehouse=url)) as started:
            yield started


def test_every_chart_is_answered_from_a_file(on_a_file: Superset) -> None:
    found = answers(on_a_file)
    assert len(found) == 39
    assert sum(bool(rows) for rows in found.values()) > 30


def test_every_chart_is_answered_from_a_server_with_the_same_rows(on_a_file: Superset, on_a_server: Superset) -> None:
    mine, other = answers(on_a_file), answers(on_a_server)
    assert mine.keys() == other.keys()
    for uuid, rows in mine.items():
        assert sorted(map(_told, other[uuid])) == sorted(map(_told, rows)), uuid


def _told(row: dict[str, Any]) -> list[tuple[str, str]]:
    """A row as people read it: the warehouses write the same number, and the same moment, in different types."""
    return sorted(
        (name, f"{value:.6f}" if isinstance(value, int | float) else str(value)) for name, value in row.items()
    )


@pytest.mark.parametrize("where", ["on_a_file", "on_a_server"])
def test_every_dashboard_opens_without_an_error(where: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    superset: Superset = request.getfixturevalue(where)
    assert len(superset.all("dashboard")) == 4
    opened(superset, tmp_path)


MUTATING = (
    "CREATE TABLE attribution.mine (i INTEGER)",
    "DELETE FROM attribution.runs",
    "SELECT 1; DROP TABLE attribution.runs",
)
REACHING = (
    "SELECT * FROM read_csv('/etc/passwd')",
    "ATTACH '/tmp/other.db' AS other",
    "SET enable_external_access = true",
)


@pytest.mark.parametrize("where", ["on_a_file", "on_a_server"])
def test_superset_refuses_to_write(where: str, request: pytest.FixtureRequest) -> None:
    superset: Superset = request.getfixturevalue(where)
    for statement in MUTATING:
        assert "the query mutates data" in execute(superset, statement), statement


def test_the_file_is_open_to_be_read_alone(on_a_file: Superset) -> None:
    assert "read_only" in execute(on_a_file, "SELECT current_setting('access_mode') AS mode")
    for statement in REACHING:
        assert re.search("disabled by configuration|has been locked", execute(on_a_file, statement)), statement


def test_the_server_lets_nobody_write_who_asks_through_superset(on_a_server: Superset) -> None:
    may = execute(on_a_server, "SELECT has_table_privilege('attribution.runs', 'DELETE') AS remove")
    assert '[{"remove": false}]' in may, "although its user may"


def test_the_password_is_stored_nowhere(on_a_server: Superset, reader: tuple[str, str]) -> None:
    files = [path for path in on_a_server.home.rglob("*") if path.is_file()]
    assert {"superset.db", "superset.log", "warehouse.yaml"} <= {path.name for path in files}
    assert not [path for path in files if reader[1].encode() in path.read_bytes()]


def execute(superset: Superset, statement: str) -> str:
    """What Superset answers to somebody's SQL."""
    (database,) = superset.all("database")
    answer = superset.post("sqllab/execute/", {"database_id": database["id"], "sql": statement, "runAsync": False})
    return answer.text


def test_what_was_removed_from_the_files_leaves_nothing_behind(on_a_file: Superset, root: Path, tmp_path: Path) -> None:
    (dataset,) = [each for each in on_a_file.all("dataset") if each["table_name"] == "campaigns"]
    mine = {"slice_name": "Mine", "viz_type": "table", "datasource_id": dataset["id"], "datasource_type": "table"}
    assert on_a_file.post("chart/", mine).status_code == 201
    before = held(on_a_file.home)

    fewer = shutil.copytree(DASHBOARDS, tmp_path / "dashboards")
    (fewer / "accounts.yaml").unlink()
    overview = yaml.safe_load((fewer / "overview.yaml").read_text())
    (gone,) = [each for each in overview["rows"][2]["charts"] if each["id"] == "campaigns-by-night"]
    overview["rows"][2]["charts"].remove(gone)
    (fewer / "overview.yaml").write_text(yaml.safe_dump(overview))
    prepare(ENVIRONMENT, on_a_file.home, settings(root), fewer)

    after = held(on_a_file.home)
    assert {kind: len(before[kind] - after[kind]) for kind in before} == {
        "dashboards": 1, "slices": 10, "dashboard_slices": 10, "tables": 0, "dbs": 0,
    }  # fmt: skip
    assert not any(after[kind] - before[kind] for kind in after), "what stays keeps its number"
    titles = {each["slice_name"] for each in on_a_file.all("chart")}
    assert gone["title"] not in titles
    assert "Mine" in titles, "what people made is theirs"
    assert gone["title"] not in on_a_file.get("dashboard/iolaus-overview/charts").text


def held(home: Path) -> dict[str, set[tuple[int, ...]]]:
    """The rows that Superset's own database has, per table: ids, or for what stands where the pairs of them."""
    kinds = {
        "dashboards": "id",
        "slices": "id",
        "dashboard_slices": "dashboard_id, slice_id",
        "tables": "id",
        "dbs": "id",
    }
    with contextlib.closing(sqlite3.connect(home / "superset.db")) as connection:
        return {kind: set(connection.execute(f"SELECT {ids} FROM {kind}")) for kind, ids in kinds.items()}

"""Whole nights published to PostgreSQL: every command that reads or changes a warehouse works there as it does on a file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from jobs import contracts
from jobs.nights.run import runner
from jobs.settings import settings
from jobs.warehouse import open_warehouse
from tests.postgres import Server
from tests.worlds import FIRST, SECOND, golden_world

Ran = subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def url(postgres: Server) -> str:
    return postgres.database("nights")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory, url: str) -> Path:
    """Two nights, published there."""
    made = golden_world(tmp_path_factory.mktemp("postgresql") / "world")
    with runner(settings(made, "sail", url)) as own:
        for night in (FIRST, SECOND):
            own.run(night)
    return made


def command(root: Path, url: str, *words: str) -> Ran:
    env = {**os.environ, "IOLAUS_ROOT": str(root), "IOLAUS_WAREHOUSE": url}
    return subprocess.run(
        [sys.executable, "-m", "jobs.cli", *words], env=env, capture_output=True, text=True, timeout=300, check=False
    )


def test_what_is_published_is_what_a_file_would_hold(root: Path, url: str, tmp_path: Path) -> None:
    mine, file = open_warehouse(url, root), open_warehouse("duckdb:///{root}/w.duckdb", tmp_path)
    assert mine.nights() == [FIRST, SECOND]
    names = [contracts.load(name).table for name in contracts.names("published")]
    for night in (FIRST, SECOND):
        file.publish(night, {name: mine.read(name, night) for name in names})
    for name in names:
        assert str(mine.read(name, None).to_pylist()) == str(file.read(name, None).to_pylist()), name
        assert mine.read(name, None).num_rows or name == "campaign_attributions", name


def test_people_read_it_by_the_same_commands(root: Path, url: str) -> None:
    campaign = open_warehouse(url, root).read("campaigns", SECOND).to_pylist()[0]
    account = open_warehouse(url, root).read("campaign_members", SECOND).to_pylist()[0]["account_id"]
    said = {
        ("status",): str(SECOND),
        ("explain", "campaign", campaign["name"]): campaign["name"],
        ("explain", "account", account): account,
        ("query", "SELECT name FROM campaigns_current"): campaign["name"],
        ("query", "--named", "nights"): str(SECOND),
        ("evaluate", "--truth", str(root / "truth")): "account_precision",
        ("report",): "index.html",
        ("dossier", campaign["name"], "--out", str(root / "record.html")): "record.html",
        ("export", "blocklist", "--out", str(root / "list.csv")): "list.csv",
        ("doctor",): "",
    }
    for words, expected in said.items():
        ran = command(root, url, *words)
        assert ran.returncode == 0, (words, ran.stderr)
        assert expected in ran.stdout + ran.stderr, words


def test_a_new_warehouse_gets_every_night_that_the_lake_has(root: Path, url: str, postgres: Server) -> None:
    other = postgres.database("moved")
    ran = command(root, other, "doctor", "--mend")
    assert ran.returncode == 0, ran.stderr
    for name in contracts.names("published"):
        mine, theirs = (open_warehouse(each, root).read(contracts.load(name).table, None) for each in (url, other))
        assert mine.num_rows == theirs.num_rows, name


def test_a_run_is_reproduced_and_a_person_forgotten(root: Path, url: str) -> None:
    warehouse = open_warehouse(url, root)
    run_id = warehouse.read("runs", SECOND)["run_id"].to_pylist()[0]
    ran = command(root, url, "run", "--reproduce", run_id)
    assert ran.returncode == 0, ran.stderr
    gone = warehouse.read("campaign_members", SECOND)["account_id"].to_pylist()[0]
    ran = command(root, url, "forget", gone)
    assert ran.returncode == 0, ran.stderr
    for name in contracts.names("published"):
        assert gone not in str(warehouse.read(contracts.load(name).table, None).to_pylist()), name

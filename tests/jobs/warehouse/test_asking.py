"""Asking the warehouse: one SELECT is answered, and nothing else is within its reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from jobs.errors import IolausError, UsageError
from jobs.warehouse import open_warehouse
from jobs.warehouse.duck import DuckDBWarehouse
from tests.published import NIGHT, night

SECRET = "what only this machine may know"


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    opened = open_warehouse("duckdb:///{root}/w.duckdb", tmp_path)
    assert isinstance(opened, DuckDBWarehouse)
    opened.publish(NIGHT, night(runs=[{}], campaigns=[{"campaign_id": "c1", "name": "amber"}]))
    return opened


def test_a_select_sees_every_table_by_its_bare_and_by_its_full_name(warehouse: DuckDBWarehouse) -> None:
    for name in ("campaigns", "campaigns_current", "attribution.campaigns"):
        assert warehouse.query(f"SELECT name FROM {name}").to_pylist() == [{"name": "amber"}]


@pytest.mark.parametrize(
    "sql", ["WITH x AS (SELECT 1 AS n) SELECT n FROM x", "FROM runs SELECT 1", "VALUES (1);  -- one"]
)
def test_every_way_to_write_one_select_is_answered(warehouse: DuckDBWarehouse, sql: str) -> None:
    assert warehouse.query(sql).num_rows == 1


@pytest.mark.parametrize(
    "sql",
    [
        "COPY (SELECT 1) TO '{folder}/out.csv'",
        "COPY campaigns FROM '{folder}/secret.csv'",
        "ATTACH '{folder}/other.duckdb' AS other",
        "INSTALL httpfs",
        "LOAD httpfs",
        "SET enable_external_access = true",
        "RESET lock_configuration",
        "PRAGMA threads = 1",
        "CALL pragma_version()",
        "EXPORT DATABASE '{folder}/out'",
        "DELETE FROM campaigns",
        "CREATE TABLE more (n INTEGER)",
        "CREATE TEMP TABLE more (n INTEGER)",
        "EXPLAIN ANALYZE SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; ATTACH '{folder}/other.duckdb'",
        "",
        "-- nothing",
    ],
)
def test_anything_but_one_select_is_refused_and_leaves_no_file(
    warehouse: DuckDBWarehouse, tmp_path: Path, sql: str
) -> None:
    (tmp_path / "secret.csv").write_text(SECRET)
    before, files = warehouse.path.read_bytes(), sorted(tmp_path.iterdir())
    with pytest.raises(UsageError, match="exactly one SELECT"):
        warehouse.query(sql.replace("{folder}", str(tmp_path)))
    assert (warehouse.path.read_bytes(), sorted(tmp_path.iterdir())) == (before, files)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM '{folder}/secret.csv'",
        "SELECT * FROM read_csv('{folder}/secret.csv')",
        "SELECT * FROM read_text('{folder}/secret.csv')",
        "SELECT * FROM glob('{folder}/*')",
        "SELECT * FROM query('SELECT * FROM read_blob(''{folder}/secret.csv'')')",
        "SELECT * FROM read_duckdb('{folder}/w.duckdb')",
        "SELECT * FROM read_csv('https://example.org/x.csv')",
        "SELECT getenv('HOME')",
        "SELECT * FROM SECRET",
        "SELECT * FROM connection",
    ],
)
def test_files_the_network_and_this_program_are_out_of_reach(
    warehouse: DuckDBWarehouse, tmp_path: Path, sql: str
) -> None:
    (tmp_path / "secret.csv").write_text(SECRET)
    with pytest.raises(UsageError, match="cannot be answered") as refusal:
        warehouse.query(sql.replace("{folder}", str(tmp_path)))
    assert SECRET not in str(refusal.value)
    assert len(str(refusal.value).splitlines()) == 1


def test_the_settings_that_lock_it_in_hold_while_the_query_runs(warehouse: DuckDBWarehouse) -> None:
    names = ("enable_external_access", "lock_configuration", "python_enable_replacements", "temp_directory")
    settings = ", ".join(f"current_setting('{name}')" for name in names)
    (row,) = warehouse.query(f"SELECT {settings}").to_pylist()
    assert list(row.values()) == [False, True, False, ""]


@pytest.mark.parametrize(
    "sql", ["SELECT nothing FROM campaigns", "SELEC 1", "SELECT error('one\nof\nmany lines')", "SELECT ?"]
)
def test_a_query_that_fails_is_told_in_one_line(warehouse: DuckDBWarehouse, sql: str) -> None:
    with pytest.raises(UsageError) as refusal:
        warehouse.query(sql)
    assert len(str(refusal.value).splitlines()) == 1


def test_a_warehouse_without_a_night_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(IolausError, match="iolaus run"):
        open_warehouse("duckdb:///{root}/none.duckdb", tmp_path).query("SELECT 1")

"""The PostgreSQL warehouse, on a real server: the same rows as DuckDB, no half night for any reader, roles that hold."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from adbc_driver_manager import Error
from adbc_driver_postgresql import dbapi

from jobs import contracts
from jobs.errors import IolausError, UsageError
from jobs.warehouse import open_warehouse
from jobs.warehouse.postgres import _UNLESS_DONE, READER, SCHEMA, WRITER, PostgresWarehouse
from tests import published
from tests.postgres import Server

FIRST, SECOND = date(2026, 3, 2), date(2026, 3, 3)


@pytest.fixture
def warehouse(postgres: Server, request: pytest.FixtureRequest) -> PostgresWarehouse:
    """An empty database of the test's own."""
    name = f"w_{hashlib.sha256(request.node.name.encode()).hexdigest()[:12]}"
    opened = open_warehouse(postgres.database(name), Path("/"))
    assert isinstance(opened, PostgresWarehouse)
    return opened


def _run(url: str, *statements: str) -> list[tuple[Any, ...]]:
    """Each in a transaction of its own; the rows of the last."""
    with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
        for statement in statements:
            cursor.execute(statement)
        return [tuple(row) for row in cursor.fetchall()] if cursor.description else []


def a_night(night: date, campaigns: int = 2, **more: Any) -> dict[str, pa.Table]:
    tables = published.night(
        runs=[{"as_of_date": night}],
        campaigns=[{"as_of_date": night, "campaign_id": f"c{n}", **more} for n in range(campaigns)],
        campaign_members=[{"as_of_date": night, "campaign_id": "c0", "account_id": f"a{n}"} for n in range(campaigns)],
    )
    return tables


def test_every_table_reads_back_as_from_duckdb(warehouse: PostgresWarehouse, tmp_path: Path) -> None:
    hard = [
        {"campaign_id": "Zoe", "likelihood": float("nan"), "exchanges": 2**63 - 1, "billed_cost": Decimal("-0.000001"),
         "top_models": "a,\tb\n\"c\"\\ \u00e9\u4e2d\U0001f600", "last_activity": None, "billed_cost_other": None},
        {"campaign_id": "anna", "likelihood": 0.1 + 0.2, "billed_cost": Decimal("999999999999.999999"), "top_tasks": None},
        {"campaign_id": "\u00c5sa", "likelihood": 1e-308, "exchanges": -1, "top_models": ""},
    ]  # fmt: skip
    columns = set(contracts.load("published.campaigns").column_names)
    rows = [{name: value for name, value in row.items() if name in columns} | {"as_of_date": FIRST} for row in hard]
    usual = {
        name: [{"as_of_date": FIRST}]
        for name in (contracts.load(each).table for each in contracts.names("published"))
        if name != "campaigns"
    }
    usual["runs"] = [{"as_of_date": FIRST, **_some_time()}]
    tables = published.night(campaigns=rows, **usual)
    other = open_warehouse("duckdb:///{root}/w.duckdb", tmp_path)
    for each in (warehouse, other):
        each.publish(FIRST, tables)
    for name in tables:
        mine, theirs = warehouse.read(name, FIRST), other.read(name, FIRST)
        assert mine.schema == theirs.schema
        assert str(mine.to_pylist()) == str(theirs.to_pylist()), name  # as text: NaN is not equal to itself
    assert [row["campaign_id"] for row in warehouse.read("campaigns", None).to_pylist()] == ["Zoe", "anna", "\u00c5sa"]


def _some_time() -> dict[str, Any]:
    moment = datetime(2026, 3, 3, 1, 2, 3, 456789, tzinfo=UTC)
    return {c.name: moment for c in contracts.load("published.runs").columns if c.type == "timestamp"}


def test_a_night_is_added_and_replaced_without_touching_others(warehouse: PostgresWarehouse) -> None:
    assert (warehouse.nights(), warehouse.newest(), warehouse.read("campaigns", None).num_rows) == ([], None, 0)
    warehouse.publish(FIRST, a_night(FIRST))
    warehouse.publish(SECOND, a_night(SECOND, 5))
    warehouse.publish(SECOND, a_night(SECOND, 3))
    assert warehouse.nights() == [FIRST, SECOND]
    assert [warehouse.read("campaigns", night).num_rows for night in (FIRST, SECOND)] == [2, 3]
    assert _run(warehouse.url, "SELECT count(*) FROM attribution.campaigns_current") == [(3,)]


def test_a_publication_that_fails_leaves_everything_as_it_was(warehouse: PostgresWarehouse) -> None:
    warehouse.publish(FIRST, a_night(FIRST))
    twice = a_night(FIRST, 4) | {"campaigns": pa.concat_tables([a_night(FIRST, 4)["campaigns"]] * 2)}
    with pytest.raises(IolausError, match=r"could not be written to \(duplicate key.*; 2026-03-02 is not published\."):
        warehouse.publish(FIRST, twice)
    assert [warehouse.read(name, None).num_rows for name in ("campaigns", "campaign_members")] == [2, 2]


def test_nights_are_marked_and_cleared_as_stale(warehouse: PostgresWarehouse) -> None:
    warehouse.publish(FIRST, a_night(FIRST))
    warehouse.publish(SECOND, a_night(SECOND), {FIRST: "late rows"})
    assert warehouse.read("runs", FIRST)["stale_because"].to_pylist() == ["late rows"]
    warehouse.mark({SECOND: "a decision"})
    assert warehouse.read("runs", None)["stale"].to_pylist() == [False, True]


def test_the_roles_read_and_write_and_nothing_else(warehouse: PostgresWarehouse, postgres: Server) -> None:
    warehouse.publish(FIRST, a_night(FIRST))
    _run(warehouse.url, "CREATE ROLE bi LOGIN PASSWORD 'b'", f"GRANT {READER} TO bi",
         "CREATE ROLE job LOGIN PASSWORD 'j'", f"GRANT {WRITER} TO job")  # fmt: skip
    try:
        bi, job = (warehouse.url.replace("iolaus@", f"{who}@") for who in ("bi:b", "job:j"))
        assert _run(bi, "SELECT count(*) FROM attribution.campaigns_current") == [(2,)]
        for forbidden in ("DELETE FROM attribution.campaigns", "CREATE TABLE attribution.mine (a int)",
                          "COPY attribution.runs TO PROGRAM 'cat'", "DROP VIEW attribution.runs_current"):  # fmt: skip
            with pytest.raises(Error, match="SQLSTATE: 42501"):
                _run(bi, forbidden)
        _run(job, "UPDATE attribution.runs SET stale = true", "DELETE FROM attribution.campaign_members")
        with pytest.raises(Error, match="must be owner"):
            _run(job, "DROP TABLE attribution.runs")
    finally:
        _run(warehouse.url, *[f"DROP OWNED BY {who}" for who in ("bi", "job")], "DROP ROLE bi", "DROP ROLE job")


def test_a_table_of_an_earlier_release_gains_columns_and_keeps_what_hangs_on_it(warehouse: PostgresWarehouse) -> None:
    warehouse.publish(FIRST, a_night(FIRST))
    _run(
        warehouse.url,
        "DROP VIEW attribution.campaigns_current",
        "ALTER TABLE attribution.campaigns DROP COLUMN peak_daily_exchanges",
        "CREATE VIEW attribution.campaigns_current AS SELECT * FROM attribution.campaigns",
        "CREATE VIEW public.ours AS SELECT campaign_id FROM attribution.campaigns_current",
        "CREATE INDEX ours ON attribution.campaigns (likelihood)",
        "CREATE ROLE guest", "GRANT SELECT ON attribution.campaigns TO guest",
    )  # fmt: skip
    try:
        assert warehouse.read("campaigns", FIRST)["peak_daily_exchanges"].to_pylist() == [None, None]
        warehouse.publish(SECOND, a_night(SECOND))
        assert warehouse.read("campaigns", SECOND)["peak_daily_exchanges"].to_pylist() == [1, 1]
        assert _run(warehouse.url, "SELECT count(*) FROM public.ours") == [(2,)]
        assert _run(warehouse.url, "SELECT has_table_privilege('guest', 'attribution.campaigns', 'SELECT')") == [
            (True,)
        ]
        assert _run(warehouse.url, "SELECT count(*) FROM pg_indexes WHERE indexname = 'ours'") == [(1,)]
    finally:
        _run(warehouse.url, "DROP OWNED BY guest", "DROP ROLE guest")


def test_keys_indexes_and_comments_are_those_of_the_contract(warehouse: PostgresWarehouse) -> None:
    warehouse.publish(FIRST, a_night(FIRST))
    silent = """SELECT c.relname, a.attname FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'attribution'::regnamespace AND c.relkind = 'r' AND a.attnum > 0
        AND col_description(c.oid, a.attnum) IS NULL"""
    assert _run(warehouse.url, silent) == []
    said = _run(warehouse.url, "SELECT obj_description('attribution.campaigns'::regclass)")[0][0]
    assert said.startswith("One row per")
    keys = """SELECT conrelid::regclass::text, pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'p'
        AND connamespace = 'attribution'::regnamespace"""
    found = dict(_run(warehouse.url, keys))
    for name in contracts.names("published"):
        contract = contracts.load(name)
        assert found[f"attribution.{contract.table}"] == f"PRIMARY KEY ({', '.join(contract.key)})"
    indexed = _run(warehouse.url, "SELECT indexname FROM pg_indexes WHERE indexname = 'account_verdicts_account_id'")
    assert len(indexed) == 1


def test_whoever_is_forgotten_is_gone_from_every_night_and_from_the_files(warehouse: PostgresWarehouse) -> None:
    for night in (FIRST, SECOND):
        warehouse.publish(night, a_night(night, 3))
    removed = warehouse.forget(["a1"], rewrite=False)
    assert (removed.rows, removed.accounts) == ({"campaign_members": 2}, frozenset({"a1"}))
    assert warehouse.read("campaign_members", None)["account_id"].to_pylist() == ["a0", "a2"] * 2
    dead = "SELECT count(*) FROM pg_class WHERE relname = 'campaign_members' AND pg_relation_size(oid) > 8192"
    assert _run(warehouse.url, dead) == [(0,)]
    assert warehouse.forget(["a1"], rewrite=False).rows == {}


def renewed(rows: pa.Table) -> pa.Table:
    """With other texts in the place of those that are called `old-`."""
    texts = [each.name for each in rows.schema if pa.types.is_string(each.type)]
    for name in (each for each in texts if any(value and "old-" in value for value in rows[each].to_pylist())):
        values = [each and each.replace("old-", "new-") for each in rows[name].to_pylist()]
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(values, pa.string()))
    return rows


def test_rewriting_changes_what_is_given_back_otherwise_and_every_other_value_stays(
    warehouse: PostgresWarehouse,
) -> None:
    hard = {
        "likelihood": float("nan"),
        "exchanges": 2**63 - 1,
        "billed_cost": Decimal("999999999999.999999"),
        "last_activity": None,
    }
    for night in (FIRST, SECOND):
        columns = set(contracts.load("published.campaigns").column_names)
        more = {name: value for name, value in hard.items() if name in columns}
        tables = a_night(night, top_models="old-model, \u00e9" if night == FIRST else "model", **more)
        warehouse.publish(night, tables | {"runs": published.table("runs", {"as_of_date": night, **_some_time()})})
    _run(
        warehouse.url,
        f"CREATE TABLE {SCHEMA}.my_notes (note text, tags text[], x numeric)",
        f"INSERT INTO {SCHEMA}.my_notes VALUES ('about you', '{{a,b}}', 1.5)",
    )
    names = [contracts.load(each).table for each in contracts.names("published")]
    before = {name: warehouse.read(name, None).to_pylist() for name in names}

    assert warehouse.rewrite(renewed) == {"campaigns": 2}

    wanted = str(before).replace("old-model", "new-model")
    assert str({name: warehouse.read(name, None).to_pylist() for name in names}) == wanted != str(before)
    assert warehouse.rewrite(renewed) == {}
    assert _run(warehouse.url, f"SELECT note FROM {SCHEMA}.my_notes") == [("about you",)]
    dead = "SELECT count(*) FROM pg_class WHERE relname = 'campaigns' AND pg_relation_size(oid) > 8192"
    assert _run(warehouse.url, dead) == [(0,)]


def test_what_cannot_be_rewritten_whole_is_not_rewritten_at_all(warehouse: PostgresWarehouse) -> None:
    warehouse.publish(FIRST, a_night(FIRST, top_models="old-model"))

    def broken(rows: pa.Table) -> pa.Table:
        if "run_id" in rows.column_names:  # of `runs`, which comes after `campaigns`
            raise IolausError("no more")
        return renewed(rows)

    with pytest.raises(IolausError, match="no more"):
        warehouse.rewrite(broken)
    assert set(warehouse.read("campaigns", FIRST)["top_models"].to_pylist()) == {"old-model"}


QUERIES = {
    "two statements": "SELECT 1; SELECT 2",
    "a write": "DELETE FROM campaigns RETURNING *",
    "a write in a clause": "WITH gone AS (DELETE FROM campaigns RETURNING *) SELECT * FROM gone",
    "a file": "SELECT pg_read_file('/etc/passwd')",
    "a folder": "SELECT pg_ls_dir('/')",
    "a program": "COPY (SELECT 1) TO PROGRAM 'cat'",
    "a setting": "SET statement_timeout = 0",
    "an extension": "CREATE EXTENSION dblink",
    "out of the parenthesis": "SELECT 1) AS answer; DROP TABLE campaigns; SELECT * FROM (SELECT 1",
    "secrets": "SELECT * FROM pg_authid",
    "another's role by a function": "SELECT set_config('role', 'iolaus', true), pg_read_file('/etc/passwd')",
    "a large object": "SELECT lo_import('/etc/passwd')",
    "somebody's connection": "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()",
    "no table": "SELECT * FROM nothing",
}


@pytest.mark.parametrize("kind", QUERIES)
def test_only_a_select_is_answered_and_nothing_else_is_within_reach(kind: str, shared: PostgresWarehouse) -> None:
    with pytest.raises(UsageError, match=r"The query cannot be answered \(.+\): correct the SQL"):
        shared.query(QUERIES[kind])
    assert shared.read("campaigns", None).num_rows == 2


def test_a_select_is_answered_with_values(shared: PostgresWarehouse) -> None:
    found = shared.query("SELECT campaign_id FROM campaigns WHERE campaign_id = $1 -- one\n;", "c1")
    assert found.to_pydict() == {"campaign_id": ["c1"]}


@pytest.fixture(scope="module")
def shared(postgres: Server) -> PostgresWarehouse:
    opened = PostgresWarehouse(postgres.database("shared"))
    opened.publish(FIRST, a_night(FIRST))
    return opened


def test_a_password_in_the_url_is_refused_and_not_repeated(postgres: Server) -> None:
    for url in ("postgresql://iolaus:geheim@localhost/w", "postgresql://localhost/w?user=iolaus&password=geheim"):
        with pytest.raises(UsageError, match="PGPASSWORD or a passfile") as refused:
            open_warehouse(url, Path("/"))
        assert "geheim" not in str(refused.value)


def test_a_server_that_cannot_be_reached_is_one_sentence(postgres: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(IolausError, match=r"cannot be reached \(.*refused.*\): correct the URL, start the server"):
        PostgresWarehouse("postgresql://iolaus@127.0.0.1:1/w").nights()
    monkeypatch.setenv("PGPASSFILE", "/dev/null")
    with pytest.raises(IolausError, match=r"cannot be reached \(.*password.*\)"):
        PostgresWarehouse(postgres.url("postgres")).nights()


def publish_for_ever(url: str, night: date, sizes: tuple[int, ...]) -> None:
    while True:
        for size in sizes:
            PostgresWarehouse(url).publish(night, a_night(night, size))


@pytest.mark.parametrize("kills", [4, pytest.param(20, marks=pytest.mark.slow)])
def test_no_reader_sees_half_a_night_while_nights_are_published_and_publishers_killed(
    warehouse: PostgresWarehouse, kills: int
) -> None:
    """Every size of night has as many members as campaigns; a reader that saw two nights at once would count otherwise."""
    warehouse.publish(FIRST, a_night(FIRST, 10))
    seen: list[tuple[int, int]] = []
    done = threading.Event()

    def read() -> None:
        with dbapi.connect(warehouse.url) as connection:
            while not done.is_set():
                with connection.cursor() as cursor:
                    cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    counts = []
                    for table in ("campaigns", "campaign_members"):
                        cursor.execute(f"SELECT count(*) FROM {SCHEMA}.{table}")
                        counts.append(cursor.fetchone()[0])
                    connection.rollback()
                    seen.append((counts[0], counts[1]))

    readers = [threading.Thread(target=read) for _ in range(8)]
    for each in readers:
        each.start()
    try:
        for kill in range(kills):
            publisher = multiprocessing.get_context("spawn").Process(
                target=publish_for_ever, args=(warehouse.url, FIRST, (200, 10, 3_000))
            )
            publisher.start()
            publisher.join(2.0 + 0.137 * kill)
            assert publisher.pid is not None
            os.kill(publisher.pid, signal.SIGKILL)
            publisher.join()
            warehouse.publish(FIRST, a_night(FIRST, 50 + kill))  # the lock of the dead does not outlive it
    finally:
        done.set()
        for each in readers:
            each.join()
    assert {campaigns - members for campaigns, members in seen} == {0}
    assert len({campaigns for campaigns, _ in seen}) > 3
    assert warehouse.read("campaigns", FIRST).num_rows == 49 + kills


def test_the_password_is_in_no_error_and_no_process_list(postgres: Server, tmp_path: Path) -> None:
    env = {
        **os.environ,
        "IOLAUS_ROOT": str(tmp_path),
        "IOLAUS_WAREHOUSE": postgres.url("nowhere"),
        "PGPASSWORD": postgres.password,
    }
    asked = subprocess.run(
        [sys.executable, "-m", "jobs.cli", "status"], env=env, capture_output=True, text=True, timeout=60, check=False
    )
    assert asked.returncode == 1
    assert "does not exist" in asked.stderr
    assert postgres.password not in asked.stdout + asked.stderr


def test_a_connection_that_breaks_off_is_told_in_a_sentence(warehouse: PostgresWarehouse) -> None:
    def broken(opened: Any) -> None:
        with opened as connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            _run(warehouse.url, f"SELECT pg_terminate_backend({cursor.fetchone()[0]})")
            cursor.execute("SELECT 1")

    with pytest.raises(IolausError, match=r"broke off .*: see that its server runs"):
        broken(warehouse._reading())
    with pytest.raises(IolausError, match=r"could not be written to .*; nothing happened"):
        broken(warehouse._transaction("nothing happened"))


def test_a_role_that_another_database_makes_at_the_same_time_is_made_once(postgres: Server) -> None:
    statement = _UNLESS_DONE.format(statement="CREATE ROLE made_twice NOLOGIN")
    with dbapi.connect(postgres.url("postgres")) as first, first.cursor() as cursor:
        cursor.execute(statement)
        second = threading.Thread(target=_run, args=(postgres.url("postgres"), statement))
        second.start()
        second.join(0.5)  # waits for the first one's transaction
        assert second.is_alive()
        first.commit()
        second.join()
    assert _run(postgres.url("postgres"), "SELECT rolname FROM pg_roles WHERE rolname = 'made_twice'") == [
        ("made_twice",)
    ]
    assert _run(postgres.url("postgres"), statement) == []

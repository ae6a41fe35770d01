"""The DuckDB warehouse: a night is swapped in whole, readers keep what they opened, comments and views are there."""

from __future__ import annotations

import subprocess
import sys
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from jobs import contracts
from jobs.errors import IolausError, UsageError
from jobs.warehouse import open_warehouse
from jobs.warehouse.duck import DuckDBWarehouse

FIRST, SECOND = date(2026, 3, 2), date(2026, 3, 3)


def lineage(night: date, *events: str) -> pa.Table:
    schema = contracts.arrow_schema(contracts.load("published.campaign_lineage"))
    rows = [
        {"as_of_date": night, "campaign_id": "c1", "event": e, "other_campaign_id": "c1", "overlap": 1.0}
        for e in events
    ]
    return pa.Table.from_pylist(rows, schema=schema)


def run(night: date) -> pa.Table:
    contract = contracts.load("published.runs")
    values: dict[str, object] = {"date": night, "string": "x", "long": 0, "boolean": False, "timestamp": 0}
    row = {column.name: values[column.type] for column in contract.columns}
    return pa.Table.from_pylist([row], schema=contracts.arrow_schema(contract))


@pytest.fixture
def warehouse(tmp_path: Path) -> DuckDBWarehouse:
    opened = open_warehouse("duckdb:///{root}/w.duckdb", tmp_path)
    assert isinstance(opened, DuckDBWarehouse)
    opened.publish(FIRST, {"runs": run(FIRST), "campaign_lineage": lineage(FIRST, "born")})
    return opened


def events(warehouse: DuckDBWarehouse, night: date | None = None) -> list[str]:
    return [str(value) for value in warehouse.read("campaign_lineage", night)["event"].to_pylist()]


def test_a_night_is_added_and_replaced_without_touching_others(warehouse: DuckDBWarehouse) -> None:
    warehouse.publish(SECOND, {"runs": run(SECOND), "campaign_lineage": lineage(SECOND, "continued", "absorbed")})
    warehouse.publish(SECOND, {"runs": run(SECOND), "campaign_lineage": lineage(SECOND, "dormant")})
    assert warehouse.nights() == [FIRST, SECOND]
    assert (events(warehouse, FIRST), events(warehouse, SECOND)) == (["born"], ["dormant"])


def test_a_reader_keeps_its_snapshot_and_the_next_sees_the_new_night(warehouse: DuckDBWarehouse) -> None:
    with duckdb.connect(str(warehouse.path), read_only=True) as reader:
        warehouse.publish(SECOND, {"runs": run(SECOND), "campaign_lineage": lineage(SECOND, "continued")})
        assert reader.execute("SELECT count(*) FROM attribution.runs").fetchall() == [(1,)]
    assert warehouse.newest() == SECOND


def test_the_current_view_holds_the_newest_night_and_everything_is_commented(warehouse: DuckDBWarehouse) -> None:
    warehouse.publish(SECOND, {"runs": run(SECOND), "campaign_lineage": lineage(SECOND, "continued")})
    with duckdb.connect(str(warehouse.path), read_only=True) as reader:
        current = reader.execute("SELECT event FROM attribution.campaign_lineage_current").fetchall()
        silent = reader.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE schema_name = 'attribution' "
            "AND comment IS NULL AND table_name NOT LIKE '%_current'"
        ).fetchall()
        tables = reader.execute("SELECT comment FROM duckdb_tables() WHERE schema_name = 'attribution'").fetchall()
    assert current == [("continued",)]
    assert silent == []
    assert tables
    assert all(str(comment).startswith("One row per") for (comment,) in tables)


def test_a_publication_that_fails_leaves_the_live_file_as_it_was(warehouse: DuckDBWarehouse) -> None:
    before = warehouse.path.read_bytes()
    broken = lineage(SECOND, "continued").drop(["overlap"])
    with pytest.raises(IolausError, match="not published"):
        warehouse.publish(SECOND, {"runs": run(SECOND), "campaign_lineage": broken})
    assert warehouse.path.read_bytes() == before
    assert [path.name for path in warehouse.path.parent.glob("*.aside*")] == []


def test_what_a_killed_publisher_left_is_removed(warehouse: DuckDBWarehouse) -> None:
    left_over = warehouse.path.with_name(f".{warehouse.path.name}.999.aside")
    left_over.write_bytes(b"half a file")
    warehouse.publish(SECOND, {"runs": run(SECOND), "campaign_lineage": lineage(SECOND, "continued")})
    assert not left_over.exists()


def test_nothing_published_reads_as_empty(tmp_path: Path) -> None:
    empty = open_warehouse("duckdb:///{root}/none.duckdb", tmp_path)
    assert (empty.nights(), empty.newest(), empty.read("campaigns", None).num_rows) == ([], None, 0)


def test_another_warehouse_is_refused_with_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="duckdb:///"):
        open_warehouse("mysql://somewhere", tmp_path)


def test_a_file_of_an_earlier_release_reads_what_it_lacks_as_null(warehouse: DuckDBWarehouse) -> None:
    with duckdb.connect(str(warehouse.path)) as connection:
        connection.execute("ALTER TABLE attribution.campaign_lineage DROP COLUMN overlap")
    assert warehouse.read("campaign_lineage", FIRST)["overlap"].to_pylist() == [None]
    warehouse.publish(SECOND, {"runs": run(SECOND), "campaign_lineage": lineage(SECOND, "continued")})
    assert warehouse.read("campaign_lineage", None)["overlap"].to_pylist() == [None, 1.0]


def members(night: date, *accounts: str) -> pa.Table:
    contract = contracts.load("published.campaign_members")
    empty: dict[str, object] = {"date": night, "string": "x", "long": 0, "double": 0.0}
    rows = [
        {column.name: empty[column.type] for column in contract.columns} | {"account_id": each} for each in accounts
    ]
    return pa.Table.from_pylist(rows, schema=contracts.arrow_schema(contract))


def described(warehouse: DuckDBWarehouse) -> list[tuple[object, ...]]:
    """Tables, columns, views and their comments."""
    with duckdb.connect(str(warehouse.path), read_only=True) as reader:
        return [
            *reader.execute("SELECT table_name, comment FROM duckdb_tables() ORDER BY 1").fetchall(),
            *reader.execute(
                "SELECT view_name, comment, sql FROM duckdb_views() WHERE NOT internal ORDER BY 1"
            ).fetchall(),
            *reader.execute("SELECT table_name, column_name, comment FROM duckdb_columns() ORDER BY 1, 2").fetchall(),
        ]


def test_forgetting_leaves_no_bytes_of_an_account_not_even_of_a_replaced_night(warehouse: DuckDBWarehouse) -> None:
    warehouse.publish(FIRST, {"campaign_members": members(FIRST, "acct-replaced", "acct-stays")})
    warehouse.publish(FIRST, {"campaign_members": members(FIRST, "acct-goes", "acct-stays")})
    before, bytes_before = described(warehouse), warehouse.path.read_bytes()
    assert b"acct-replaced" in bytes_before, "space that is no longer in use still holds it"
    assert b"acct-goes" in bytes_before

    removed = warehouse.forget(["acct-goes", "acct-replaced"], rewrite=False)

    assert (dict(removed.rows), removed.accounts) == ({"campaign_members": 1}, {"acct-goes"})
    bytes_after = warehouse.path.read_bytes()
    assert b"acct-goes" not in bytes_after
    assert b"acct-replaced" not in bytes_after
    assert warehouse.read("campaign_members", FIRST)["account_id"].to_pylist() == ["acct-stays"]
    assert described(warehouse) == before
    assert list(warehouse.path.parent.glob(".*aside*")) == []


def test_forgetting_what_is_nowhere_does_not_touch_the_file(warehouse: DuckDBWarehouse) -> None:
    warehouse.publish(FIRST, {"campaign_members": members(FIRST, "acct-stays")})
    before = warehouse.path.stat()
    bytes_before = warehouse.path.read_bytes()
    assert dict(warehouse.forget(["acct-goes"], rewrite=False).rows) == {}
    assert (warehouse.path.stat().st_ino, warehouse.path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert warehouse.path.read_bytes() == bytes_before
    assert warehouse.forget(["acct-goes"], rewrite=True).accounts == frozenset()
    assert warehouse.path.stat().st_ino != before.st_ino


def test_forgetting_removes_what_a_killed_publication_left(warehouse: DuckDBWarehouse) -> None:
    left = warehouse.path.with_name(f".{warehouse.path.name}.1.aside")
    left.write_bytes(b"acct-goes")
    warehouse.forget(["acct-goes"], rewrite=False)
    assert not left.exists()


def renewed(rows: pa.Table) -> pa.Table:
    """With other accounts in the place of those that are called `old-`."""
    texts = [each.name for each in rows.schema if pa.types.is_string(each.type)]
    found = [name for name in texts if any(each and "old-" in each for each in rows[name].to_pylist())]
    for name in found:
        values = [each and each.replace("old-", "new-") for each in rows[name].to_pylist()]
        rows = rows.set_column(rows.column_names.index(name), name, pa.array(values, pa.string()))
    return rows


def test_rewriting_changes_what_is_given_back_otherwise_and_leaves_no_byte_of_what_was(
    warehouse: DuckDBWarehouse,
) -> None:
    warehouse.publish(FIRST, {"campaign_members": members(FIRST, "old-replaced")})
    warehouse.publish(FIRST, {"campaign_members": members(FIRST, "old-1", "stays")})
    warehouse.publish(SECOND, {"runs": run(SECOND), "campaign_members": members(SECOND, "stays", "as-well")})
    with duckdb.connect(str(warehouse.path)) as tool:
        tool.execute("CREATE TABLE attribution.my_notes AS SELECT 'about old-1' AS note, 1.5 AS x")
    before = described(warehouse)
    others = warehouse.read("campaign_members", SECOND).to_pylist()

    assert warehouse.rewrite(renewed) == {"campaign_members": 2, "my_notes": 1}

    assert b"old-" not in warehouse.path.read_bytes()
    assert warehouse.read("campaign_members", FIRST)["account_id"].to_pylist() == ["new-1", "stays"]
    assert warehouse.read("campaign_members", SECOND).to_pylist() == others
    assert described(warehouse) == before
    with duckdb.connect(str(warehouse.path), read_only=True) as reader:
        assert reader.execute("SELECT note, x FROM attribution.my_notes").fetchone() == ("about new-1", 1.5)
    assert warehouse.rewrite(renewed) == {}
    assert list(warehouse.path.parent.glob(".*aside*")) == []


def test_where_nothing_is_published_there_is_nothing_to_rewrite(tmp_path: Path) -> None:
    assert open_warehouse("duckdb:///{root}/none.duckdb", tmp_path).rewrite(renewed) == {}
    assert list(tmp_path.iterdir()) == []


KILLED_TOOL = """
import duckdb, os, signal, sys
tool = duckdb.connect(sys.argv[1])
tool.execute("CREATE TABLE attribution.my_notes AS SELECT 1 AS x")
os.kill(os.getpid(), signal.SIGKILL)
"""


def kill_a_tool_that_writes(path: Path) -> Path:
    subprocess.run([sys.executable, "-c", KILLED_TOOL, str(path)], check=False)
    log = path.with_name(f"{path.name}.wal")
    assert log.exists()
    return log


def test_what_a_killed_tool_had_written_survives_the_next_night(warehouse: DuckDBWarehouse) -> None:
    log = kill_a_tool_that_writes(warehouse.path)
    assert warehouse.nights() == [FIRST]
    warehouse.publish(SECOND, {"runs": run(SECOND), "campaign_lineage": lineage(SECOND, "continued")})
    assert not log.exists()
    assert warehouse.nights() == [FIRST, SECOND]
    with duckdb.connect(str(warehouse.path), read_only=True) as reader:
        assert reader.execute("SELECT x FROM attribution.my_notes").fetchall() == [(1,)]


@pytest.mark.parametrize("content", ["of another file", "garbage"])
def test_a_log_that_does_not_belong_to_the_file_is_put_away(warehouse: DuckDBWarehouse, content: str) -> None:
    log = kill_a_tool_that_writes(warehouse.path)
    foreign = log.read_bytes() if content == "of another file" else b"garbage" * 1000
    log.unlink()
    warehouse.publish(SECOND, {"runs": run(SECOND), "campaign_lineage": lineage(SECOND, "continued")})
    log.write_bytes(foreign)
    assert warehouse.nights() == [FIRST, SECOND]
    log.write_bytes(foreign)
    warehouse.publish(SECOND, {"runs": run(SECOND), "campaign_lineage": lineage(SECOND, "dormant")})
    assert (events(warehouse, SECOND), log.exists()) == (["dormant"], False)


def test_a_tool_that_still_writes_is_told_to_be_ended(warehouse: DuckDBWarehouse) -> None:
    holder = "import duckdb, sys, time; c = duckdb.connect(sys.argv[1]); print('held', flush=True); time.sleep(60)"
    tool = subprocess.Popen([sys.executable, "-c", holder, str(warehouse.path)], stdout=subprocess.PIPE, text=True)
    try:
        assert tool.stdout is not None
        assert tool.stdout.readline() == "held\n"
        with pytest.raises(IolausError, match="end the program that writes to it"):
            warehouse.nights()
    finally:
        tool.kill()
        tool.wait()

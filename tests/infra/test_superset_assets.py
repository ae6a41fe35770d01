"""What Superset is given, without a Superset: datasets, charts, filters, the connection, and what is removed."""

from __future__ import annotations

import importlib.util
import json
import os
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import make_url

from infra.superset import reconcile, up
from infra.superset.assets import assets, write
from infra.superset.datasets import datasets
from jobs import contracts
from jobs.errors import IolausError, UsageError
from jobs.settings import settings
from jobs.warehouse import Warehouse, open_warehouse
from tests.postgres import Server
from tests.published import NIGHT, night

FILE = "duckdb:////data/warehouse.duckdb"
SERVER = "postgresql://bi@db.example.org:5432/warehouse?sslmode=verify-full"
CONFIG = Path(up.__file__).parent / "superset_config.py"
MADE = assets(FILE)
CHARTS = {path: each for path, each in MADE.items() if path.startswith("charts/")}
SETS = {each["uuid"]: each for each in datasets("database", "duckdb").values()}


def request(chart: dict[str, Any]) -> dict[str, Any]:
    asked: dict[str, Any] = json.loads(chart["query_context"])["queries"][0]
    return asked


@pytest.fixture(scope="module", params=["duckdb", "postgresql"])
def published(tmp_path_factory: pytest.TempPathFactory, postgres: Server, request: pytest.FixtureRequest) -> Warehouse:
    """Two nights of two campaigns that are billed in different currencies."""
    url = "duckdb:///{root}/w.duckdb" if request.param == "duckdb" else postgres.database("superset_assets")
    warehouse = open_warehouse(url, tmp_path_factory.mktemp("superset"))
    for on in (NIGHT - timedelta(days=1), NIGHT):
        names = [contracts.load(name).table for name in contracts.names("published")]
        rows = {name: [{"as_of_date": on, "campaign_id": "c1"}] for name in names if name != "campaigns"}
        both = [("c1", "USD", "one"), ("c2", "EUR", "two")]
        campaigns = [{"as_of_date": on, "campaign_id": i, "billing_currency": c, "name": n} for i, c, n in both]
        warehouse.publish(on, night(**_held(rows), campaigns=campaigns))
    return warehouse


def _held(rows: dict[str, list[dict[str, Any]]]) -> dict[str, list[dict[str, Any]]]:
    """The rows with the columns that their tables have."""
    return {
        name: [
            {key: value for key, value in row.items() if key in contracts.load(f"published.{name}").column_names}
            for row in of
        ]
        for name, of in rows.items()
    }


def figure(warehouse: Warehouse, dataset: str, metric: str, where: str = "true") -> Any:
    made = datasets("database", "duckdb")[dataset]
    (expression,) = [each["expression"] for each in made["metrics"] if each["metric_name"] == metric]
    (row,) = warehouse.query(f"SELECT {expression} AS it FROM {source(made)} WHERE {where}").to_pylist()
    return row["it"]


def source(dataset: dict[str, Any]) -> str:
    return f"({dataset['sql']}) AS d" if "sql" in dataset else f"attribution.{dataset['table_name']}"


def test_every_published_table_is_there_with_all_columns_and_their_meanings() -> None:
    made = datasets("database", "duckdb")
    for name in contracts.names("published"):
        contract = contracts.load(name)
        for each in (made[contract.table], made[f"{contract.table}_current"]):
            said = {column["column_name"]: column["description"] for column in each["columns"]}
            assert said.items() >= {column.name: column.description for column in contract.columns}.items()
            assert contract.description in each["description"]
            assert all(metric["description"] for metric in each["metrics"])


def test_every_quantity_has_a_figure() -> None:
    for each in datasets("database", "duckdb").values():
        figures = " ".join(metric["expression"] for metric in each["metrics"])
        for column in each["columns"]:
            if column["type"] in ("BIGINT", "INTEGER", "DOUBLE PRECISION", "DECIMAL(18,6)", "BOOLEAN"):
                assert f'"{column["column_name"]}"' in figures, (each["table_name"], column["column_name"])


def test_every_dataset_and_figure_can_be_asked_of_both_warehouses(published: Warehouse) -> None:
    for each in datasets("database", "duckdb").values():
        columns = ", ".join(f'"{column["column_name"]}"' for column in each["columns"])
        assert published.query(f"SELECT {columns} FROM {source(each)}").num_rows, each["table_name"]
        figures = ", ".join(f"{metric['expression']} AS m{i}" for i, metric in enumerate(each["metrics"]))
        assert published.query(f"SELECT {figures} FROM {source(each)}").num_rows == 1, each["table_name"]


def test_every_condition_of_a_chart_can_be_asked_of_both_warehouses(published: Warehouse) -> None:
    asked = [(SETS[chart["dataset_uuid"]], request(chart)["extras"]["where"]) for chart in CHARTS.values()]
    assert sum(bool(where) for _, where in asked) > 5
    for dataset, where in asked:
        published.query(f"SELECT count(*) AS n FROM {source(dataset)} WHERE {where or 'true'}")


def test_a_row_carries_the_name_its_campaign_had_that_night(published: Warehouse) -> None:
    made = datasets("database", "duckdb")["campaign_members"]
    assert [row["name"] for row in published.query(made["sql"]).to_pylist()] == ["one", "one"]


def test_amounts_of_different_currencies_are_never_added(published: Warehouse) -> None:
    assert figure(published, "campaigns_current", "sum_billed_cost") is None
    assert float(figure(published, "campaigns_current", "sum_billed_cost", "billing_currency = 'USD'")) == 1.5


def test_quantities_of_different_nights_are_never_added(published: Warehouse) -> None:
    assert figure(published, "campaigns", "sum_exchanges") is None
    assert int(figure(published, "campaigns", "sum_exchanges", f"as_of_date = DATE '{NIGHT}'")) == 2


def test_an_account_of_two_nights_is_counted_once(published: Warehouse) -> None:
    assert figure(published, "campaign_members", "distinct_accounts") == 1


def test_the_browser_and_the_api_ask_alike() -> None:
    for path, chart in CHARTS.items():
        params, asked = chart["params"], request(chart)
        metrics = params.get("metrics") or ([params["metric"]] if "metric" in params else [])
        columns = params.get("all_columns") or [
            *([params["x_axis"]] if "x_axis" in params else []),
            *params.get("groupby", []),
        ]
        assert asked.get("metrics", []) == metrics, path
        assert [each["label"] if isinstance(each, dict) else each for each in asked["columns"]] == columns, path
        assert asked["extras"]["where"] == "".join(f"({each['sqlExpression']})" for each in params["adhoc_filters"]), (
            path
        )
        assert json.loads(chart["query_context"])["datasource"]["id"] == chart["dataset_uuid"], path
        assert [json.loads(each) for each in params.get("order_by_cols", [])] in ([], asked.get("orderby")), path


def test_there_is_a_dashboard_for_each_question() -> None:
    titles = {each["dashboard_title"] for path, each in MADE.items() if path.startswith("dashboards/")}
    assert titles == {"Campaigns overview", "One campaign", "Accounts", "Quality and runs"}


def test_every_chart_stands_on_exactly_one_dashboard() -> None:
    shown = [uuid for each in MADE.values() if "position" in each for uuid in reconcile.charts_of(each)]
    assert sorted(shown) == sorted(chart["uuid"] for chart in CHARTS.values())


def test_a_filter_names_its_dataset_by_uuid_and_leaves_out_charts_without_its_column() -> None:
    seen = 0
    for each in (each for path, each in MADE.items() if path.startswith("dashboards/")):
        numbers = {
            part["meta"]["uuid"]: part["meta"]["chartId"]
            for part in each["position"].values()
            if isinstance(part, dict) and part["type"] == "CHART"
        }
        for one in each["metadata"]["native_filter_configuration"]:
            (target,) = one["targets"]
            name = target["column"]["name"]
            assert name in {column["column_name"] for column in SETS[target["datasetUuid"]]["columns"]}
            without = {
                numbers[chart["uuid"]]
                for chart in CHARTS.values()
                if chart["uuid"] in numbers
                and name not in {column["column_name"] for column in SETS[chart["dataset_uuid"]]["columns"]}
            }
            assert set(one["scope"]["excluded"]) == without < set(numbers.values())
            seen += 1
    assert seen == 9


def test_an_import_always_finds_its_own() -> None:
    uuids = [each["uuid"] for path, each in MADE.items() if path != "metadata.yaml"]
    assert len(set(uuids)) == len(uuids)
    assert uuids == [each["uuid"] for path, each in assets(SERVER).items() if path != "metadata.yaml"]
    assert MADE["dashboards/overview.yaml"]["uuid"] == "e7bf37e3-0fe4-5f47-a898-5f224843368a"


def test_what_is_imported_is_the_same_byte_for_byte(tmp_path: Path) -> None:
    texts = []
    for folder in (tmp_path / "one", tmp_path / "two"):
        write(assets(FILE), folder)
        texts.append({path.relative_to(folder): path.read_bytes() for path in sorted(folder.rglob("*.yaml"))})
    assert texts[0] == texts[1]
    assert len(texts[0]) == len(MADE)


def test_what_was_left_of_an_earlier_import_is_not_written_again(tmp_path: Path) -> None:
    (tmp_path / "charts").mkdir()
    (tmp_path / "charts" / "gone.yaml").write_text("slice_name: gone")
    write(MADE, tmp_path)
    assert not (tmp_path / "charts" / "gone.yaml").exists()


def test_a_file_is_opened_to_be_read_alone_and_nothing_else_with_it() -> None:
    base = MADE["databases/warehouse.yaml"]
    config = {"enable_external_access": False, "lock_configuration": True}
    assert base["extra"]["engine_params"]["connect_args"] == {"read_only": True, "config": config}
    assert not any(value for key, value in base.items() if key.startswith(("allow_", "expose_")))


def test_a_server_is_asked_as_a_reader_that_cannot_write() -> None:
    base = assets(SERVER)["databases/warehouse.yaml"]
    options = base["extra"]["engine_params"]["connect_args"]["options"]
    assert base["sqlalchemy_uri"] == SERVER
    assert "role=attribution_reader" in options
    assert "default_transaction_read_only=on" in options


def test_the_server_keeps_to_what_the_connection_asks(postgres: Server) -> None:
    from adbc_driver_postgresql import dbapi

    warehouse = open_warehouse(url := postgres.database("superset_reader"), Path())
    warehouse.publish(NIGHT, night(runs=[{}]))
    options = assets(url)["databases/warehouse.yaml"]["extra"]["engine_params"]["connect_args"]["options"]
    with dbapi.connect(f"{url}?options={quote(options)}", autocommit=True) as connection, connection.cursor() as cursor:
        said = []
        for name in ("role", "default_transaction_read_only", "statement_timeout"):
            cursor.execute(f"SELECT current_setting('{name}')")
            said.append(cursor.fetchone()[0])
        assert said == ["attribution_reader", "on", "1min"]
        with pytest.raises(dbapi.Error, match=r"read-only transaction|permission denied"):
            cursor.execute("DELETE FROM attribution.runs")


WRONG = [
    ({"columns": ["nmae"]}, "names the column nmae"),
    ({"order": ["-likelyhood"]}, "names the column likelyhood"),
    ({"metrics": ["sum_likelihood"]}, "names the figure sum_likelihood"),
    ({"kind": "donut"}, "has no kind 'donut'"),
    ({"dataset": "campaign"}, "names the dataset campaign"),
    ({"width": 13}, "wider than 12"),
]


@pytest.mark.parametrize(("change", "said"), WRONG, ids=[said for _, said in WRONG])
def test_a_chart_that_asks_for_what_there_is_not_is_refused_by_name(
    change: dict[str, Any], said: str, tmp_path: Path
) -> None:
    chart = {
        "id": "it",
        "title": "It",
        "kind": "table",
        "width": 6,
        "dataset": "campaigns_current",
        "columns": ["name"],
    }
    dashboard = {
        "title": "T",
        "description": "",
        "note": "",
        "filters": [],
        "rows": [{"height": 20, "charts": [chart | change]}],
    }
    (tmp_path / "d.yaml").write_text(yaml.safe_dump(dashboard))
    with pytest.raises(IolausError, match=said):
        assets(FILE, tmp_path)


def test_two_charts_of_one_id_are_refused(tmp_path: Path) -> None:
    chart = {
        "id": "it",
        "title": "It",
        "kind": "table",
        "width": 6,
        "dataset": "campaigns_current",
        "columns": ["name"],
    }
    dashboard = {
        "title": "T",
        "description": "",
        "note": "",
        "filters": [],
        "rows": [{"height": 20, "charts": [chart, chart]}],
    }
    (tmp_path / "d.yaml").write_text(yaml.safe_dump(dashboard))
    with pytest.raises(IolausError, match="more than one chart d-it"):
        assets(FILE, tmp_path)


def test_a_filter_on_a_column_that_there_is_not_is_refused(tmp_path: Path) -> None:
    one = {"name": "Verdict", "dataset": "runs", "column": "verdict"}
    (tmp_path / "d.yaml").write_text(
        yaml.safe_dump({"title": "T", "description": "", "note": "", "filters": [one], "rows": []})
    )
    with pytest.raises(IolausError, match="names the column verdict, which runs lacks"):
        assets(FILE, tmp_path)


def test_nothing_is_started_before_a_night_is_published(tmp_path: Path) -> None:
    (tmp_path / "environment" / "bin").mkdir(parents=True)
    (tmp_path / "environment" / "bin" / "superset").touch()
    with pytest.raises(IolausError, match="Nothing is published"):
        up.prepare(
            tmp_path / "environment", tmp_path / "home", settings(tmp_path, warehouse="duckdb:///{root}/w.duckdb")
        )
    assert not (tmp_path / "home").exists()


def test_a_folder_without_a_superset_is_said_to_be_one(tmp_path: Path) -> None:
    open_warehouse("duckdb:///{root}/w.duckdb", tmp_path).publish(NIGHT, night(runs=[{}]))
    with pytest.raises(UsageError, match="There is no Superset in"):
        up.prepare(
            tmp_path / "environment", tmp_path / "home", settings(tmp_path, warehouse="duckdb:///{root}/w.duckdb")
        )
    assert not (tmp_path / "home").exists()


@given(st.dictionaries(st.sampled_from("abcdef"), st.booleans()), st.sets(st.sampled_from("abcdef")))
def test_what_goes_is_what_was_imported_and_is_said_no_more(held: dict[str, bool], said: set[str]) -> None:
    gone = reconcile.surplus(held.items(), said)
    assert set(gone) == {uuid for uuid in held if held[uuid]} - said
    assert not {uuid for uuid in held if not held[uuid]} & set(gone)


def test_what_did_not_arrive_is_named() -> None:
    assert reconcile.missing([("a", True), ("b", False)], {"a": {}, "c": {}}) == ["c"]


def test_what_the_files_say_is_read_by_kind_and_uuid(tmp_path: Path) -> None:
    write(MADE, tmp_path)
    said = reconcile.wanted(tmp_path)
    assert {kind: len(of) for kind, of in said.items()} == {
        "dashboards": 4, "charts": len(CHARTS), "datasets": 22, "databases": 1,
    }  # fmt: skip


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Superset's configuration, read as Superset reads it."""
    (tmp_path / "secret_key").write_text("key")
    for name, value in (("SUPERSET_HOME", str(tmp_path)), ("IOLAUS_WAREHOUSE", SERVER), ("PGPASSWORD", "hush")):
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("superset_config", CONFIG)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_password_is_given_to_the_warehouse_alone(config: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def password(url: str) -> Any:
        return config.DB_CONNECTION_MUTATOR(make_url(url), {}, None, None, None)[0].password

    assert password(SERVER) == "hush"
    others = (
        "postgresql://bi@elsewhere.example.org:5432/warehouse",
        "postgresql://iolaus@db.example.org:5432/warehouse",
    )
    assert [password(url) for url in (*others, FILE)] == [None, None, None]


def test_the_password_is_neither_in_the_environment_nor_among_the_settings(config: ModuleType) -> None:
    assert "PGPASSWORD" not in os.environ
    assert "hush" not in {value for name, value in vars(config).items() if name.isupper()}

"""Everything that Superset imports, from the contracts and the files below `dashboards/`.

It is written anew before every import, by `infra.superset.up`.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from infra.superset.charts import Chart
from infra.superset.datasets import VERSION, datasets, identity
from jobs.errors import IolausError
from jobs.settings import POSTGRES, warehouse_place

DASHBOARDS = Path(__file__).parent / "dashboards"
DATABASE = "iolaus warehouse"
WIDTH = 12  # columns of Superset's grid
QUERY_MILLISECONDS = 60_000  # as long as Superset's pages wait
NOTE_HEIGHT = 10
# Grey is innocent; red is kept for what is held to be extraction, and blue for those who are to be warned.
COLOURS = {
    "deliberate": "#c0392b",
    "suspicious": "#e8a33d",
    "incidental": "#9aa5b1",
    "benign": "#c9ced6",
    "operated": "#c0392b",
    "shared_infrastructure": "#9aa5b1",
    "victim": "#2874a6",
}
Document = dict[str, Any]


def assets(warehouse: str, folder: Path = DASHBOARDS) -> dict[str, Document]:
    """Every file of an import by its path, for a warehouse as IOLAUS_WAREHOUSE names it and the dashboards in `folder`.

    Raises `IolausError` naming a chart or filter that asks for what there is not.
    """
    base = database(warehouse)
    sets = datasets(base["uuid"], "postgresql" if warehouse.startswith(POSTGRES) else "duckdb")
    made: dict[str, Document] = {"metadata.yaml": {"version": VERSION}, "databases/warehouse.yaml": base}
    made |= {f"datasets/{name}.yaml": each for name, each in sets.items()}
    for path in sorted(folder.glob("*.yaml")):
        said = yaml.safe_load(path.read_text(encoding="utf-8"))
        charts = _charts(path.stem, said, sets)
        made |= {f"charts/{chart.key}.yaml": chart.document() for row in charts for chart in row}
        made[f"dashboards/{path.stem}.yaml"] = _dashboard(path.stem, said, charts, sets)
    return made


def database(warehouse: str) -> Document:
    """The connection: nothing can be written through it, and of a DuckDB file nothing but the file can be read."""
    place = warehouse_place(warehouse)
    if warehouse.startswith(POSTGRES):
        options = (
            f"-c role=attribution_reader -c default_transaction_read_only=on -c statement_timeout={QUERY_MILLISECONDS}"
        )
        uri, arguments = warehouse, Document(options=options)
    else:
        settings = {"enable_external_access": False, "lock_configuration": True}
        uri, arguments = f"duckdb:///{place}", Document(read_only=True, config=settings)
    return {
        "database_name": DATABASE,
        "sqlalchemy_uri": uri,
        "uuid": identity("database", DATABASE),
        "version": VERSION,
        "is_managed_externally": True,
        "expose_in_sqllab": False,  # `iolaus query` is the way to ask by SQL
        "allow_ctas": False,
        "allow_cvas": False,
        "allow_dml": False,
        "allow_csv_upload": False,
        "extra": {"engine_params": {"connect_args": arguments}},
    }


def write(made: Mapping[str, Document], folder: Path) -> None:
    """Replace the folder by the files."""
    shutil.rmtree(folder, ignore_errors=True)
    for path, document in made.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(yaml.safe_dump(document, sort_keys=False, allow_unicode=True), encoding="utf-8")


def _charts(name: str, said: Mapping[str, Any], sets: Mapping[str, Document]) -> list[list[Chart]]:
    """The charts of a dashboard, row by row."""
    rows = [
        [Chart(f"{name}-{each['id']}", each, _found(sets, each, name)) for each in row["charts"]]
        for row in said["rows"]
    ]
    keys = [chart.key for row in rows for chart in row]
    if twice := sorted({key for key in keys if keys.count(key) > 1}):
        raise IolausError(f"Dashboard {name} has more than one chart {twice[0]}: give each its own id.")
    for row in rows:
        if sum(chart.said["width"] for chart in row) > WIDTH:
            raise IolausError(
                f"Dashboard {name} has a row with {row[0].key} that is wider than {WIDTH}: narrow its charts."
            )
    return rows


def _found(sets: Mapping[str, Document], each: Mapping[str, Any], name: str) -> Document:
    if each.get("dataset") not in sets:
        raise IolausError(
            f"Dashboard {name} names the dataset {each.get('dataset')}: take one of {', '.join(sorted(sets))}."
        )
    return sets[each["dataset"]]


def _dashboard(name: str, said: Mapping[str, Any], rows: list[list[Chart]], sets: Mapping[str, Document]) -> Document:
    numbers = {chart.key: number for number, chart in enumerate((chart for row in rows for chart in row), 1)}
    return {
        "dashboard_title": said["title"],
        "description": said["description"],
        "slug": f"iolaus-{name}",
        "uuid": identity("dashboard", name),
        "position": _position(said, rows, numbers),
        "metadata": {
            "native_filter_configuration": [_filter(name, each, rows, numbers, sets) for each in said["filters"]],
            "color_scheme": "supersetColors",
            "label_colors": COLOURS,
            "cross_filters_enabled": False,
            "refresh_frequency": 0,
        },
        "version": VERSION,
        "published": True,
        "is_managed_externally": True,
    }


def _position(said: Mapping[str, Any], rows: list[list[Chart]], numbers: Mapping[str, int]) -> Document:
    """Where everything stands: the note, and below it the rows of charts."""
    note = {"code": said["note"], "width": WIDTH, "height": NOTE_HEIGHT}
    parts: list[tuple[str, list[Document]]] = [
        ("ROW-note", [{"type": "MARKDOWN", "id": "MARKDOWN-note", "meta": note}])
    ]
    for number, (row, of) in enumerate(zip(rows, said["rows"], strict=True), 1):
        made = [
            {
                "type": "CHART",
                "id": f"CHART-{chart.key}",
                "meta": {
                    "chartId": numbers[chart.key],  # an import puts the real one, by the uuid
                    "uuid": chart.uuid,
                    "sliceName": chart.title,
                    "width": chart.said["width"],
                    "height": of["height"],
                },
            }
            for chart in row
        ]
        parts.append((f"ROW-{number}", made))
    position: Document = {
        "DASHBOARD_VERSION_KEY": "v2",
        "ROOT_ID": {"type": "ROOT", "id": "ROOT_ID", "children": ["GRID_ID"]},
        "GRID_ID": {"type": "GRID", "id": "GRID_ID", "children": [name for name, _ in parts], "parents": ["ROOT_ID"]},
        "HEADER_ID": {"type": "HEADER", "id": "HEADER_ID", "meta": {"text": said["title"]}},
    }
    parents, plain = ["ROOT_ID", "GRID_ID"], {"background": "BACKGROUND_TRANSPARENT"}
    for name, inside in parts:
        children = [str(each["id"]) for each in inside]
        position[name] = {"type": "ROW", "id": name, "children": children, "meta": plain, "parents": parents}
        position.update((str(each["id"]), {**each, "children": [], "parents": [*parents, name]}) for each in inside)
    return position


def _filter(
    name: str,
    said: Mapping[str, Any],
    rows: list[list[Chart]],
    numbers: Mapping[str, int],
    sets: Mapping[str, Document],
) -> Document:
    """One native filter; it leaves out the charts that do not have its column."""
    dataset, column = _found(sets, said, name), said["column"]
    if column not in {each["column_name"] for each in dataset["columns"]}:
        raise IolausError(
            f"Filter {said['name']} of dashboard {name} names the column {column}, which {said['dataset']} lacks."
        )
    single, chosen = said.get("single", False), said.get("default")
    mask: Document = {"extraFormData": {}, "filterState": {}}
    if chosen:
        mask = {
            "extraFormData": {"filters": [{"col": column, "op": "IN", "val": chosen}]},
            "filterState": {"value": chosen},
        }
    return {
        "id": f"NATIVE_FILTER-{identity(f'filter/{name}', said['name'])}",
        "name": said["name"],
        "type": "NATIVE_FILTER",
        "filterType": "filter_select",
        "targets": [{"datasetUuid": dataset["uuid"], "column": {"name": column}}],
        "sortMetric": said.get("first_by"),
        "requiredFirst": single,
        "controlValues": {
            "multiSelect": not single,
            "defaultToFirstItem": single,
            "enableEmptyFilter": single,
            "sortAscending": "first_by" not in said,
            "searchAllOptions": True,  # else only the first thousand can be found
            "inverseSelection": False,
        },
        "defaultDataMask": mask,
        "cascadeParentIds": [],
        "scope": {
            "rootPath": ["ROOT_ID"],
            "excluded": [numbers[chart.key] for row in rows for chart in row if column not in chart.columns],
        },
    }

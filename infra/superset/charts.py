"""From a chart as the files below `dashboards/` say it to what Superset imports: its settings, and the request for its data.

The browser asks for data by the settings; alerts, exports and the API by the request, so both must ask alike.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.superset.datasets import VERSION, identity
from jobs.errors import IolausError

ROWS = 5000  # of a table that says no limit
POINTS = 10_000  # of a chart with an axis: more than a screen has
DAY = "P1D"
Params = dict[str, Any]


@dataclass(frozen=True)
class Chart:
    """One chart of a dashboard: what its file says of it (`said`), and the dataset that it shows."""

    key: str
    said: Mapping[str, Any]
    dataset: Mapping[str, Any]

    @property
    def uuid(self) -> str:
        return identity("chart", self.key)

    @property
    def title(self) -> str:
        return str(self.said["title"])

    @property
    def columns(self) -> dict[str, Mapping[str, Any]]:
        return {each["column_name"]: each for each in self.dataset["columns"]}

    def document(self) -> dict[str, Any]:
        """What Superset imports. Raises `IolausError` for a kind, column or figure that there is not."""
        kind = self.said.get("kind")
        if kind not in KINDS:
            raise self._wrong(f"has no kind {kind!r}: take one of {', '.join(KINDS)}")
        self._require_known()
        viz, make = KINDS[kind]
        params, query = make(self)
        where = self.said.get("where", "")
        filters = [{"clause": "WHERE", "expressionType": "SQL", "sqlExpression": where}] if where else []
        asked = {
            "datasource": {"id": self.dataset["uuid"], "type": "table"},
            "force": False,
            "queries": [{"filters": [], "extras": {"where": f"({where})" if where else "", "having": ""}, **query}],
            "form_data": {"viz_type": viz},
            "result_format": "json",
            "result_type": "full",
        }
        return {
            "slice_name": self.title,
            "description": self.said.get("description"),
            "viz_type": viz,
            "params": {"viz_type": viz, "adhoc_filters": filters, **params},
            "query_context": json.dumps(asked),
            "cache_timeout": None,
            "uuid": self.uuid,
            "dataset_uuid": self.dataset["uuid"],
            "version": VERSION,
            "is_managed_externally": True,
        }

    def listed(self, name: str) -> list[str]:
        """What the file says under `name`, as a list."""
        found = self.said.get(name, [])
        return [found] if isinstance(found, str) else list(found)

    def order(self) -> list[tuple[str, bool]]:
        """Columns to sort by, each with whether it ascends; a minus before a name says that it does not."""
        return [(name.removeprefix("-"), not name.startswith("-")) for name in self.listed("order")]

    def _require_known(self) -> None:
        metrics = {each["metric_name"] for each in self.dataset["metrics"]}
        columns = [*self.listed("columns"), *self.listed("by"), *self.listed("x"), *(name for name, _ in self.order())]
        for name in columns:
            if name not in self.columns:
                raise self._wrong(f"names the column {name}, which {self.dataset['table_name']} does not have")
        for name in (*self.listed("metrics"), *self.listed("metric")):
            if name not in metrics:
                raise self._wrong(
                    f"names the figure {name}: {self.dataset['table_name']} has {', '.join(sorted(metrics))}"
                )

    def _wrong(self, what: str) -> IolausError:
        return IolausError(f"Chart {self.key} {what}.")


def _number(chart: Chart) -> tuple[Params, Params]:
    metric = chart.said["metric"]
    return {"metric": metric, "y_axis_format": ",d", "header_font_size": 0.5}, {"columns": [], "metrics": [metric]}


def _table(chart: Chart) -> tuple[Params, Params]:
    limit = chart.said.get("limit", ROWS)
    shared = {
        "row_limit": limit,
        "table_timestamp_format": "smart_date",
        "show_cell_bars": False,
        "server_pagination": False,
    }
    if metrics := chart.listed("metrics"):
        by = chart.listed("by")
        params = {
            "query_mode": "aggregate",
            "groupby": by,
            "metrics": metrics,
            "order_desc": True,
            "column_config": _formats(chart, by),
        }
        return params | shared, {
            "columns": by,
            "metrics": metrics,
            "orderby": [[metrics[0], False]],
            "row_limit": limit,
        }
    columns, order = chart.listed("columns"), [[name, ascending] for name, ascending in chart.order()]
    params = {
        "query_mode": "raw",
        "all_columns": columns,
        "order_by_cols": [json.dumps(each) for each in order],
        "column_config": _formats(chart, columns),
    }
    return params | shared, {"columns": columns, "orderby": order, "row_limit": limit}


def _formats(chart: Chart, columns: list[str]) -> Params:
    """How the columns of a table are written; a long token does not push the others out of sight."""
    made: Params = {name: _FORMATS.get(chart.columns[name]["type"], {}) for name in columns}
    return {name: _LONG if name == "entity" else form for name, form in made.items()}


_LONG = {"columnWidth": 260, "truncateLongCells": True}
_FORMATS = {
    "DOUBLE PRECISION": {"d3NumberFormat": ",.3~f"},
    "BIGINT": {"d3NumberFormat": ",d"},
    "INTEGER": {"d3NumberFormat": ",d"},
    "DECIMAL(18,6)": {"d3NumberFormat": ",.2f"},
    "DATE": {"d3TimeFormat": "%Y-%m-%d"},
    "TIMESTAMP WITH TIME ZONE": {"d3TimeFormat": "%Y-%m-%d %H:%M"},
}


def _axis(chart: Chart) -> tuple[Params, Params]:
    x, by, metrics = chart.said["x"], chart.listed("by"), chart.listed("metrics")
    temporal = chart.columns[x]["is_dttm"]
    params: Params = {
        "x_axis": x,
        "groupby": by,
        "metrics": metrics,
        "row_limit": POINTS,
        "show_legend": bool(by) or len(metrics) > 1,
        "legendType": "scroll",
        "rich_tooltip": True,
        "y_axis_format": "SMART_NUMBER",
        "x_axis_time_format": "%Y-%m-%d",
        "tooltipTimeFormat": "%Y-%m-%d",
        "truncate_metric": True,
        "order_desc": True,
    }
    axis = {"columnType": "BASE_AXIS", "expressionType": "SQL", "label": x, "sqlExpression": x}
    if temporal:
        params["time_grain_sqla"] = axis["timeGrain"] = DAY
    elif chart.said["kind"] == "bars":
        params["orientation"] = "horizontal"  # names are longer than bars are wide
    if chart.said.get("stacked"):
        params["stack"] = "Stack"
    pivot = {"index": [x], "columns": by, "aggregates": {name: {"operator": "mean"} for name in metrics}}
    query = {
        "columns": [axis, *by],
        "metrics": metrics,
        "series_columns": by,
        "orderby": [[metrics[0], False]],
        "row_limit": POINTS,
        "post_processing": [{"operation": "pivot", "options": pivot}, {"operation": "flatten"}],
    }
    return params, query


def _pie(chart: Chart) -> tuple[Params, Params]:
    by, metric = chart.listed("by"), chart.said["metric"]
    params = {
        "groupby": by,
        "metric": metric,
        "row_limit": 100,
        "sort_by_metric": True,
        "label_type": "key_value",
        "number_format": ",d",
    }
    return params, {"columns": by, "metrics": [metric], "orderby": [[metric, False]], "row_limit": 100}


KINDS: dict[str, tuple[str, Callable[[Chart], tuple[Params, Params]]]] = {
    "number": ("big_number_total", _number),
    "table": ("table", _table),
    "bars": ("echarts_timeseries_bar", _axis),
    "lines": ("echarts_timeseries_line", _axis),
    "pie": ("pie", _pie),
}

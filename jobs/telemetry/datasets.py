"""What lineage calls the tables: namespace and name, which joined by a slash are the addresses of Airflow's assets (`dags/`)."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from jobs import contracts
from jobs.nights import steps
from jobs.nights.steps import Builder, Step
from jobs.staged import declared

RAW, LAKE, WAREHOUSE = "iolaus://raw", "iolaus://lake", "iolaus://warehouse"
COLUMNS = Path(__file__).with_name("columns.json")  # generated: `python -m infra.lineage`
ROWS = "*"  # stands for the rows themselves: which there are, not what is in a column

Columns = Mapping[str, tuple[tuple[str, str], ...]]  # column, or ROWS, to the tables and columns that it is made from


@dataclass(frozen=True)
class Table:
    """A dataset. `contract`: the table under contract whose columns it has; None for one of the raw zone."""

    namespace: str
    name: str
    contract: str | None

    @property
    def address(self) -> str:
        return f"{self.namespace}/{self.name}"

    def fields(self) -> list[tuple[str, str, str | None]]:
        """Name, type and meaning of every column."""
        if self.contract is None:
            return [(each.name, each.type, None) for each in declared(self.name).fields]
        return [(each.name, each.type, each.description) for each in contracts.load(self.contract).columns]


def table(name: str) -> Table:
    """The dataset of a table, `raw.api_requests` or one under contract. In the lake it is called as its step is."""
    layer, _, short = name.partition(".")
    if layer == "raw":
        return Table(RAW, short, None)
    (step,) = [each for each in steps.steps().values() if each.table == name]
    return Table(LAKE, step.name, name)


def promised(name: str) -> Table:
    """A published table in the warehouse."""
    return Table(WAREHOUSE, f"attribution/{contracts.load(name).table}", name)


def inputs(step: Step) -> list[str]:
    """Tables that a step reads, those of the raw zone too; in stable order."""
    raw = [f"raw.{contracts.load(step.table).table}"] if step.builder is Builder.STAGE else []
    swapped = contracts.names("published") if step.builder is Builder.PUBLISH else []
    return sorted({*raw, *step.reads, *swapped} - {steps.RUNS})


def outputs(step: Step) -> list[Table]:
    """What a step writes: its table, and when it publishes, all that the warehouse gets."""
    swapped = [promised(name) for name in contracts.names("published")] if step.builder is Builder.PUBLISH else []
    return [table(step.table), *swapped]


def made_from(output: Table) -> Columns:
    """Where the columns of a dataset come from, as far as that is known; empty where only its tables are."""
    if output.contract is None:
        return {}
    if output.namespace == WAREHOUSE:  # published as it stands in the lake, but for what publishing itself writes
        if output.contract == steps.RUNS:
            return {}
        return {column: ((output.contract, column),) for column in contracts.load(output.contract).column_names}
    return _known().get(output.contract, {})


@functools.cache
def _known() -> dict[str, Columns]:
    said = json.loads(COLUMNS.read_text(encoding="utf-8")) if COLUMNS.exists() else {}
    return {
        name: {column: tuple((each[0], each[1]) for each in sources) for column, sources in columns.items()}
        for name, columns in said.items()
    }

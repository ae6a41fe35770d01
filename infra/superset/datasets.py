"""What Superset knows of each published table, generated from its contract: columns, their meaning, and figures that may be added.

Every table is there twice: the newest night as `<table>_current`, and all nights under its own name. A row about a campaign also
carries the name, verdict and status that the campaign had that night, so that one filter reaches every chart of a dashboard.

A sum over rows that must not be added (nights, currencies, subjects of evidence) is empty rather than wrong.
"""

from __future__ import annotations

import uuid
from typing import Any

from jobs import contracts
from jobs.contracts import Column, Contract
from jobs.warehouse import SCHEMA
from jobs.warehouse.sql import NIGHT, current, described, named, quoted

VERSION = "1.0.0"  # of Superset's format
_NAMESPACE = uuid.UUID(
    "6f2f6a0e-6b7e-4a55-9d0f-0a6f6c1d7b51"
)  # any, and always the same: a uuid is how an import finds its own
TYPES = {
    "string": "VARCHAR",
    "long": "BIGINT",
    "int": "INTEGER",
    "double": "DOUBLE PRECISION",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
}
TEMPORAL = ("date", "timestamp")
NUMERIC = ("long", "int", "double")
# Quantities whose rows may be added, and within what alone; accounts may not: one account stands in many rows.
SUMS: dict[str, tuple[str, ...]] = {
    "billed_cost": ("billing_currency",),
    "bits": ("subject_id",),
    "exchanges": (),
    "exchanges_attributed": (),
    "exchanges_high": (),
    "exchanges_low": (),
    "input_tokens": (),
    "links_dropped": (),
    "output_tokens": (),
    "quality_warnings": (),
    "rows_duplicate": (),
    "rows_erased": (),
    "rows_in": (),
    "rows_rejected": (),
    "unexpected_count": (),
}
COUNTED = {"campaign_id": "campaigns", "account_id": "accounts", "entity": "entities"}
OF_THE_CAMPAIGN = ("name", "verdict", "status")


def identity(kind: str, name: str) -> str:
    """The uuid of an asset: of its kind and name, so that it stays the same from import to import."""
    return str(uuid.uuid5(_NAMESPACE, f"{kind}/{name}"))


def datasets(database: str, engine: str) -> dict[str, dict[str, Any]]:
    """Every dataset by name; `database` is the uuid of the database, `engine` its dialect."""
    published = [contracts.load(name) for name in contracts.names("published")]
    made = [_dataset(each, newest) for newest in (False, True) for each in published]
    shared = {"schema": SCHEMA, "database_uuid": database, "version": VERSION, "is_managed_externally": True}
    return {
        each["table_name"]: {
            **each,
            **shared,
            "uuid": identity("dataset", each["table_name"]),
            "source_db_engine": engine,  # else Superset rewrites SQL that both warehouses speak
        }
        for each in made
    }


def _dataset(contract: Contract, newest: bool) -> dict[str, Any]:
    """One table, of the newest night or of all."""
    added = _of_its_campaign(contract)
    columns = (*contract.columns, *added)
    said = described(contract)
    made: dict[str, Any] = {
        "table_name": current(contract.table) if newest else contract.table,
        "description": f"The newest published night of: {said}" if newest else said,
        "main_dttm_col": "activity_date" if newest and "activity_date" in contract.column_names else NIGHT,
        "columns": [_column(each) for each in columns],
        "metrics": _metrics(columns, () if newest else (NIGHT,)),
    }
    if added:
        names = [f"t.{quoted(each.name)}" for each in contract.columns] + [f"c.{quoted(each.name)}" for each in added]
        campaigns = current("campaigns") if newest else "campaigns"
        joined = [f"LEFT JOIN {named(campaigns)} AS c", f"ON c.campaign_id = t.campaign_id AND c.{NIGHT} = t.{NIGHT}"]
        made["sql"] = " ".join(["SELECT", ", ".join(names), f"FROM {named(made['table_name'])} AS t", *joined])
    return made


def _of_its_campaign(contract: Contract) -> tuple[Column, ...]:
    """What is known of a row's campaign beside its id; nothing where there is none, or the row is the campaign."""
    if contract.table == "campaigns" or "campaign_id" not in contract.column_names:
        return ()
    campaigns = contracts.load("published.campaigns")
    return tuple(
        each for each in campaigns.columns if each.name in OF_THE_CAMPAIGN and each.name not in contract.column_names
    )


def _column(column: Column) -> dict[str, Any]:
    return {
        "column_name": column.name,
        "verbose_name": _words(column.name),
        "description": column.description,
        "type": TYPES.get(column.type, column.type.upper()),
        "is_dttm": column.type in TEMPORAL,
        "is_active": True,
        "groupby": True,
        "filterable": True,
    }


def _metrics(columns: tuple[Column, ...], within: tuple[str, ...]) -> list[dict[str, Any]]:
    """Rows, what is counted once each, and of every quantity its sum where adding is right, else its largest value."""
    names = {each.name for each in columns}
    made = [_metric("count", "rows", "COUNT(*)", "Rows.", ",d")]
    for column in columns:
        name, said = column.name, column.description
        words = _words(name)
        if name in COUNTED:
            count = f"COUNT(DISTINCT {quoted(name)})"
            made.append(
                _metric(f"distinct_{COUNTED[name]}", COUNTED[name], count, f"Different ones, each once: {said}", ",d")
            )
        elif column.type == "boolean":
            for prefix, one, other in (("", 1, 0), ("not_", 0, 1)):
                sum_ = f"SUM(CASE WHEN {quoted(name)} THEN {one} ELSE {other} END)"
                label = f"{prefix}{name}".replace("_", " ")
                made.append(_metric(f"count_{prefix}{name}", label, sum_, f"Rows where it is {one == 1}: {said}", ",d"))
        elif column.type in NUMERIC or column.type.startswith("decimal"):
            form = ",d" if column.type in ("long", "int") else ",.2f"
            if name in SUMS and names.issuperset(SUMS[name]):
                sum_ = _sum(name, (*within, *SUMS[name]))
                made.append(_metric(f"sum_{name}", words, sum_, _summed(said, (*within, *SUMS[name])), form))
            else:
                made.append(_metric(f"max_{name}", words, f"MAX({quoted(name)})", f"Largest: {said}", form))
    return made


def _metric(name: str, label: str, expression: str, description: str, form: str) -> dict[str, Any]:
    return {
        "metric_name": name,
        "verbose_name": label,
        "expression": expression,
        "description": description,
        "d3format": form,
    }


def _sum(name: str, within: tuple[str, ...]) -> str:
    total = f"SUM({quoted(name)})"
    if not within:
        return total
    single = " AND ".join(f"COUNT(DISTINCT {quoted(each)}) <= 1" for each in within)
    return f"CASE WHEN {single} THEN {total} END"


def _summed(said: str, within: tuple[str, ...]) -> str:
    return f"Sum: {said}" + "".join(f" Empty over more than one {each}." for each in within)


def _words(name: str) -> str:
    return name.replace("_", " ")

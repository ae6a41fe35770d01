"""The only reader of `schemas/`: one Open Data Contract Standard (v3.1) file per table, and one of all columns.

A column's type, privacy class, meaning and whom it names are said once, in `schemas/columns.yaml`; a contract lists the columns of
its table, and describes one itself only where it means something narrower there. A closed set of values that has a class in
`jobs.vocabulary` is named by it.

Everything that must agree about a table is derived from its contract: Spark, Arrow and Iceberg
schemas, the Great Expectations suites, the comments in the database and the data dictionary.
Standard: https://bitol-io.github.io/open-data-contract-standard/v3.1.0/
"""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from jobs import vocabulary
from jobs.errors import IolausError

if TYPE_CHECKING:
    import pyarrow as pa
    from pyiceberg.schema import Schema
    from pyspark.sql.types import StructType

SCHEMAS = Path(__file__).resolve().parent.parent / "schemas"
SUFFIX = ".odcs.yaml"
LAYERS = ("staged", "signals", "links", "campaigns", "published")
TYPES = ("string", "long", "int", "double", "boolean", "date", "timestamp")
PRIVACY = ("public", "internal", "pseudonym", "confidential")
SEVERITIES = ("info", "warning", "critical")
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # reading 70 files in Python alone takes half a second
COLUMNS = SCHEMAS / "columns.yaml"
NOBODY, ACCOUNT, TOKEN, LABEL, TEXT = "nobody", "account", "token", "label", "text"
_NAMES = re.compile(rf"({NOBODY}|{ACCOUNT}|{TOKEN}|{LABEL}|{TEXT})|({ACCOUNT}) where (\w+) is (\w+)")
_LOGICAL = {"long": "integer", "int": "integer", "double": "number"}
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")


@dataclass(frozen=True)
class Check:
    """One declared expectation; `column` is None for a check on the whole table.

    `metric` is a library metric of the standard (`invalidValues`, `rowCount`, ...) or the type of a
    Great Expectations expectation (`expect_...`).
    """

    metric: str
    column: str | None
    arguments: Mapping[str, Any]
    severity: str


@dataclass(frozen=True)
class Column:
    """One column: physical `type`, whether it may be null, its meaning and its privacy class.

    `names` says whom a string names (NOBODY, ACCOUNT, TOKEN, LABEL or TEXT), `names_if` in which rows only, as a column and its
    value; None for all rows, and for what is no string.
    """

    name: str
    type: str
    required: bool
    description: str
    privacy: str
    names: str | None = None
    names_if: tuple[str, str] | None = None


@dataclass(frozen=True)
class Contract:
    """What one table promises. `key` holds the names of the primary-key columns in order."""

    name: str
    description: str
    limitations: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    checks: tuple[Check, ...]

    @property
    def layer(self) -> str:
        return self.name.split(".")[0]

    @property
    def table(self) -> str:
        return self.name.split(".")[1]

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(column.name for column in self.columns)


def names(layer: str | None = None) -> list[str]:
    """Names of all tables under contract, in layer order and then by name."""
    layers = LAYERS if layer is None else (layer,)
    return [
        f"{each}.{path.name.removesuffix(SUFFIX)}"
        for each in layers
        for path in sorted((SCHEMAS / each).glob(f"*{SUFFIX}"))
        if not path.name.startswith("_")
    ]


@functools.cache
def load(name: str) -> Contract:
    """The contract of one table, e.g. `signals.devices`.

    Raises `IolausError` where there is no such contract or the file breaks the project's rules.
    """
    layer, _, table = name.partition(".")
    path = SCHEMAS / layer / f"{table}{SUFFIX}"
    if not path.is_file():
        raise IolausError(f"There is no contract for table {name}: expected the file schemas/{layer}/{table}{SUFFIX}.")
    try:
        return _contract(name, document(path))
    except (KeyError, ValueError, TypeError) as error:
        raise IolausError(f"The contract of table {name} cannot be used: {error!r}; correct {path.name}.") from error


def document(path: Path) -> dict[str, Any]:
    """A contract as the standard has it, with all that `columns.yaml` says about its columns written out."""
    found: dict[str, Any] = yaml.load(path.read_text(), Loader=_LOADER)  # nosec B506 # a safe loader
    properties = found["schema"][0].get("properties", [])
    for each in properties:
        shared = columns()[each["name"]]
        each.setdefault("classification", shared.privacy)
        each.setdefault("description", shared.description)
        each["physicalType"] = shared.type
        logical = "number" if _decimal(shared.type) else _LOGICAL.get(shared.type, shared.type)
        if each["logicalType"] != logical:
            raise ValueError(f"column {each['name']} is a {logical}, not a {each['logicalType']}")
        for check in each.get("quality", ()):
            arguments = check.get("arguments", {})
            if isinstance(arguments.get("validValues"), str):
                arguments["validValues"] = [str(word) for word in getattr(vocabulary, arguments["validValues"])]
    return found


@functools.cache
def columns() -> dict[str, Column]:
    """Every column by name. Raises `IolausError` naming one that is not declared as it must be."""
    said: dict[str, dict[str, str]] = yaml.load(COLUMNS.read_text(), Loader=_LOADER)  # nosec B506 # a safe loader
    try:
        return {name: _shared(name, each) for name, each in said.items()}
    except (KeyError, ValueError) as error:
        raise IolausError(f"schemas/columns.yaml cannot be used: {error}.") from error


def _shared(name: str, said: Mapping[str, str]) -> Column:
    kind, privacy = said["type"], said["privacy"]
    if kind not in TYPES and not _DECIMAL.fullmatch(kind):
        raise ValueError(f"column {name} has the unknown type {kind}")
    if privacy not in PRIVACY:
        raise ValueError(f"column {name} has the unknown privacy class {privacy}")
    if kind != "string":
        return Column(name, kind, False, said["means"], privacy)
    named = _NAMES.fullmatch(said.get("names", ""))
    if named is None:
        raise ValueError(f"column {name} does not say whom it names: add names: nobody, account, token, label or text")
    condition = (named[3], named[4]) if named[2] else None
    return Column(name, kind, False, said["means"], privacy, named[1] or named[2], condition)


def _contract(name: str, document: Mapping[str, Any]) -> Contract:
    body = document["schema"][0]
    custom = {each["property"]: each["value"] for each in body.get("customProperties", ())}
    shared = load(custom["columnsOf"]) if "columnsOf" in custom else None
    properties = body.get("properties", ())
    columns = (*(shared.columns if shared else ()), *(_column(each) for each in properties))
    keyed = sorted((each["primaryKeyPosition"], each["name"]) for each in properties if each.get("primaryKey"))
    key = (*(shared.key if shared else ()), *(each[1] for each in keyed))
    checks = (
        *(shared.checks if shared else ()),
        *(_check(check, each["name"]) for each in properties for check in each.get("quality", ())),
        *(_check(check, None) for check in body.get("quality", ())),
    )
    description = " ".join(document["description"]["purpose"].split())
    limitations = " ".join(document["description"].get("limitations", "").split())
    if document["id"] != name or body["physicalName"] != name:
        raise ValueError(f"id and physicalName must be {name}")
    if not description.startswith("One row per"):
        raise ValueError('the purpose must open with the grain: "One row per"')
    if not columns or not key:
        raise ValueError("a contract has columns and a primary key")
    return Contract(name, description, limitations, columns, key, checks)


def _column(each: Mapping[str, Any]) -> Column:
    if each["classification"] not in PRIVACY:
        raise ValueError(f"column {each['name']} has the unknown privacy class {each['classification']}")
    required = bool(each.get("required", False) or each.get("primaryKey", False))
    described = {"description": " ".join(each["description"].split()), "privacy": each["classification"]}
    return replace(columns()[each["name"]], required=required, **described)


def _check(each: Mapping[str, Any], column: str | None) -> Check:
    severity = each.get("severity", "warning")
    if severity not in SEVERITIES:
        raise ValueError(f"unknown severity {severity}")
    if each["type"] == "custom":
        implementation = each["implementation"]
        return Check(implementation["type"], column, dict(implementation.get("kwargs", {})), severity)
    bounds = {word: value for word, value in each.items() if word.startswith("mustBe")}
    return Check(each["metric"], column, {**each.get("arguments", {}), **bounds}, severity)


def spark_schema(contract: Contract) -> StructType:
    """The columns as a Spark schema, all nullable: what may be null is a check, not a type."""
    from pyspark.sql import types as T

    simple = {
        "string": T.StringType(),
        "long": T.LongType(),
        "int": T.IntegerType(),
        "double": T.DoubleType(),
        "boolean": T.BooleanType(),
        "date": T.DateType(),
        "timestamp": T.TimestampType(),
    }
    return T.StructType(
        [
            T.StructField(c.name, T.DecimalType(*precision) if (precision := _decimal(c.type)) else simple[c.type])
            for c in contract.columns
        ]
    )


def arrow_schema(contract: Contract) -> pa.Schema:
    """The columns as an Arrow schema; timestamps are microseconds in UTC."""
    import pyarrow as pa

    simple = {
        "string": pa.string(),
        "long": pa.int64(),
        "int": pa.int32(),
        "double": pa.float64(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
    }
    return pa.schema(
        [
            pa.field(c.name, pa.decimal128(*precision) if (precision := _decimal(c.type)) else simple[c.type])
            for c in contract.columns
        ]
    )


def arrow_rows(name: str, rows: Sequence[Mapping[str, object]]) -> pa.Table:
    """Rows under the contract's Arrow schema; dates may be ISO text, which is how JSON carries them."""
    import pyarrow as pa

    schema = arrow_schema(load(name))
    dated = {each.name for each in schema if pa.types.is_date32(each.type)}

    def value(key: str, each: object) -> object:
        return date.fromisoformat(each) if key in dated and isinstance(each, str) else each

    return pa.Table.from_pylist([{k: value(k, v) for k, v in row.items()} for row in rows], schema=schema)


def iceberg_schema(contract: Contract, partition: str = "ds") -> Schema:
    """The columns as an Iceberg schema with their descriptions, plus the night as column `partition`."""
    from pyiceberg import types as I
    from pyiceberg.schema import Schema

    simple = {
        "string": I.StringType(),
        "long": I.LongType(),
        "int": I.IntegerType(),
        "double": I.DoubleType(),
        "boolean": I.BooleanType(),
        "date": I.DateType(),
        "timestamp": I.TimestamptzType(),
    }
    fields = [I.NestedField(1, partition, I.DateType(), doc="Night whose build wrote the row.")]
    for position, c in enumerate(contract.columns):
        number = position + 2
        kind = I.DecimalType(*precision) if (precision := _decimal(c.type)) else simple[c.type]
        fields.append(I.NestedField(number, c.name, kind, doc=c.description))
    return Schema(*fields)


def _decimal(kind: str) -> tuple[int, int] | None:
    match = _DECIMAL.fullmatch(kind)
    return (int(match[1]), int(match[2])) if match else None


def differences(contract: Contract, actual: Mapping[str, str]) -> list[str]:
    """Every difference between a contract and the `actual` columns (name to simple type), for one message."""
    declared = {c.name: _spark_name(c.type) for c in contract.columns}
    found = [f"column {name} is missing" for name in declared if name not in actual]
    found += [f"column {name} is not in the contract" for name in actual if name not in declared]
    found += [
        f"column {name} is {actual[name]} instead of {declared[name]}"
        for name in declared
        if name in actual and actual[name] != declared[name]
    ]
    return found


def _spark_name(kind: str) -> str:
    return {"long": "bigint"}.get(kind, kind)

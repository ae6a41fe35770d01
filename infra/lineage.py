"""Writes which columns each table's columns are made from, as the transforms themselves say: `make generated`; `--check` compares.

Every transform is called with empty tables, and the plan that it gives for the engine is read: an attribute stands for the columns
of the relation below it, down to the tables. What runs Python in the engine, or SQL as text, says nothing of columns: those that
come through it are left out, and lineage has their tables alone. Staged columns are as their modules declare them
(`RawTable.made_from`).
"""

from __future__ import annotations

import inspect
import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.connect.proto import expressions_pb2, relations_pb2

from jobs import contracts
from jobs.engine import session
from jobs.nights import steps
from jobs.nights.steps import Builder, Step
from jobs.staged import declared
from jobs.telemetry.datasets import COLUMNS, ROWS

NIGHT = date(2026, 3, 2)
Source = tuple[str, str]  # a table and its column
Sources = frozenset[Source] | None  # None: not known
SAME_COLUMNS = (
    "filter",
    "sort",
    "limit",
    "offset",
    "tail",
    "sample",
    "subquery_alias",
    "repartition",
    "hint",
    "repartition_by_expression",
)
IN_PYTHON = ("group_map", "co_group_map", "map_partitions")
OF_A_NETWORK = {"network": "cidr", "asn": "asn", "network_kind": "kind", "country": "country"}
ONE_SIDE = ("JOIN_TYPE_LEFT_SEMI", "JOIN_TYPE_LEFT_ANTI")


class UnknownError(Exception):
    """A plan has what this does not read: teach it, so that no lineage is guessed."""


@dataclass(frozen=True)
class Relation:
    """Columns of a relation with what each is made from, and what decides which rows there are."""

    columns: Mapping[str, Sources]
    rows: frozenset[Source] = frozenset()


@dataclass
class Reader:
    """Reads one plan. `tables`: id of a relation that stands for a table, to its name; `stored`: of one that stands for what a
    transform stored on its way, to the plan of that."""

    tables: Mapping[int, str]
    stored: Mapping[int, relations_pb2.Relation] = field(default_factory=dict)
    found: dict[int, Relation] = field(default_factory=dict)

    def read(self, relation: relations_pb2.Relation) -> Relation:
        number = relation.common.plan_id
        if number not in self.found:
            self.found[number] = self._read(relation, number)
        return self.found[number]

    def _read(self, relation: relations_pb2.Relation, number: int) -> Relation:
        kind = str(relation.WhichOneof("rel_type"))
        said: Any = getattr(relation, kind)
        if number in self.tables:
            name = self.tables[number]
            return Relation({column: frozenset({(name, column)}) for column in contracts.load(name).column_names})
        if number in self.stored:
            return self.read(self.stored[number])
        if kind == "join":
            return self._join(said)
        if kind == "set_op":
            return self._union(said)
        if kind == "local_relation":
            return Relation({each["name"]: frozenset() for each in json.loads(said.schema)["fields"]})
        if kind in IN_PYTHON:
            return Relation(dict.fromkeys(each.name for each in said.func.python_udf.output_type.struct.fields))
        if not hasattr(said, "input"):
            raise UnknownError(kind)
        below = self.read(said.input)
        if kind in SAME_COLUMNS:
            deciding = [said.condition] if kind == "filter" else []
            return Relation(below.columns, below.rows | self._together(deciding, below))
        if kind == "deduplicate":
            names = said.column_names or below.columns
            return Relation(below.columns, below.rows | _known(below.columns[name] for name in names))
        if kind == "project":
            return Relation(dict(self._named(said.expressions, below)), below.rows)
        if kind == "with_columns":
            added = {each.name[0]: self._sources(each.expr, below) for each in said.aliases}
            return Relation({**below.columns, **added}, below.rows)
        if kind == "with_columns_renamed":
            renamed = {each.col_name: each.new_col_name for each in said.renames}
            return Relation({renamed.get(name, name): each for name, each in below.columns.items()}, below.rows)
        if kind == "drop":
            gone = {*said.column_names, *(each.unresolved_attribute.unparsed_identifier for each in said.columns)}
            return Relation({name: each for name, each in below.columns.items() if name not in gone}, below.rows)
        if kind == "aggregate" and not said.HasField("pivot"):
            grouped = dict(self._named(said.grouping_expressions, below))
            made = dict(self._named(said.aggregate_expressions, below))
            return Relation({**grouped, **made}, below.rows | _known(grouped.values()))
        raise UnknownError(kind)

    def _join(self, said: Any) -> Relation:
        left, right = self.read(said.left), self.read(said.right)
        both = Relation({**right.columns, **left.columns}, left.rows | right.rows)
        rows = both.rows | self._together([said.join_condition] if said.HasField("join_condition") else [], both)
        for name in said.using_columns:
            rows |= _known((left.columns[name], right.columns[name]))
        if relations_pb2.Join.JoinType.Name(said.join_type) in ONE_SIDE:
            return Relation(left.columns, rows)
        twice = {name for name in left.columns if name in right.columns}
        unclear: dict[str, Sources] = dict.fromkeys(twice - set(said.using_columns))
        used = {name: _united((left.columns[name], right.columns[name])) for name in said.using_columns}
        return Relation({**both.columns, **unclear, **used}, rows)

    def _union(self, said: Any) -> Relation:
        left, right = self.read(said.left_input), self.read(said.right_input)
        if relations_pb2.SetOperation.SetOpType.Name(said.set_op_type) != "SET_OP_TYPE_UNION":
            raise UnknownError("set_op")
        others = [right.columns[name] for name in left.columns] if said.by_name else list(right.columns.values())
        pairs = zip(left.columns.items(), others, strict=True)
        return Relation({name: _united((one, other)) for (name, one), other in pairs}, left.rows | right.rows)

    def _named(self, expressions: Iterable[Any], below: Relation) -> Iterator[tuple[str, Sources]]:
        """Columns that a list of expressions gives."""
        for each in expressions:
            kind = each.WhichOneof("expr_type")
            if kind == "alias":
                yield each.alias.name[0], self._sources(each.alias.expr, below)
            elif kind == "unresolved_star":
                yield from below.columns.items()
            elif kind == "unresolved_attribute":
                yield each.unresolved_attribute.unparsed_identifier.rpartition(".")[2], self._sources(each, below)
            else:
                raise UnknownError(f"unnamed {kind}")

    def _together(self, expressions: Sequence[Any], below: Relation) -> frozenset[Source]:
        return _known(self._sources(each, below) for each in expressions)

    def _sources(self, expression: Any, below: Relation) -> Sources:
        """Everything that an expression looks at; None where a part of it is not known."""
        parts: list[Sources] = []
        for each in _walked(expression):
            kind = each.WhichOneof("expr_type")
            if kind in ("expression_string", "unresolved_regex", "subquery_expression"):
                return None
            if kind == "unresolved_star":  # count(*)
                continue
            if kind == "unresolved_attribute":
                parts.append(self._attribute(each.unresolved_attribute, below))
        return _united(parts)

    def _attribute(self, said: Any, below: Relation) -> Sources:
        of = self.found.get(said.plan_id, below) if said.HasField("plan_id") else below
        name = said.unparsed_identifier.replace("`", "")
        for candidate in (
            name,
            name.partition(".")[0],
            name.partition(".")[2],
        ):  # also a field of one, or one of an alias
            if candidate in of.columns:
                return of.columns[candidate]
        raise UnknownError(f"column {name}")


def _walked(message: Any) -> Iterator[Any]:
    """Every expression in an expression, itself first."""
    if isinstance(message, expressions_pb2.Expression):
        yield message
    for _, value in message.ListFields():
        for each in [value] if hasattr(value, "ListFields") else value if _are_messages(value) else ():
            yield from _walked(each)


def _are_messages(value: Any) -> bool:
    return (
        not isinstance(value, (str, bytes))
        and hasattr(value, "__len__")
        and all(hasattr(v, "ListFields") for v in value)
    )


def _united(parts: Iterable[Sources]) -> Sources:
    found: frozenset[Source] = frozenset()
    for each in parts:
        if each is None:
            return None
        found |= each
    return found


def _known(parts: Iterable[Sources]) -> frozenset[Source]:
    return frozenset().union(*(each for each in parts if each is not None))


def transformed(spark: SparkSession, step: Step) -> Relation:
    """What a transform makes of its tables."""
    module = steps.module(step)
    stored: dict[int, relations_pb2.Relation] = {}

    def scratch(frame: DataFrame) -> DataFrame:
        """An empty frame in place of one that is stored: a loop's plan would hold that of every round before."""
        empty = spark.createDataFrame([], frame.schema)
        stored[empty._plan._plan_id] = frame._plan.to_proto(spark.client).root
        return empty

    empty = {name: spark.createDataFrame([], contracts.spark_schema(contracts.load(name))) for name in step.reads}
    extra = {"scratch": scratch} if "scratch" in inspect.signature(module.transform).parameters else {}
    made: DataFrame = module.transform(
        NIGHT, **{contracts.load(name).table: each for name, each in empty.items()}, **extra
    )
    tables = {frame._plan._plan_id: name for name, frame in empty.items()}
    return Reader(tables, stored).read(made._plan.to_proto(spark.client).root)


def staged(step: Step) -> dict[str, list[Source]]:
    """Where the columns of a staged table come from: fields of its raw table, and for addresses the networks of the night."""
    raw = declared(contracts.load(step.table).table)
    origin = f"raw.{raw.name}"
    found = {
        each.name: [(origin, field) for field in raw.made_from.get(each.name, (each.name,))] for each in raw.fields
    }
    found |= {column: [(origin, one) for one in fields] for column, fields in raw.made_from.items()}
    for each in (one for one in raw.fields if one.address):
        name = each.name.removesuffix("_address")
        found[f"{name}_prefix"] = [(origin, each.name)]
        for column, known in OF_A_NETWORK.items():
            found[f"{name}_{column}"] = [(origin, each.name), (steps.NETWORKS, known)]
    if raw.event_at:
        found["activity_date"] = [(origin, raw.event_at)]
    return {column: sorted(found[column]) for column in contracts.load(step.table).column_names if column in found}


def everything(spark: SparkSession) -> dict[str, dict[str, list[Source]]]:
    """Table to its columns, and ROWS, to what they are made from; without what is made from nothing and what is not known."""
    found: dict[str, dict[str, list[Source]]] = {}
    for step in steps.steps().values():
        if step.builder is Builder.STAGE:
            found[step.table] = staged(step)
        elif step.builder is Builder.TRANSFORM:
            made = transformed(spark, step)
            sources: dict[str, Sources] = {**made.columns, ROWS: made.rows}
            found[step.table] = {column: sorted(each) for column, each in sources.items() if each}
    return {table: columns for table, columns in found.items() if columns}


def written(found: Mapping[str, Mapping[str, list[Source]]]) -> str:
    """JSON with a column a line, which people can compare."""
    tables = []
    for table, columns in sorted(found.items()):
        lines = [f"  {json.dumps(column)}: {json.dumps(columns[column])}" for column in sorted(columns)]
        tables.append(f"{json.dumps(table)}: {{\n" + ",\n".join(lines) + "\n}")
    return "{\n" + ",\n".join(tables) + "\n}\n"


def main() -> None:
    """Write the file, or with `--check` exit 1 when it differs from what transforms and declarations say."""
    with session("sail") as spark:
        text = written(everything(spark))
    if "--check" in sys.argv[1:]:
        is_fresh = COLUMNS.exists() and COLUMNS.read_text(encoding="utf-8") == text
        sys.exit(0 if is_fresh else "error: the lineage of columns is stale: run `make generated`.")
    COLUMNS.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

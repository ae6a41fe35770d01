"""Great Expectations suites from the contracts, run in memory on small tables and by the engine on those that grow.

`success` of a suite ignores severity, so every result carries its own and the gate looks at those. Only columns that
some expectation looks at are handed over, and results are asked for counts, never for values: what an error of the
library says may quote one, so only the error's kind is kept.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from jobs import contracts
from jobs.contracts import Check, Contract
from jobs.errors import IolausError
from jobs.quality.outcomes import Outcome

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation
    from pyspark.sql import DataFrame

os.environ["GX_ANALYTICS_ENABLED"] = "false"  # nothing leaves this machine; must be set before the first import
ROW_COUNT = {"mustBeGreaterThan": ("min_value", 1), "mustBeGreaterOrEqualTo": ("min_value", 0),
             "mustBeLessThan": ("max_value", -1), "mustBeLessOrEqualTo": ("max_value", 0)}  # fmt: skip

UNIQUE = ("ExpectColumnValuesToBeUnique", "ExpectCompoundColumnsToBeUnique")
COUNTS = {"result_format": "BASIC", "partial_unexpected_count": 0}  # counts without samples


def suite_for(contract: Contract) -> list[Expectation]:
    """Expectations of one contract: its key, its required columns, and its declared checks, each with its severity.

    Raises `IolausError` for a declared check that nothing here can express.
    """
    found = [
        _made("ExpectColumnValuesToNotBeNull", {"column": column.name}, "critical")
        for column in contract.columns
        if column.required
    ]
    if len(contract.key) == 1:
        found.append(_made("ExpectColumnValuesToBeUnique", {"column": contract.key[0]}, "critical"))
    else:
        found.append(_made("ExpectCompoundColumnsToBeUnique", {"column_list": list(contract.key)}, "critical"))
    return [*found, *(_expectation(contract, check) for check in contract.checks)]


def _made(name: str, arguments: Mapping[str, Any], severity: str) -> Expectation:
    import great_expectations as gx

    made: Expectation = getattr(gx.expectations, name)(**arguments, severity=severity)
    return made


def _expectation(contract: Contract, check: Check) -> Expectation:
    arguments: dict[str, Any] = dict(check.arguments)
    if check.metric.startswith("expect_"):
        name = "".join(part.capitalize() for part in check.metric.split("_"))
        if check.column:
            arguments["column"] = check.column
    elif check.metric == "invalidValues" and "validValues" in arguments:
        name, arguments = "ExpectColumnValuesToBeInSet", {"column": check.column, "value_set": arguments["validValues"]}
    elif check.metric == "invalidValues" and "pattern" in arguments:
        name, arguments = "ExpectColumnValuesToMatchRegex", {"column": check.column, "regex": arguments["pattern"]}
    elif check.metric in ("nullValues", "missingValues"):
        name, arguments = "ExpectColumnValuesToNotBeNull", {"column": check.column}
    elif check.metric == "rowCount":
        name = "ExpectTableRowCountToBeBetween"
        arguments = {ROW_COUNT[word][0]: value + ROW_COUNT[word][1] for word, value in arguments.items()}
    else:
        raise IolausError(f"The contract of {contract.name} has a check {check.metric!r} that cannot be expressed.")
    return _made(name, arguments, check.severity)


def validate(tables: Mapping[str, pa.Table | DataFrame]) -> list[Outcome]:
    """Run every table's suite. `tables` maps contract names to rows; a column that no expectation names may be missing."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    for site in list(context.get_site_names()):
        context.delete_data_docs_site(site)  # pages of the library show values and load scripts; ours is `page.py`
    in_memory, in_engine = context.data_sources.add_pandas("memory"), context.data_sources.add_spark("engine")
    outcomes: list[Outcome] = []

    def results(name: str, source: Any, frame: Any, expectations: list[Expectation]) -> list[Any]:
        suite = context.suites.add(gx.ExpectationSuite(name=name, expectations=expectations))
        batch = source.add_dataframe_asset(name).add_batch_definition_whole_dataframe("night")
        validation = context.validation_definitions.add(gx.ValidationDefinition(name=name, data=batch, suite=suite))
        checkpoint = gx.Checkpoint(name=name, validation_definitions=[validation], result_format=COUNTS)
        found = checkpoint.run(batch_parameters={"dataframe": frame})
        return list(next(iter(found.run_results.values())).results)

    for name in sorted(tables):
        rows, contract = tables[name], contracts.load(name)
        suite = suite_for(contract)
        if isinstance(rows, pa.Table):
            outcomes += _outcomes(name, results(name, in_memory, _frame(rows), suite))
            continue
        keys, others = ([each for each in suite if (type(each).__name__ in UNIQUE) is so] for so in (True, False))
        found = results(name, in_engine, rows, others)
        of_keys = results(f"{name} keys", in_engine, _repeated(rows, contract.key), keys)
        counted = max(int(each.result.get("element_count") or 0) for each in found)
        outcomes += _outcomes(name, [*found, *(_among(each, counted) for each in of_keys)])
    return outcomes


def _repeated(rows: DataFrame, key: Sequence[str]) -> DataFrame:
    """The rows whose key another row may have, by 64 bits of it: the library sorts whole rows to find them, which a night of
    millions does not fit into memory for."""
    from pyspark.sql import functions as F

    marked = rows.withColumn("key_hash", F.xxhash64(*key))
    again = marked.groupBy("key_hash").agg(F.count(F.lit(1)).alias("rows")).where(F.col("rows") > 1)
    return marked.join(again.select("key_hash"), on="key_hash", how="left_semi").select(*key)


def _among(result: Any, rows: int) -> Any:
    """The result as if it had been found among so many rows."""
    wrong = result.result.get("unexpected_count")
    if wrong is not None and rows:
        result.result["unexpected_percent"] = 100.0 * wrong / rows
    return result


def _frame(rows: pa.Table) -> Any:
    """pandas, with Arrow-backed columns so that whole numbers with gaps stay whole."""
    import pandas as pd

    return rows.to_pandas(types_mapper=pd.ArrowDtype, date_as_object=False)


def _outcomes(name: str, results: Iterable[Any]) -> Iterator[Outcome]:
    taken: set[str] = set()
    for each in results:
        config, found = each.expectation_config, each.result
        label = _label(config.type, config.kwargs)
        if label in taken:
            label = _label(config.type, config.kwargs, detailed=True)
        taken.add(label)
        raised = [_kind(info) for info in _exceptions(each.exception_info)]
        yield Outcome(
            table_name=name,
            expectation=label,
            severity=str(getattr(config.severity, "value", config.severity)),
            success=bool(each.success),
            observed=f"could not be checked: {raised[0]}" if raised else _figure(found.get("observed_value")),
            unexpected_count=_whole(found.get("unexpected_count")),
            unexpected_percent=_share(found.get("unexpected_percent")),
        )


def _exceptions(info: Any) -> list[dict[str, Any]]:
    if not info:
        return []
    nested = [info] if "raised_exception" in info else list(info.values())
    return [each for each in nested if isinstance(each, dict) and each.get("raised_exception")]


def _kind(info: Mapping[str, Any]) -> str:
    """The class of an error: its message may quote a value."""
    last = (str(info.get("exception_traceback") or "").strip().splitlines() or [""])[-1]
    name = last.partition(":")[0].rpartition(".")[2]
    return name if name.isidentifier() else "an error"


def _figure(value: Any) -> str | None:
    return str(value) if isinstance(value, int | float) else None


def _label(kind: str, arguments: Mapping[str, Any], detailed: bool = False) -> str:
    columns = [arguments[key] for key in ("column", "column_A", "column_B") if key in arguments]
    columns += list(arguments.get("column_list", ()))
    if detailed:
        hidden = ("column", "column_A", "column_B", "column_list", "batch_id")
        columns += [f"{key}={value}" for key, value in sorted(arguments.items()) if key not in hidden]
    return f"{kind}({', '.join(str(column) for column in columns)})"


def _whole(value: Any) -> int | None:
    return None if value is None else int(value)


def _share(value: Any) -> float | None:
    return None if value is None or value != value else round(float(value), 6)

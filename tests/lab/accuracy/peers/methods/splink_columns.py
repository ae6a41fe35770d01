"""Splink 5 on any observations: an account is a record, a signal a column, and record linkage says who is one.

`python splink_columns.py INPUTS FOUND MODEL` with `association` or `em`, as in `splink_link.py`, but for columns that nobody chose:
each signal is a comparison for itself (Splink measures no dependence between columns), of an account that has several things of
a signal the first by name counts, and what is blocked on are the columns of which at most MAX_PAIRS pairs agree. The prior is 1/N,
as nobody knows rules that are sure. Expectation maximisation trains on every column that is blocked on.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import duckdb
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

SEED = 1
MAX_PAIRS = 1e7
DEFAULT_M = 0.95
THRESHOLDS = {"association": 0.999, "em": 0.95}  # as frozen in `splink_link.py`


def main(inputs: Path, found: Path, model: str) -> None:
    connection = duckdb.connect(config={"threads": 2})
    source = f"read_parquet('{inputs / 'observations.parquet'}')"
    signals = [row[0] for row in connection.execute(f"select distinct signal from {source} order by 1").fetchall()]
    columns = ", ".join(f"min(entity) filter (signal = $signals[{at + 1}]) as c{at}" for at in range(len(signals)))
    connection.execute(
        f"create table accounts as select account_id, {columns} from {source} group by account_id", {"signals": signals}
    )
    names = [f"c{at}" for at in range(len(signals))]
    blocked = [name for name in names if 0 < _pairs(connection, name) <= MAX_PAIRS]
    count = connection.execute("select count(*) from accounts").fetchall()[0][0]
    records = DuckDBAPI(connection=connection).register("accounts", dataset_display_name="accounts")
    settings = SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="account_id",
        probability_two_random_records_match=1 / count,
        comparisons=[cl.ExactMatch(name).configure(term_frequency_adjustments=True) for name in names],
        blocking_rules_to_generate_predictions=[block_on(name) for name in blocked],
        retain_matching_columns=False,
    )
    linker = Linker(records, settings)
    linker.training.estimate_u_using_random_sampling(max_pairs=MAX_PAIRS, seed=SEED)
    if model == "association":
        linker = Linker(records, _association(linker.misc.save_model_to_json()))
    else:
        for name in blocked:
            _train(linker, name)
    threshold = THRESHOLDS[model]
    predictions = linker.inference.predict(threshold_match_probability=threshold)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, threshold)
    table = f"(select account_id, cluster_id from {clusters.physical_name} order by account_id)"
    connection.execute(f"copy {table} to '{found}' (format csv, header)")


def _pairs(connection: duckdb.DuckDBPyConnection, name: str) -> float:
    counted = f"select count(*) as n from accounts where {name} is not null group by {name}"
    return float(connection.execute(f"select coalesce(sum(n * (n - 1) / 2), 0) from ({counted})").fetchall()[0][0])


def _train(linker: Linker, name: str) -> None:
    """One session; a block on which Splink stops is left out, as a user would."""
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(name), estimate_without_term_frequencies=True
        )
    except ValueError as error:
        print(json.dumps({"left out": name, "because": str(error)}))  # noqa: T201


def _association(trained: dict[str, Any]) -> dict[str, Any]:
    """The model with m so that agreement counts and disagreement does not."""
    for comparison in trained["comparisons"]:
        for level in comparison["comparison_levels"]:
            if not level.get("is_null_level"):
                is_else = level["sql_condition"] == "ELSE"
                level["m_probability"] = level["u_probability"] if is_else else DEFAULT_M
    return trained


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])

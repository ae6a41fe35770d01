"""Splink 5 on accounts as records, with its DuckDB backend: what record linkage says about who is one person.

`python splink_link.py INPUTS FOUND MODEL [THRESHOLD]` with one of three models:

- `association`: u by sampling, prior 1/N, and only agreement counts: m is DEFAULT_M where two accounts agree, and where
  they do not m equals u, so that operators who vary something are not punished for it. Values weigh by their frequency.
- `em`: as in Splink's own quick start: prior from deterministic rules with recall .7, u by sampling, m by expectation
  maximisation over several blocking rules, clusters at a match probability of .95.
- `em_tf`: the same with term-frequency adjustments, which its guide recommends for skewed values.

Columns that predict each other (an address and its network) are levels of one comparison, because the model multiplies
comparisons as if independent and its documentation warns of correlated columns.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import duckdb
import splink.comparison_level_library as cll
import splink.comparison_library as cl
from splink import DuckDBAPI, Linker, SettingsCreator, block_on

SEED = 1
MAX_PAIRS = 1e7  # what the documentation calls adequate while testing; the small worlds have 1.2e7 pairs in all
DEFAULT_M = 0.95  # Splink's own starting value for agreement
# .95 is the quick start's. For association, mean pairwise F1 on the tuning worlds at .9, .95, .99, .999 and .9999 was .25,
# .50, .75, .76 and .51: summed surprise without doubt needs a higher bar.
THRESHOLDS = {"association": 0.999, "em": 0.95, "em_tf": 0.95}
# Comparison: its levels from strongest to weakest. `_list` columns agree where two accounts have an entity in common.
COMPARISONS = {
    "payment": ("payment_instrument_list", "card_bin_cluster"),
    "device": ("device",),
    "network": (
        "egress_address_list",
        "login_address_list",
        "signup_address",
        "egress_prefix_list",
        "egress_network_list",
    ),
    "software": ("system_prompt", "tool_set", "client_fingerprint"),
    "content": ("prompt_template_list",),
    "mail": ("email_domain", "email_pattern"),
    "phone": ("phone_prefix",),
    "document": ("kyc_document",),
    "enrolment": ("referral", "signup_burst"),
}
SHARED_BANDS = (5, 2, 1)  # variants of one template share some bands, and one band may be chance
BLOCKS = (
    *("payment_instrument", "device", "email_pattern", "email_domain", "phone_prefix", "kyc_document", "referral"),
    *("signup_address", "system_prompt", "tool_set", "card_bin_cluster"),
)
BLOCKS_OF_LISTS = ("egress_address_list", "login_address_list", "prompt_template_list")
SURE = (("payment_instrument", "device"), ("device", "email_pattern"), ("kyc_document",))  # hardly any false pair
# each m is seen by one or more
TRAINING = (("device",), ("payment_instrument",), ("system_prompt",), ("email_pattern",))


def main(inputs: Path, found: Path, model: str, threshold: float) -> None:
    connection = duckdb.connect(config={"threads": 2})
    records = DuckDBAPI(connection=connection).register(
        connection.read_parquet(str(inputs / "accounts.parquet")), dataset_display_name="accounts"
    )
    count = connection.execute(f"select count(*) from '{inputs / 'accounts.parquet'}'").fetchall()[0][0]
    linker = Linker(records, _settings(model != "em", 1 / count))
    linker.training.estimate_u_using_random_sampling(max_pairs=MAX_PAIRS, seed=SEED)
    if model == "association":
        linker = Linker(records, _association(linker.misc.save_model_to_json()))
    else:
        linker.training.estimate_probability_two_random_records_match([block_on(*rule) for rule in SURE], recall=0.7)
        for rule in TRAINING:
            _train(linker, rule)
    predictions = linker.inference.predict(threshold_match_probability=threshold)
    clusters = linker.clustering.cluster_pairwise_predictions_at_threshold(predictions, threshold)
    table = f"(select account_id, cluster_id from {clusters.physical_name} order by account_id)"
    connection.execute(f"copy {table} to '{found}' (format csv, header)")


def _train(linker: Linker, rule: tuple[str, ...]) -> None:
    """One session of expectation maximisation, as its user would run it.

    Term frequencies stay out of the iterations. A level that no match in the block shows drives m to nothing, and
    Splink 5.0.0 stops with a ValueError below 1e-300; a user then leaves that block out, and so do we.
    """
    try:
        linker.training.estimate_parameters_using_expectation_maximisation(
            block_on(*rule), estimate_without_term_frequencies=True
        )
    except ValueError as error:
        if "m_probability" not in str(error):
            raise
        print(f"Training block {rule} is left out: {error}")  # noqa: T201


def _settings(by_frequency: bool, prior: float) -> SettingsCreator:
    lists = [block_on(name, arrays_to_explode=[name]) for name in BLOCKS_OF_LISTS]
    return SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="account_id",
        probability_two_random_records_match=prior,
        comparisons=[_comparison(name, columns, by_frequency) for name, columns in COMPARISONS.items()],
        blocking_rules_to_generate_predictions=[*(block_on(name) for name in BLOCKS), *lists],
        retain_matching_columns=False,
    )


def _comparison(name: str, columns: tuple[str, ...], by_frequency: bool) -> cl.CustomComparison:
    """A level per column; null only where one account has none of the columns."""
    levels: list[Any] = [cll.And(*(cll.NullLevel(column) for column in columns)) if len(columns) > 1 else None]
    levels = [level or cll.NullLevel(columns[0]) for level in levels]
    for column in columns:
        if column.endswith("_list"):
            sizes = SHARED_BANDS if name == "content" else (1,)
            levels += [cll.ArrayIntersectLevel(column, min_intersection=size) for size in sizes]
        else:
            levels.append(cll.ExactMatchLevel(column, term_frequency_adjustments=by_frequency))
    return cl.CustomComparison(output_column_name=name, comparison_levels=[*levels, cll.ElseLevel()])


def _association(trained: dict[str, Any]) -> dict[str, Any]:
    """The model with m so that agreement counts and disagreement does not."""
    for comparison in trained["comparisons"]:
        for level in comparison["comparison_levels"]:
            if not level.get("is_null_level"):
                is_else = level["sql_condition"] == "ELSE"
                level["m_probability"] = level["u_probability"] if is_else else DEFAULT_M
    return trained


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0]), Path(given[1]), given[2], float(given[3]) if len(given) > 3 else THRESHOLDS[given[2]])

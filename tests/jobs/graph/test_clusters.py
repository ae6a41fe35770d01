"""Groups inside a component: whole campaigns, no bystanders, two hands kept apart, evidence that sums."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np
import pyarrow as pa
import pytest

from jobs.graph.tables import cluster_pairs

LIMIT = -20.0  # ln of the chance that a kept coincidence may have
FAMILY = {"prompt_template": "content", "shared_burst": "synchrony", "egress_network": "network", "device": "device"}
STRANGERS = 400
Met = list[tuple[str, str, str]]


def strangers(seed: int, count: int = STRANGERS) -> Met:
    """Accounts that meet a few of many things, independently."""
    chance = np.random.default_rng(seed)
    met = []
    for number in range(count):
        for signal in FAMILY:
            met += [(f"s{number:03d}", signal, f"{signal}{chance.integers(0, 60)}")]
    return met


def operator(name: str, accounts: int, shared: dict[str, str]) -> Met:
    return [(f"{name}{n:02d}", signal, entity) for n in range(accounts) for signal, entity in shared.items()]


def table(met: Met) -> pa.Table:
    met = sorted(set(met))
    sizes = Counter((signal, entity) for _, signal, entity in met)
    population = len({account for account, _, _ in met})
    return pa.table(
        {
            "component": ["one"] * len(met),
            "account_id": [account for account, _, _ in met],
            "signal": [signal for _, signal, _ in met],
            "entity": [entity for _, _, entity in met],
            "family": [FAMILY[signal] for _, signal, _ in met],
            "accounts": [sizes[signal, entity] for _, signal, entity in met],
            "population": [population] * len(met),
            "log_tail_limit": [LIMIT] * len(met),
        }
    )


def groups(met: Met) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in cluster_pairs(table(met)).to_pylist():
        found[row["cluster_id"]].add(row["account_id"])
    return dict(found)


@pytest.mark.parametrize("seed", range(5))
def test_strangers_are_not_grouped(seed: int) -> None:
    assert groups(strangers(seed)) == {}


def test_a_campaign_that_shares_only_template_and_beat_is_found_whole() -> None:
    planted = operator("c", 40, {"prompt_template": "T", "shared_burst": "B"})
    assert groups(strangers(1) + planted) == {"c00": {account for account, _, _ in planted}}


def test_an_innocent_who_shares_one_thing_stays_out() -> None:
    planted = operator("c", 40, {"prompt_template": "T", "shared_burst": "B"})
    neighbour = [("s001", "prompt_template", "T"), ("s002", "shared_burst", "B")]
    (members,) = groups(strangers(1) + planted + neighbour).values()
    assert members == {account for account, _, _ in planted}


def test_two_operators_on_one_network_are_told_apart_by_their_prompts() -> None:
    first = operator("c", 40, {"prompt_template": "T1", "shared_burst": "B1", "egress_network": "N"})
    second = operator("d", 40, {"prompt_template": "T2", "shared_burst": "B2", "egress_network": "N"})
    assert sorted(groups(strangers(2) + first + second)) == ["c00", "d00"]


def test_row_order_does_not_matter() -> None:
    rows = table(strangers(3) + operator("c", 20, {"prompt_template": "T", "device": "D", "shared_burst": "B"}))
    shuffled = rows.take(np.random.default_rng(0).permutation(rows.num_rows))
    assert cluster_pairs(rows).num_rows > 0
    assert cluster_pairs(shuffled).equals(cluster_pairs(rows))


def test_every_member_has_a_prior_and_pieces_of_two_families_that_outweigh_it() -> None:
    rows = cluster_pairs(
        table(strangers(1) + operator("c", 40, {"prompt_template": "T", "shared_burst": "B"}))
    ).to_pylist()
    for account in {row["account_id"] for row in rows}:
        mine = [row for row in rows if row["account_id"] == account]
        assert [row["family"] for row in mine].count("prior") == 1
        assert len({row["family"] for row in mine} - {"prior"}) >= 2
        assert sum(row["microbits"] for row in mine) > 0
    prior = next(row["microbits"] for row in rows if row["signal"] == "prior")
    assert prior == round(np.log2(40 / STRANGERS) * 1e6)  # 40 members among 440 accounts: odds of 40 to 400

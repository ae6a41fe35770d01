"""Groups inside a component: whole campaigns, no bystanders, two hands kept apart, evidence that sums."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection

import numpy as np
import pyarrow as pa
import pytest

from jobs.graph.grouping import clusters
from jobs.graph.grouping.profiles import Incidence, Profiles
from jobs.graph.grouping.tables import cluster_pairs

LIMIT = -20.0  # ln of the chance that a kept coincidence may have
FAMILY = {"prompt_template": "content", "shared_burst": "synchrony", "egress_network": "network", "device": "device"}
FAMILIES = FAMILY | {"egress_address": "address", "system_prompt": "software"}
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
            "family": [FAMILIES[signal] for _, signal, _ in met],
            "accounts": [sizes[signal, entity] for _, signal, entity in met],
            "population": [population] * len(met),
            "log_tail_limit": [LIMIT] * len(met),
        }
    )


def groups(met: Met) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for row in cluster_pairs(table(met), ("content",)).to_pylist():
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


@pytest.mark.parametrize(("accounts", "is_apart"), [(300, True), (51, False)])
def test_a_company_that_has_two_habits_of_a_campaign_is_a_group_of_its_own_where_they_are_anybodys(
    accounts: int, is_apart: bool
) -> None:
    """Its accounts use the campaign's client and prompt, which `accounts` of a thousand do, and one office."""
    habits = {"device": "D", "system_prompt": "S"}
    planted = operator("c", 35, habits | {"prompt_template": "T", "shared_burst": "B"})
    office = operator("o", 16, habits | {"egress_address": "A"})
    met = incidence(planted + office, habits.items(), accounts)
    together = np.zeros(met.size, dtype=np.int64)
    found = clusters._split_off_unmarked(Profiles(met), together)
    assert found.tolist() == [0] * 35 + [int(is_apart)] * 16


def incidence(met: Met, common: Collection[tuple[str, str]], accounts: int) -> Incidence:
    """Of a thousand accounts, of whom that many have the common things."""
    names, things = sorted({name for name, *_ in met}), sorted({(signal, entity) for _, signal, entity in met})
    family = sorted({signal for signal, _ in things})
    rows = sorted((names.index(name), things.index((signal, entity))) for name, signal, entity in met)
    account, entity = np.array(rows).T
    counts = np.where([each in common for each in things], accounts, np.bincount(entity))
    families = np.array([family.index(signal) for signal, _ in things])
    return Incidence(account, entity, families, counts, 1_000, (family.index("prompt_template"),))


def test_row_order_does_not_matter() -> None:
    rows = table(strangers(3) + operator("c", 20, {"prompt_template": "T", "device": "D", "shared_burst": "B"}))
    shuffled = rows.take(np.random.default_rng(0).permutation(rows.num_rows))
    assert cluster_pairs(rows, ("content",)).num_rows > 0
    assert cluster_pairs(shuffled, ("content",)).equals(cluster_pairs(rows, ("content",)))


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


def bought_from_one_seller(name: str, accounts: int) -> Met:
    """Everything that can be rented: exits of one network, devices of one farm, beats of one scheduler."""
    return [
        (f"{name}{n:02d}", signal, f"rented-{signal}-{n % 3}")
        for n in range(accounts)
        for signal in ("egress_network", "shared_burst", "egress_address")
    ]


def lumped(monkeypatch: pytest.MonkeyPatch, accounts: int) -> None:
    """The first guess puts the first `accounts` accounts into one group."""
    guess = np.where(np.arange(STRANGERS + accounts) < accounts, 0, -1)
    monkeypatch.setattr(clusters, "_seeds", lambda met, limit: guess)


def test_hands_that_differ_in_prompts_and_clients_are_split_though_the_first_guess_lumps_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lumped(monkeypatch, 90)
    met = strangers(2)
    for name, count in (("c", 60), ("d", 30)):
        met += bought_from_one_seller(name, count)
        met += [(f"{name}{n:02d}", "prompt_template", f"{name}-t{n % 3}") for n in range(count)]
        met += [(f"{name}{n:02d}", "prompt_template", f"{name}-t{(n + 1) % 3}") for n in range(count)]
        met += operator(name, count, {"system_prompt": f"{name}-s", "device": f"{name}-farm"})
    found = groups(met)
    assert {name: len(members) for name, members in found.items()} == {"c00": 60, "d00": 30}


def test_one_hand_that_gives_its_accounts_different_prompts_stays_one(monkeypatch: pytest.MonkeyPatch) -> None:
    lumped(monkeypatch, 60)
    met = strangers(2) + bought_from_one_seller("c", 60) + operator("c", 60, {"system_prompt": "s", "device": "farm"})
    met += [(f"c{n:02d}", "prompt_template", f"t{n % 2}") for n in range(60)]
    assert {name: len(members) for name, members in groups(met).items()} == {"c00": 60}


def profiles(differing: dict[int, float], alone: list[float] | None = None) -> Profiles:
    """Twelve accounts share things 0 and 1 and all but the last answer 2; the last one answers 3. A thirteenth has only thing 0."""
    pairs = [(n, thing) for n in range(12) for thing in (0, 1, 2 if n < 11 else 3)] + [(12, 0)]
    account, entity = (np.array(column, dtype=np.int64) for column in zip(*pairs, strict=True))
    accounts = np.bincount(entity).astype(np.int64)
    sure = None if alone is None else np.array(alone)
    return Profiles(
        Incidence(account, entity, np.array([0, 1, 2, 2]), accounts, 1_000, differing=differing, alone=sure)
    )


def test_another_answer_than_the_groups_speaks_against_a_member_by_how_usual_that_is() -> None:
    """One of eleven others has an answer of its own, drawn towards eight of the file of which a quarter have."""
    everybody = np.arange(12)
    without, given = (profiles(each).draws(everybody).of(everybody) for each in ({}, {2: 0.25}))
    assert given[11] == pytest.approx(without[11] + 0.5 * np.log2((0 + 8 * 0.25) / (11 + 8)))
    assert given[:11] == pytest.approx(without[:11])


def test_one_kind_of_thing_draws_nobody_unless_the_file_says_that_it_is_enough_and_then_no_surer_than_that() -> None:
    everybody = np.arange(12)
    assert profiles({}).draws(everybody).of(np.array([12])) == -np.inf
    assert profiles({}, [0.6, 0, 0, 0]).draws(everybody).of(np.array([12])) == pytest.approx(np.log2(0.6 / 0.4))
    assert profiles({}, [0.99, 0, 0, 0]).draws(everybody).of(np.array([12]))[0] < np.log2(0.99 / 0.01)

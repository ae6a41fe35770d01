"""`iolaus link` on files that are not ours: planted groups, hubs, pairs, one signal, shuffled and renamed."""

from __future__ import annotations

import csv
import random
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from jobs.lake.lake import Lake
from jobs.linking.files import LINKED, link_table
from jobs.linking.reading import read_observations

Met = list[tuple[str, str, str]]


def crowd(count: int = 600, seed: int = 3) -> Met:
    """Strangers: a device and a card of their own, a shared address here and there, one of a few clients, a popular topic."""
    chance = random.Random(seed)
    met = []
    for n in range(count):
        name = f"s{n:04d}"
        met += [(name, "device", f"d-{n}"), (name, "card", f"c-{n}"), (name, "address", f"home-{n}")]
        met += [(name, "address", f"nat-{chance.randrange(120)}"), (name, "client", f"client-{chance.randrange(4)}")]
        met += [(name, "topic", f"topic-{int(chance.paretovariate(0.8)) % 300}") for _ in range(4)]
    return met


def group(prefix: str, count: int, seed: int = 5) -> Met:
    """Accounts of one hand: a pool of addresses and topics, two card issuers, some shared cards, a common client."""
    chance = random.Random(f"{prefix}{seed}")
    met = []
    for n in range(count):
        name = f"{prefix}{n:03d}"
        met += [(name, "device", f"{prefix}-d{n}"), (name, "card", f"{prefix}-c{n // 8}"), (name, "client", "client-1")]
        met += [(name, "issuer", f"{prefix}-i{chance.randrange(2)}")]
        met += [(name, "address", f"{prefix}-a{chance.randrange(count // 5)}")]
        met += [(name, "topic", f"{prefix}-t{topic}") for topic in chance.sample(range(3), 2)]
    return met


def link(spark: SparkSession, folder: Path, met: Met, partitions: int = 1) -> dict[str, set[str]]:
    """Clusters by name, as the command writes them, from observations in so many partitions and files."""
    source = folder / "met.csv"
    with source.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["account_id", "signal", "entity"])
        writer.writerows(met)
    table, _ = read_observations(source)
    lake = Lake(folder)
    parts = lake.folder / "observations"
    parts.mkdir(exist_ok=True)
    for part in range(partitions):
        mine = table.take(list(range(part, table.num_rows, partitions)))
        pq.write_table(mine, parts / f"{part}.parquet")
    observations = spark.read.parquet(str(parts)).repartition(partitions)
    linked = link_table(table, observations, lambda frame: lake.scratch(spark, frame))
    assert linked.schema == LINKED
    accounts = linked["account_id"].to_pylist()
    assert len(set(accounts)) == len(accounts)
    found: dict[str, set[str]] = {}
    for row in linked.to_pylist():
        assert 0.5 <= row["membership"] <= 1.0
        assert row["bits"] >= 0
        found.setdefault(row["cluster_id"], set()).add(row["account_id"])
    assert all(name == min(members) and len(members) >= 2 for name, members in found.items())
    return found


def test_planted_groups_come_back_whole_and_strangers_stay_out(spark: SparkSession, tmp_path: Path) -> None:
    found = link(spark, tmp_path, crowd() + group("x", 24) + group("y", 16))
    assert found["x000"] == {f"x{n:03d}" for n in range(24)}
    assert found["y000"] == {f"y{n:03d}" for n in range(16)}
    strangers = {account for members in found.values() for account in members if account.startswith("s")}
    assert len(strangers) <= 6  # one in a hundred


def test_a_hub_that_everybody_meets_joins_nobody(spark: SparkSession, tmp_path: Path) -> None:
    met = crowd() + group("x", 24) + group("y", 16)
    everybody = sorted({account for account, _, _ in met})
    hub = [(account, "address", "proxy-exit") for account in everybody[::2] if account[0] in "xys"]
    assert {k: v for k, v in link(spark, tmp_path, met + hub).items() if k in ("x000", "y000")} == {
        "x000": {f"x{n:03d}" for n in range(24)},
        "y000": {f"y{n:03d}" for n in range(16)},
    }


def test_two_accounts_with_two_rare_things_in_common_are_a_cluster(spark: SparkSession, tmp_path: Path) -> None:
    pair = [("p", "device", "d-p"), ("q", "device", "d-p"), ("p", "card", "c-p"), ("q", "card", "c-p")]
    assert link(spark, tmp_path, crowd() + pair)["p"] == {"p", "q"}


@pytest.mark.parametrize("count", [3, 12, 13, 30, 100, 250])
def test_a_group_that_shares_two_kinds_is_found_whole_from_three_accounts_to_half_of_the_file(
    spark: SparkSession, tmp_path: Path, count: int
) -> None:
    met = [(f"p{n:03d}", kind, kind if n < count else f"{kind}{n}") for n in range(500) for kind in ("purse", "phone")]
    assert link(spark, tmp_path, met) == {"p000": {f"p{n:03d}" for n in range(count)}}


@pytest.mark.parametrize(
    ("accounts", "count", "groups", "noise"), [(60, 20, 1, 1), (600, 3, 5, 2), (600, 150, 2, 1), (1_500, 12, 20, 2)]
)
def test_planted_groups_are_found_whole_beside_kinds_that_say_nothing(
    spark: SparkSession, tmp_path: Path, accounts: int, count: int, groups: int, noise: int
) -> None:
    chance = random.Random(count)
    met = []
    for n in range(accounts):
        hand = f"of-{n // count}" if n < count * groups else f"own-{n}"
        met += [(f"p{n:04d}", kind, f"{kind}-{hand}") for kind in ("purse", "phone")]
        met += [(f"p{n:04d}", f"noise{k}", f"n{chance.randrange(3 + accounts // 8)}") for k in range(noise)]
    planted = [{f"p{n:04d}" for n in range(g * count, (g + 1) * count)} for g in range(groups)]
    assert sorted(map(min, planted)) == sorted(found := link(spark, tmp_path, met))
    assert sorted(map(sorted, found.values())) == sorted(map(sorted, planted))


def test_who_is_tied_to_one_of_a_crowd_belongs_to_it_as_two_strangers_belong_together(
    spark: SparkSession, tmp_path: Path
) -> None:
    crowd_of_twelve = [(f"p{n:02d}", kind, kind) for n in range(12) for kind in ("purse", "phone")]
    pairs = [
        (name, kind, f"{kind}-{pair}")
        for pair in ("q1 q2", "p00 z")
        for name in pair.split()
        for kind in ("mail", "key")
    ]
    others = [(f"s{n:03d}", kind, f"{kind}{n}") for n in range(200) for kind in ("purse", "phone", "mail", "key")]
    found = link(spark, tmp_path, crowd_of_twelve + pairs + others)
    assert found == {"p00": {*(f"p{n:02d}" for n in range(12)), "z"}, "q1": {"q1", "q2"}}


def test_one_signal_alone_is_enough_when_several_rare_things_agree(spark: SparkSession, tmp_path: Path) -> None:
    chance = random.Random(9)
    noise = [(f"s{n}", "retweet", f"post-{chance.randrange(4_000)}") for n in range(800) for _ in range(12)]
    ring = [(f"r{n:02d}", "retweet", f"ring-{post}") for n in range(15) for post in chance.sample(range(10), 7)]
    found = link(spark, tmp_path, noise + ring)
    assert found["r00"] == {f"r{n:02d}" for n in range(15)}


@pytest.mark.parametrize("change", ["shuffled", "renamed", "repeated", "partitioned"])
def test_order_names_and_repeats_do_not_change_who_is_together(
    spark: SparkSession, tmp_path: Path, change: str
) -> None:
    met = crowd(300) + group("x", 24) + group("y", 16)
    for folder in ("one", "other"):
        (tmp_path / folder).mkdir()
    before = link(spark, tmp_path / "one", met)
    if change == "shuffled":
        after = link(spark, tmp_path / "other", random.Random(1).sample(met, len(met)))
    elif change == "partitioned":
        after = link(spark, tmp_path / "other", met, partitions=7)
    elif change == "repeated":
        after = link(spark, tmp_path / "other", met + met)
    else:
        names = {
            account: f"{n:05d}" for n, account in enumerate(random.Random(2).sample(sorted({m[0] for m in met}), 340))
        }
        back = {new: old for old, new in names.items()}
        renamed = link(spark, tmp_path / "other", [(names[a], s, e) for a, s, e in met])
        after = {min(mine): mine for mine in ({back[new] for new in members} for members in renamed.values())}
    assert after == before


def test_unrelated_accounts_do_not_change_a_cluster(spark: SparkSession, tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    few = link(spark, tmp_path, crowd(400) + group("x", 24))
    more = link(spark, tmp_path / "more", crowd(1_600) + group("x", 24))
    assert few["x000"] == more["x000"]

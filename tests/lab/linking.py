"""How well `iolaus link` finds the groups of labelled files that are not ours, beside what one would use instead.

    python -m tests.lab.linking FOLDER [NAME ...]

FOLDER has NAME.parquet (observations) and NAME.labels.parquet (account_id, label; null: not known) for each set. Prints for
each set and method B-cubed F1, pairwise precision and recall, and the biggest cluster over the biggest true group; for
`iolaus link` also the calibration of membership (expected calibration error over ten bins; a member is right when the label
of it is its cluster's most common one), members below even odds, and CPU seconds. Accounts in no cluster are alone.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable
from pathlib import Path

import networkx as nx
import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.evaluation.scores import b_cubed, pairwise
from jobs.linking.files import link_file
from jobs.linking.reading import read_observations
from jobs.settings import settings

Clusters = dict[str, str]  # account to cluster
Edges = dict[tuple[str, str], list[str]]  # (signal, entity) to accounts
SEED = 1
CUTS = (6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 24.0, 28.0)  # nats: the best of them is told
MOST_SHARED = 300  # accounts of an entity that the cut forms pairs of


def components(met: Edges, accounts: list[str]) -> Clusters:
    graph: nx.Graph[object] = nx.Graph()
    graph.add_nodes_from(accounts)
    for entity, members in met.items():
        graph.add_edges_from((member, entity) for member in members)
    return _named(nx.connected_components(graph), set(accounts))


def louvain(met: Edges, accounts: list[str]) -> Clusters:
    graph: nx.Graph[object] = nx.Graph()
    graph.add_nodes_from(accounts)
    for entity, members in met.items():
        if 1 < len(members) < len(accounts):
            weight = float(np.log(len(accounts) / len(members)))
            graph.add_weighted_edges_from((member, entity, weight) for member in members)
    return _named(nx.community.louvain_communities(graph, weight="weight", seed=SEED), set(accounts))


def inverse_frequency(met: Edges, accounts: list[str], cut: float) -> Clusters:
    """Pairs whose shared things are together rarer than the cut, and components of them."""
    weight: dict[tuple[str, str], float] = defaultdict(float)
    for members in met.values():
        if 1 < len(members) <= MOST_SHARED:
            rarity = float(np.log(len(accounts) / len(members)))
            for at, one in enumerate(members):
                for other in members[at + 1 :]:
                    weight[one, other] += rarity
    graph: nx.Graph[object] = nx.Graph()
    graph.add_nodes_from(accounts)
    graph.add_edges_from(pair for pair, found in weight.items() if found >= cut)
    return _named(nx.connected_components(graph), set(accounts))


def main(folder: Path, names: list[str]) -> None:
    found = sorted(path for path in folder.glob("*.parquet") if not path.name.endswith(".labels.parquet"))
    for path in found:
        if names and path.stem not in names:
            continue
        rows = pq.read_table(path.with_name(f"{path.stem}.labels.parquet")).drop_null().to_pylist()
        truth = {row["account_id"]: row["label"] for row in rows}
        table, _ = read_observations(path)
        met: Edges = defaultdict(list)
        for account, signal, entity in zip(
            *(table[name].to_pylist() for name in ("account_id", "signal", "entity")), strict=True
        ):
            met[signal, entity].append(account)
        met = {entity: sorted(set(members)) for entity, members in sorted(met.items()) if len(members) > 1}
        accounts = sorted(pc.unique(table["account_id"]).to_pylist())
        print(f"{path.stem}: {table.num_rows:,} rows, {len(accounts):,} accounts, {len(set(truth.values())):,} groups")
        _ours(path, truth)
        if not names:
            methods: dict[str, Callable[[], Clusters]] = {
                "components": lambda met=met, accounts=accounts: components(met, accounts),
                "louvain": lambda met=met, accounts=accounts: louvain(met, accounts),
            }
            for name, method in methods.items():
                print(f"  {name:24} {_scores(method(), truth)}")
            cuts = [(_scores(inverse_frequency(met, accounts, cut), truth), cut) for cut in CUTS]
            print(f"  {'inverse frequency, best':24} {max(cuts)[0]}")


def _ours(path: Path, truth: Clusters) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "linked.parquet"
        before = resource.getrusage(resource.RUSAGE_SELF)
        link_file(path, target, settings(Path(scratch)))
        after = resource.getrusage(resource.RUSAGE_SELF)
        linked = pq.read_table(target).to_pylist()
    said = {row["account_id"]: row["cluster_id"] for row in linked}
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    below = sum(row["membership"] < 0.5 for row in linked)
    error = _calibration(said, {row["account_id"]: row["membership"] for row in linked}, truth)
    print(
        f"  {'iolaus link':24} {_scores(said, truth)}, calibration error {error:.3f}, {below} below even, {seconds:.1f} s"
    )


def _scores(said: Clusters, truth: Clusters) -> str:
    known = {account: cluster for account, cluster in said.items() if account in truth}
    pairs, cubed = pairwise(truth, known), b_cubed(truth, known)
    biggest = max(Counter(said.values()).values(), default=0) / max(Counter(truth.values()).values())
    values = [cubed["b_cubed_f1"], pairs["pairwise_precision"], pairs["pairwise_recall"]]
    return "B-cubed {:.3f}, pairs {:.3f} / {:.3f}, biggest {:.2f}".format(*(value or 0.0 for value in values), biggest)


def _calibration(said: Clusters, membership: dict[str, float], truth: Clusters) -> float:
    members: dict[str, list[str]] = defaultdict(list)
    for account, cluster in said.items():
        if account in truth:
            members[cluster].append(account)
    likelihood, right = [], []
    for accounts in members.values():
        label, _ = Counter(truth[account] for account in accounts).most_common(1)[0]
        likelihood += [membership[account] for account in accounts]
        right += [len(accounts) > 1 and truth[account] == label for account in accounts]
    place = np.minimum((np.array(likelihood) * 10).astype(int), 9)
    gaps = [
        abs(np.array(right)[place == each].sum() - np.array(likelihood)[place == each].sum())
        for each in np.unique(place)
    ]
    return float(sum(gaps) / max(len(likelihood), 1))


def _named(groups: object, accounts: set[str]) -> Clusters:
    said: Clusters = {}
    for group in groups:  # type: ignore[attr-defined]
        members = sorted(node for node in group if isinstance(node, str) and node in accounts)
        said |= dict.fromkeys(members, members[0]) if len(members) > 1 else {}
    return said


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])

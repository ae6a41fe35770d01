"""How well `iolaus link` finds the groups of labelled files that are not ours, beside what one would use instead.

    python -m tests.lab.linking FOLDER [NAME ...] [--ours]

FOLDER has NAME.parquet (observations) and NAME.labels.parquet (account_id, label; null: not known) for each set. Prints a table
in Markdown for each set, of every method (--ours: of `iolaus link` alone): B-cubed F1, pairwise precision and recall, the biggest
cluster over the biggest true group, and seconds of processor time; for `iolaus link` also the calibration of membership (expected
calibration error over ten bins; a member is right when the label of it is its cluster's most common one) and members below even
odds. Accounts in no cluster are alone. Peers run as processes of their own (`tests.lab.accuracy.peers.running`), with
recommended settings; the cut of inverse frequencies is the best of ten, chosen with the labels.
"""

from __future__ import annotations

import resource
import sys
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.evaluation.scores import b_cubed, pairwise
from jobs.linking.files import link_file
from jobs.linking.reading import read_observations
from jobs.settings import settings
from tests.lab.accuracy.peers.catalogue import Peer
from tests.lab.accuracy.peers.running import HERE, python_of, run

Clusters = dict[str, str]  # account to cluster
Edges = dict[tuple[str, str], list[str]]  # (signal, entity) to accounts
Result = TypeVar("Result")
SEED = 1
CUTS = (6.0, 8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 24.0, 28.0)  # nats: the best of them is told
MOST_SHARED = 300  # accounts of an entity that the cut forms pairs of
PEERS = (
    Peer("Leiden", "leiden.py", (), "leiden"),
    Peer("Splink 5, association only", "splink_columns.py", ("association",), "splink"),
    Peer("Splink 5, EM and term frequencies", "splink_columns.py", ("em",), "splink"),
    Peer("coordination toolkit, two links shared", "coordination_shared.py", (), "coordination"),
)
HEADER = "| method | B-cubed F1 | pairs: precision | recall | biggest | calibration error | below even | CPU s |"


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


def main(folder: Path, names: list[str], ours_alone: bool) -> None:
    found = sorted(path for path in folder.glob("*.parquet") if not path.name.endswith(".labels.parquet"))
    for path in found:
        if names and path.stem not in names:
            continue
        rows = pq.read_table(path.with_name(f"{path.stem}.labels.parquet")).drop_null().to_pylist()
        truth = {row["account_id"]: row["label"] for row in rows}
        table, _ = read_observations(path)
        accounts = len(pc.unique(table["account_id"]))
        print(f"\n{path.stem}: {table.num_rows:,} rows, {accounts:,} accounts, {len(set(truth.values())):,} groups\n")
        print(HEADER + "\n" + "|---" * (HEADER.count("|") - 1) + "|")
        print(_ours(path, truth), flush=True)
        for line in () if ours_alone else _theirs(table, truth):
            print(line, flush=True)


def _theirs(table: pa.Table, truth: Clusters) -> Iterator[str]:
    met: Edges = defaultdict(list)
    columns = (table[name].to_pylist() for name in ("account_id", "signal", "entity"))
    for account, signal, entity in zip(*columns, strict=True):
        met[signal, entity].append(account)
    met = {entity: sorted(set(members)) for entity, members in sorted(met.items()) if len(members) > 1}
    accounts = sorted(pc.unique(table["account_id"]).to_pylist())
    methods: dict[str, Callable[[], Clusters]] = {
        "connected components": lambda: components(met, accounts),
        "Louvain": lambda: louvain(met, accounts),
    }
    for name, method in methods.items():
        said, seconds = _timed(method, resource.RUSAGE_SELF)
        yield _line(name, _scores(said, truth), seconds)
    cuts = [(*_timed(lambda cut=cut: inverse_frequency(met, accounts, cut), resource.RUSAGE_SELF),) for cut in CUTS]
    best = max(cuts, key=lambda each: _scores(each[0], truth)[0])
    yield _line("inverse frequency, best cut", _scores(best[0], truth), best[1])
    with tempfile.TemporaryDirectory() as scratch:
        pq.write_table(table, Path(scratch) / "observations.parquet")
        for peer in PEERS:
            python, target = python_of(peer.environment), Path(scratch) / "found.csv"
            command = [str(python), str(HERE / "methods" / peer.script), scratch, str(target), *peer.arguments]
            outcome, seconds = _timed(lambda: run(command, Path(scratch), target), resource.RUSAGE_CHILDREN)  # noqa: B023
            if outcome.failure:
                yield f"| {peer.title} | failed: {outcome.failure} | | | | | | {seconds:.1f} |"
            else:
                yield _line(peer.title, _scores(_without_single(outcome.said), truth), seconds)


def _timed(method: Callable[[], Result], whose: int) -> tuple[Result, float]:
    before = resource.getrusage(whose)
    result = method()
    after = resource.getrusage(whose)
    return result, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def _ours(path: Path, truth: Clusters) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "linked.parquet"
        _, seconds = _timed(lambda: link_file(path, target, settings(Path(scratch))), resource.RUSAGE_SELF)
        linked = pq.read_table(target).to_pylist()
    said = {row["account_id"]: row["cluster_id"] for row in linked}
    below = sum(row["membership"] < 0.5 for row in linked)
    error = _calibration(said, {row["account_id"]: row["membership"] for row in linked}, truth)
    return _line("`iolaus link`", _scores(said, truth), seconds, f"{error:.3f}", str(below))


def _line(name: str, scores: tuple[float, ...], seconds: float, error: str = "", below: str = "") -> str:
    cubed, precision, recall, biggest = scores
    figures = f"{cubed:.3f} | {precision:.3f} | {recall:.3f} | {biggest:.2f} | {error} | {below} | {seconds:.1f}"
    return f"| {name} | {figures} |"


def _scores(said: Clusters, truth: Clusters) -> tuple[float, float, float, float]:
    """B-cubed F1, pairwise precision and recall, biggest cluster over biggest true group."""
    known = {account: cluster for account, cluster in said.items() if account in truth}
    pairs, cubed = pairwise(truth, known), b_cubed(truth, known)
    biggest = max(Counter(said.values()).values(), default=0) / max(Counter(truth.values()).values())
    return (
        cubed["b_cubed_f1"] or 0.0,
        pairs["pairwise_precision"] or 0.0,
        pairs["pairwise_recall"] or 0.0,
        biggest,
    )


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


def _without_single(said: Clusters) -> Clusters:
    sizes = Counter(said.values())
    return {account: cluster for account, cluster in said.items() if sizes[cluster] > 1}


def _named(groups: object, accounts: set[str]) -> Clusters:
    said: Clusters = {}
    for group in groups:  # type: ignore[attr-defined]
        members = sorted(node for node in group if isinstance(node, str) and node in accounts)
        said |= dict.fromkeys(members, members[0]) if len(members) > 1 else {}
    return said


if __name__ == "__main__":
    given = [word for word in sys.argv[1:] if word != "--ours"]
    main(Path(given[0]), given[1:], "--ours" in sys.argv)

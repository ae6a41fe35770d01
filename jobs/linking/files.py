"""Only the linking, on any file of observations: the same null model, components and clusters as the nightly run.

Accounts that no crowd explains are then tied in pairs by the rare things they share. Times are not looked at: files have
them or not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from scipy import sparse
from scipy.sparse import csgraph

from jobs.campaigns import clusters
from jobs.engine import session
from jobs.graph.grouping.clusters import split
from jobs.graph.grouping.profiles import Floats, Incidence, Ints
from jobs.lake.lake import Lake
from jobs.linking.measuring import Measured, measure, without_second_names
from jobs.linking.pairs import how_often_answers_differ, tie_pairs
from jobs.linking.reading import read_observations
from jobs.links import cells, components, entities, incidences
from jobs.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Scratch: TypeAlias = "Callable[[DataFrame], DataFrame]"
LINKED = pa.schema(
    [("account_id", pa.string()), ("cluster_id", pa.string()), ("membership", pa.float64()), ("bits", pa.float64())]
)
NO_SYNCHRONY = "account_id string, signal string, entity string, beats long"
NO_PLACEHOLDER = (
    "signal string, entity string"  # of a file one knows no column in which an import writes what it does not know
)
NO_DECISIONS = "subject_kind string, subject_id string, decision string, decision_id string, decided_at timestamp"
SEPARATOR = "\x1f"  # between a signal and its entity; stands in no text that people write
ANY_NIGHT = date(1970, 1, 1)  # the transforms used here do not look at the night


@dataclass(frozen=True)
class Linked:
    """What became of one file: accounts in clusters, clusters, and rows left out for want of account, signal or entity."""

    accounts: int
    clusters: int
    left_out: int


def link_file(source: Path, target: Path, settings: Settings) -> Linked:
    """Read observations, write account_id, cluster_id, membership, bits.

    Raises `UsageError` when the file is missing or lacks a column, `IolausError` when it cannot be read.
    """
    table, left_out = read_observations(source)
    with session(settings.engine) as spark:
        lake = Lake(settings.root)
        path = lake.folder / "observations.parquet"
        pq.write_table(table, path)
        linked = link_table(table, spark.read.parquet(str(path)), lambda frame: lake.scratch(spark, frame))
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(target.name + ".tmp")
    pq.write_table(linked, aside)
    aside.replace(target)
    return Linked(linked.num_rows, len(pc.unique(linked["cluster_id"])), left_out)


def link_table(table: pa.Table, observations: DataFrame, scratch: Scratch) -> pa.Table:
    """Rows of LINKED, by account. `table` and `observations` hold the same: account_id, signal, entity, events."""
    kept = without_second_names(table)
    if kept.num_rows < table.num_rows:
        observations = observations.join(
            observations.sparkSession.createDataFrame(kept.drop(["events"])), on=kept.column_names[:3]
        )
    file = _File.of(kept)
    crowd, bits = _crowds(file, *_cells(file, observations, scratch))
    return _written(file, *_with_pairs(file, crowd, bits))


@dataclass(frozen=True, eq=False)
class _File:
    """One element per distinct (account, entity) pair, codes in the order of the sorted names; `family` per entity code."""

    accounts: pa.Array
    entities: pa.Array  # signal, SEPARATOR, entity
    account: Ints
    entity: Ints
    family: Ints
    families: list[str]
    measured: Measured

    @classmethod
    def of(cls, table: pa.Table) -> _File:
        label = pc.binary_join_element_wise(table["signal"], table["entity"], SEPARATOR)
        accounts, entities = (
            names.take(pc.sort_indices(names)) for names in (pc.unique(table["account_id"]), pc.unique(label))
        )
        pairs = np.unique(np.stack([_codes(table["account_id"], accounts), _codes(label, entities)]), axis=1)
        names = [(signal, text) for signal, text in (name.split(SEPARATOR, 1) for name in entities.to_pylist())]
        measured = measure(pairs[0], pairs[1], names)
        families = sorted(set(measured.family))
        family = np.searchsorted(np.array(families, dtype=object), np.array(measured.family, dtype=object))
        return cls(accounts, entities, pairs[0], pairs[1], family.astype(np.int64), families, measured)

    @cached_property
    def counts(self) -> Ints:
        """Accounts per entity."""
        return np.bincount(self.entity, minlength=len(self.family)).astype(np.int64)

    @cached_property
    def differing(self) -> dict[int, float]:
        """Per family of which an account has one entity: how often one hand's accounts differ in it."""
        single = [code for code, name in enumerate(self.families) if name in self.measured.single]
        size = len(self.accounts)
        return how_often_answers_differ(self.account, self.entity, self.family, size, size, single)


def _codes(values: pa.ChunkedArray, names: pa.Array) -> Ints:
    found: Ints = pc.index_in(values, value_set=names).to_numpy().astype(np.int64)
    return found


def _cells(file: _File, observations: DataFrame, scratch: Scratch) -> tuple[Ints, float]:
    """Per account its component (-1: none), as in `links.components`, and the significance of the weakest cell."""
    from pyspark.sql import functions as F

    spark = observations.sparkSession
    alone, undecided = spark.createDataFrame([], NO_SYNCHRONY), spark.createDataFrame([], NO_DECISIONS)
    signal, entity = (
        pa.array([name.split(SEPARATOR, 1)[part] for name in file.entities.to_pylist()]) for part in (0, 1)
    )
    named = pa.table({"signal": signal, "entity": entity, "kind": pa.array([file.families[f] for f in file.family])})
    kinds = spark.createDataFrame(named)
    met = incidences.transform(ANY_NIGHT, observations, alone, spark.createDataFrame([], NO_PLACEHOLDER))
    met = scratch(met.join(kinds, on=["signal", "entity"]).withColumn("family", F.col("kind")).drop("kind"))
    known = scratch(entities.transform(ANY_NIGHT, met))
    found = scratch(cells.transform(ANY_NIGHT, met, known, undecided, scratch))
    connected = components.transform(ANY_NIGHT, met, known, found, undecided, scratch).toArrow()
    limit = found.agg((F.coalesce(F.max("log_tail"), F.lit(0.0)) + clusters.ROUNDED).alias("limit")).collect()[0][0]
    component = np.full(len(file.accounts), -1, dtype=np.int64)
    component[_codes(connected["account_id"], file.accounts)] = _codes(connected["component"], file.accounts)
    return component, float(limit)


def _crowds(file: _File, component: Ints, limit: float) -> tuple[Ints, Floats]:
    """Per account its crowd (the smallest account of it, -1: none) and the log-odds that it belongs."""
    crowd, bits = np.full(len(component), -1, dtype=np.int64), np.full(len(component), -np.inf)
    component = _with_alone(file, component)
    order = np.argsort(component, kind="stable")
    start = np.concatenate([np.searchsorted(component[order], np.unique(component[component >= 0])), [len(order)]])
    pair_start = np.searchsorted(file.account, np.arange(len(component) + 1))
    for low, high in pairwise(start.tolist()):
        accounts = np.sort(order[low:high])
        mine = np.concatenate([np.arange(pair_start[each], pair_start[each + 1]) for each in accounts.tolist()])
        met, entity = np.unique(file.entity[mine], return_inverse=True)
        grouping = split(
            Incidence(
                account=np.searchsorted(accounts, file.account[mine]).astype(np.int64),
                entity=entity.astype(np.int64),
                family=file.family[met],
                accounts=file.counts[met],
                population=len(file.accounts),
                differing={each: often for each, often in file.differing.items() if each <= file.family[met].max()},
                alone=file.measured.alone[met],
            ),
            limit,
        )
        grouped = grouping.group >= 0
        leaders = np.array([accounts[grouping.group == label][0] for label in range(len(grouping.prior_bits))] or [-1])
        crowd[accounts[grouped]] = leaders[grouping.group[grouped]]
        bits[accounts[grouped]] = grouping.bits[grouped]
    return crowd, bits


def _with_alone(file: _File, component: Ints) -> Ints:
    """Components joined by what alone is enough, too; the smallest account of each."""
    ties = file.measured.alone[file.entity] > 0
    size = len(component)
    left = np.concatenate([file.account[ties], np.flatnonzero(component >= 0)])
    right = np.concatenate([size + file.entity[ties], component[component >= 0]])
    nodes = size + len(file.family)
    graph = sparse.coo_array((np.ones(len(left)), (left, right)), shape=(nodes, nodes))
    label = csgraph.connected_components(graph, directed=False)[1][:size]
    _, first, counts = np.unique(label, return_index=True, return_counts=True)
    smallest = np.zeros(nodes, dtype=np.int64)
    smallest[label[first]] = first
    many = np.zeros(nodes, dtype=bool)
    many[label[first]] = counts > 1
    return np.where(many[label], smallest[label], -1)


def _with_pairs(file: _File, crowd: Ints, bits: Floats) -> tuple[Ints, Floats]:
    """Accounts that are in no crowd, tied in pairs to each other or to one of a crowd, which they then belong to."""
    size = len(file.accounts)
    ties = tie_pairs(file.account, file.entity, file.family, size, size, crowd=crowd, differing=file.differing)
    free = crowd < 0
    return np.where(free, ties.cluster, crowd), np.where(free, ties.bits, bits)


def _written(file: _File, cluster: Ints, bits: Floats) -> pa.Table:
    found = np.flatnonzero(cluster >= 0)
    _, first, place = np.unique(cluster[found], return_index=True, return_inverse=True)
    said = np.round(bits[found], 6)
    columns = [
        file.accounts.take(pa.array(found)),
        file.accounts.take(pa.array(found[first][place])),
        _membership(pa.array(said)),
        pa.array(said),
    ]
    return pa.table(columns, schema=LINKED)


def _membership(bits: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The probability (0..1, six decimals) of log-odds given in bits."""
    return pc.round(pc.divide(1.0, pc.add(1.0, pc.power(2.0, pc.negate(bits)))), 6)

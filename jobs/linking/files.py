"""Only the linking, on any file of observations: the same null model, components and clusters as the nightly run.

Accounts that no crowd explains are then tied in pairs by the rare things they share. Times are not looked at: files have
them or not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs import signals
from jobs.campaigns import clusters
from jobs.engine import session
from jobs.lake.lake import Lake
from jobs.linking.pairs import tie_pairs
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
NO_DECISIONS = "subject_kind string, subject_id string, decision string, decision_id string, decided_at timestamp"
BUCKETS = 32  # with one signal only, entities stand for themselves; buckets keep the families few
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
    crowds = _memberships(_crowds(observations, len(pc.unique(table["signal"])) == 1, scratch))
    return pa.concat_tables([crowds, _small(table, crowds["account_id"])]).sort_by("account_id")


def _crowds(observations: DataFrame, is_one_signal: bool, scratch: Scratch) -> pa.Table:
    """Pieces of evidence of the accounts that form crowds, as in `campaigns.clusters`."""
    from pyspark.sql import functions as F

    spark = observations.sparkSession
    alone, undecided = spark.createDataFrame([], NO_SYNCHRONY), spark.createDataFrame([], NO_DECISIONS)
    met = incidences.transform(ANY_NIGHT, observations, alone)
    if is_one_signal:
        bucket = F.abs(F.crc32("entity")) % BUCKETS
        met = met.withColumn("family", F.concat(F.lit("bucket"), bucket.cast("string")))
    met = scratch(met)
    known = scratch(entities.transform(ANY_NIGHT, met))
    found = scratch(cells.transform(ANY_NIGHT, met, known, undecided, scratch))
    connected = scratch(components.transform(ANY_NIGHT, met, known, found, undecided, scratch))
    return clusters.transform(ANY_NIGHT, connected, met, found).toArrow()


def _small(table: pa.Table, clustered: pa.ChunkedArray) -> pa.Table:
    """Clusters among the accounts that are in no crowd; with one signal only, entities stand for themselves."""
    names = pc.unique(table["account_id"])
    names = pc.take(names, pc.sort_indices(names))
    free = table.filter(pc.invert(pc.is_in(table["account_id"], value_set=clustered.combine_chunks())))
    names_of_signals = pc.unique(free["signal"])
    known = signals.families()
    families = pa.array([known.get(name, name) for name in names_of_signals.to_pylist()], pa.string())
    label = pc.binary_join_element_wise(free["signal"], free["entity"], "\x1f").combine_chunks().dictionary_encode()
    entity = label.indices.to_numpy(zero_copy_only=False).astype(np.int64)
    family = np.arange(len(label.dictionary))
    if len(set(families.to_pylist())) > 1:
        of_row = pc.index_in(
            pc.take(families, pc.index_in(free["signal"], value_set=names_of_signals)), value_set=families
        )
        family[entity] = of_row.to_numpy()
    account = pc.index_in(free["account_id"], value_set=names).to_numpy().astype(np.int64)
    ties = tie_pairs(account, entity, family, len(names), len(names))
    found = np.flatnonzero(ties.cluster >= 0)
    bits = np.round(ties.bits[found], 6)
    return pa.table(
        {
            "account_id": pc.take(names, pa.array(found)),
            "cluster_id": pc.take(names, pa.array(ties.cluster[found])),
            "membership": _membership(pa.array(bits)),
            "bits": bits,
        },
        schema=LINKED,
    )


def _memberships(pieces: pa.Table) -> pa.Table:
    totals = pieces.group_by(["account_id", "cluster_id"]).aggregate([("microbits", "sum")]).sort_by("account_id")
    bits = pc.divide(pc.cast(totals["microbits_sum"], pa.float64()), 1e6)
    columns = [totals["account_id"], totals["cluster_id"], _membership(bits), bits]
    return pa.table([column.combine_chunks() for column in columns], schema=LINKED)


def _membership(bits: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The probability (0..1, six decimals) of log-odds given in bits."""
    return pc.round(pc.divide(1.0, pc.add(1.0, pc.power(2.0, pc.negate(bits)))), 6)

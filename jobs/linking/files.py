"""Only the linking, on any file of observations: the same null model, components and clusters as the nightly run.

Accounts that no crowd explains are then tied in pairs by the rare things they share. Times are not looked at: files have
them or not.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from jobs.campaigns import clusters
from jobs.engine import session
from jobs.errors import UsageError
from jobs.graph.grouping.profiles import Floats, Ints
from jobs.lake.lake import Lake
from jobs.linking.coding import SEPARATOR, Coded, codes
from jobs.linking.crowds import crowds
from jobs.linking.measuring import without_second_names
from jobs.linking.pairs import tie_pairs
from jobs.linking.reading import LeftOut, read_observations
from jobs.linking.writing import check_target, write_linked
from jobs.links import cells, components, entities, incidences
from jobs.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

Scratch: TypeAlias = "Callable[[DataFrame], DataFrame]"
Note: TypeAlias = Callable[[str], None]
LINKED = pa.schema(
    [("account_id", pa.string()), ("cluster_id", pa.string()), ("membership", pa.float64()), ("bits", pa.float64())]
)
NO_SYNCHRONY = "account_id string, signal string, entity string, beats long"
NO_PLACEHOLDER = (
    "signal string, entity string"  # of a file one knows no column in which an import writes what it does not know
)
NO_DECISIONS = "subject_kind string, subject_id string, decision string, decision_id string, decided_at timestamp"
ANY_NIGHT = date(1970, 1, 1)  # the transforms used here do not look at the night
LISTED = 20  # signals that a sentence names
SHORT = 60  # characters of a name that a sentence shows


@dataclass(frozen=True, eq=False)
class Linking:
    """What was found in a file. Per account code: `crowd` (its smallest account, -1: none) by which a profile explains it,
    `cluster`, in which ties of pairs are joined to that, and the `bits` of its membership; `was_weighed`: whether it could be of
    a crowd at all. `second_names`: rows that say a thing again under another signal."""

    file: Coded
    crowd: Ints
    cluster: Ints
    bits: Floats
    was_weighed: npt.NDArray[np.bool_]
    second_names: int

    def table(self) -> pa.Table:
        """Rows of LINKED, by account."""
        found = np.flatnonzero(self.cluster >= 0)
        _, first, place = np.unique(self.cluster[found], return_index=True, return_inverse=True)
        said = np.round(self.bits[found], 6)
        columns = [
            self.file.accounts.take(pa.array(found)),
            self.file.accounts.take(pa.array(found[first][place])),
            membership(pa.array(said)),
            pa.array(said),
        ]
        return pa.table(columns, schema=LINKED)


@dataclass(frozen=True, eq=False)
class Linked:
    """What became of one file: how many accounts it has, how many of them are in how many clusters, how large the biggest ones
    are (`sizes`, falling), what was left out of it, things that so many have that they tie nobody into a crowd (signal, text,
    accounts), and what counts as one fact."""

    population: int
    accounts: int
    clusters: int
    sizes: tuple[int, ...]
    left_out: LeftOut
    second_names: int
    hubs: tuple[tuple[str, str, int], ...]
    one_fact: tuple[tuple[str, ...], ...]
    linking: Linking = field(repr=False)


def link_file(
    source: Path,
    target: Path | None,
    settings: Settings,
    one_fact: Sequence[Collection[str]] = (),
    note: Note = lambda text: None,
    asked: str | None = None,
) -> Linked:
    """Read observations, write account_id, cluster_id, membership, bits to `target`, if one is given.

    `one_fact`: signals declared to say the same (`measure`); `note` is told what is being done; `asked`: an account that the
    file must have. Raises `UsageError` when the file is missing or lacks a column, a declared signal or that account, or the
    target is of another format; `IolausError` when the file cannot be read.
    """
    if target is not None:
        check_target(source, target)
    note(f"reading {source.name}")
    table, left_out = read_observations(source)
    _check_signals(source, table, one_fact)
    if (
        asked is not None
        and pc.index(pa.chunked_array([*table["account_id"].chunks, left_out.accounts]), asked).as_py() < 0
    ):
        raise UsageError(f"--explain names the account {asked[:SHORT]!r}, which {source} does not have: correct it.")
    with session(settings.engine) as spark:
        lake = Lake(settings.root)
        path = lake.folder / "observations.parquet"
        pq.write_table(table, path)
        observations = spark.read.parquet(str(path))
        linking = link(table, observations, lambda frame: lake.scratch(spark, frame), one_fact, note)
    linked = linking.table()
    if target is not None:
        write_linked(linked, target)
    sizes = pc.value_counts(linked["cluster_id"]).field("counts").to_pylist()
    return Linked(
        population=len(linking.file.accounts),
        accounts=linked.num_rows,
        clusters=len(sizes),
        sizes=tuple(sorted(sizes, reverse=True)),
        left_out=left_out,
        second_names=linking.second_names,
        hubs=_hubs(linking.file),
        one_fact=linking.file.measured.one_fact,
        linking=linking,
    )


def link_table(
    table: pa.Table, observations: DataFrame, scratch: Scratch, one_fact: Sequence[Collection[str]] = ()
) -> pa.Table:
    """Rows of LINKED, by account. `table` and `observations` hold the same: account_id, signal, entity, events."""
    return link(table, observations, scratch, one_fact).table()


def link(
    table: pa.Table,
    observations: DataFrame,
    scratch: Scratch,
    one_fact: Sequence[Collection[str]] = (),
    note: Note = lambda text: None,
) -> Linking:
    """As `link_table`, with what explains it."""
    kept = without_second_names(table)
    if kept.num_rows < table.num_rows:
        observations = observations.join(
            observations.sparkSession.createDataFrame(kept.drop(["events"])), on=kept.column_names[:3]
        )
    note(f"measuring {kept.num_rows:,} observations")
    file = Coded.of(kept, one_fact)
    note(f"looking for coincidences among {len(file.accounts):,} accounts")
    component, limit = _cells(file, observations, scratch)
    crowd, bits = crowds(file, component, limit, note)
    note("tying pairs")
    size = len(file.accounts)
    ties = tie_pairs(file.account, file.entity, file.family, size, size, crowd=crowd, differing=file.differing)
    free = crowd < 0
    cluster, bits = np.where(free, ties.cluster, crowd), np.where(free, ties.bits, bits)
    return Linking(file, crowd, cluster, bits, component >= 0, table.num_rows - kept.num_rows)


def membership(bits: pa.Array | pa.ChunkedArray) -> pa.Array | pa.ChunkedArray:
    """The probability (0..1, six decimals) of log-odds given in bits."""
    return pc.round(pc.divide(1.0, pc.add(1.0, pc.power(2.0, pc.negate(bits)))), 6)


def _check_signals(source: Path, table: pa.Table, one_fact: Sequence[Collection[str]]) -> None:
    signals = sorted(pc.unique(table["signal"]).to_pylist())
    for name in (name for declared in one_fact for name in declared):
        if name not in signals:
            others = f" and {len(signals) - LISTED:,} more" if len(signals) > LISTED else ""
            raise UsageError(
                f"--family names the signal {name[:SHORT]!r}, which {source} does not have: it has "
                f"{', '.join(each[:SHORT] for each in signals[:LISTED])}{others}."
            )


def _hubs(file: Coded) -> tuple[tuple[str, str, int], ...]:
    """What more accounts have than may be a side of a cell, the commonest first."""
    many = np.flatnonzero(file.counts > incidences.HUB_SHARE * len(file.accounts))
    ordered = many[np.lexsort((many, -file.counts[many]))].tolist()
    return tuple((*file.name(entity), int(file.counts[entity])) for entity in ordered)


def _cells(file: Coded, observations: DataFrame, scratch: Scratch) -> tuple[Ints, float]:
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
    strata = cells.strata(len(file.families), len(file.accounts))
    found = scratch(cells.transform(ANY_NIGHT, met, known, undecided, scratch, strata))
    connected = components.transform(ANY_NIGHT, met, known, found, undecided, scratch).toArrow()
    limit = found.agg((F.coalesce(F.max("log_tail"), F.lit(0.0)) + clusters.ROUNDED).alias("limit")).collect()[0][0]
    component = np.full(len(file.accounts), -1, dtype=np.int64)
    component[codes(connected["account_id"], file.accounts)] = codes(connected["component"], file.accounts)
    return component, float(limit)

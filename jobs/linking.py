"""Only the linking, on any file of observations: the same null model, components and clusters as the nightly run."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet as pq

from jobs.campaigns import clusters
from jobs.engine import session
from jobs.errors import IolausError, UsageError
from jobs.lake import Lake
from jobs.links import cells, components, entities
from jobs.settings import Settings

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

NEEDED = ("account_id", "signal", "entity")
NO_SYNCHRONY = "account_id string, signal string, entity string, beats long"
BUCKETS = 32  # with one signal only, entities stand for themselves; buckets keep the families few
ANY_NIGHT = date(1970, 1, 1)  # the transforms used here do not look at the night


def link_file(source: Path, target: Path, settings: Settings) -> tuple[int, int]:
    """Read observations, write account_id, cluster_id, membership, bits; gives the numbers of accounts and clusters.

    Raises `UsageError` when the file is missing or lacks a column, `IolausError` when it cannot be read.
    """
    table = _read(source)
    with session(settings.engine) as spark:
        pieces = _link(spark, Lake(settings.root), table)
    linked = _memberships(pieces)
    target.parent.mkdir(parents=True, exist_ok=True)
    aside = target.with_name(target.name + ".tmp")
    pq.write_table(linked, aside)
    aside.replace(target)
    return linked.num_rows, len(pc.unique(linked["cluster_id"]))


def _read(source: Path) -> pa.Table:
    if not source.is_file():
        raise UsageError(f"The observations file {source} does not exist: correct --observations.")
    try:
        if source.suffix == ".csv":
            strings = pa.csv.ConvertOptions(column_types=dict.fromkeys(NEEDED, pa.string()))
            table = pa.csv.read_csv(source, convert_options=strings)
        else:
            table = pq.ParquetFile(source).read()
    except (pa.ArrowInvalid, OSError) as error:
        raise IolausError(f"The observations file {source} cannot be read as {source.suffix or 'Parquet'}.") from error
    missing = [name for name in NEEDED if name not in table.column_names]
    if missing:
        raise UsageError(f"The observations file {source} lacks the column {missing[0]}: it needs {', '.join(NEEDED)}.")
    named = table.select(list(NEEDED)).cast(pa.schema([(name, pa.string()) for name in NEEDED]))
    events = table["events"].cast(pa.int64()) if "events" in table.column_names else None
    counted = named.append_column("events", events or pa.array([1] * table.num_rows, pa.int64()))
    complete = counted.drop_null()
    grouped = complete.group_by(list(NEEDED)).aggregate([("events", "sum")])
    return grouped.rename_columns([*NEEDED, "events"])


def _link(spark: SparkSession, lake: Lake, table: pa.Table) -> pa.Table:
    from pyspark.sql import functions as F

    def scratch(frame: DataFrame) -> DataFrame:
        return lake.scratch(spark, frame)

    path = lake.folder / "observations.parquet"
    pq.write_table(table, path)
    observations = spark.read.parquet(str(path))
    alone = spark.createDataFrame([], NO_SYNCHRONY)
    known = entities.transform(ANY_NIGHT, observations, alone)
    if len(pc.unique(table["signal"])) == 1:
        bucket = F.abs(F.crc32("entity")) % BUCKETS
        known = known.withColumn("family", F.concat(F.lit("bucket"), bucket.cast("string")))
    known = scratch(known)
    found = scratch(cells.transform(ANY_NIGHT, observations, alone, known))
    connected = scratch(components.transform(ANY_NIGHT, observations, alone, known, found, scratch))
    return clusters.transform(ANY_NIGHT, connected, observations, alone, known, found).toArrow()


def _memberships(pieces: pa.Table) -> pa.Table:
    totals = pieces.group_by(["account_id", "cluster_id"]).aggregate([("microbits", "sum")]).sort_by("account_id")
    bits = pc.divide(pc.cast(totals["microbits_sum"], pa.float64()), 1e6)
    odds = pc.power(2.0, pc.negate(bits))
    membership = pc.round(pc.divide(1.0, pc.add(1.0, odds)), 6)
    return pa.table(
        {
            "account_id": totals["account_id"],
            "cluster_id": totals["cluster_id"],
            "membership": membership,
            "bits": bits,
        }
    )

"""Builds the staged tables: rows of the raw zone, checked, pseudonymised, each accepted once or rejected with its reason.

A night is staged from its own partition. Rows that a later partition brings for it are taken in when the night is
rebuilt knowing of them; the night that delivered them then leaves them out, so that every row counts in one night.
Rows of accounts in the erasure register are counted and left out.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from jobs import contracts, landing, store
from jobs.errors import IolausError
from jobs.landing import Delivery, Late, repeats
from jobs.nights import fingerprints, keys, recipes, steps
from jobs.nights.context import Context
from jobs.nights.records import Staged, staged
from jobs.nights.steps import Step
from jobs.privacy import erasures
from jobs.privacy.pseudonyms import Pseudonyms
from jobs.staged import declared

if TYPE_CHECKING:
    import pyarrow as pa
    from pyspark.sql import DataFrame

    from jobs.lake.builds import Build
    from jobs.landing.shapes import RawTable
from jobs.lake.lake import Lake

MAX_NAMED_COLUMNS = 20
_COLUMN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,62}")


@dataclass(frozen=True)
class _Sources:
    """What a night is staged from: its own delivery without the rows of `taken` days, and its rows in `later` ones."""

    own: Delivery
    later: tuple[tuple[Delivery, Late], ...]
    taken: tuple[date, ...]

    @property
    def used_late(self) -> dict[str, str]:
        return {f"{each.ds}": late.digest for each, late in self.later}


@dataclass(frozen=True)
class _Written:
    """What came of the sources: counts, files of accepted and of rejected rows, digest of erased accounts left out, and values that
    could not be read, by column."""

    counted: Mapping[str, int]
    accepted: list[str]
    rejected: list[str]
    left_out: str | None
    unread: Mapping[str, int]


def stage(context: Context, step: Step, night: date, known_on: date | None) -> int | None:
    """Rows staged, or None when nothing changed.

    Raises `IolausError` when a required table was not delivered, `UsageError` when the key is not the lake's.
    """
    raw, root = declared(contracts.load(step.table).table), context.settings.root
    pseudonyms = Pseudonyms.from_environment()
    keys.require_usual(context.lake, pseudonyms)
    key, erased = pseudonyms.key_id, erasures.in_force(context.lake, pseudonyms)
    first_key = pseudonyms.ids[0]
    own = landing.find(root, raw, night)
    if own.ds is None and step.table in steps.REQUIRED:
        raise IolausError(
            f"Table {raw.name} has no delivery for {night}: expected files in raw/{raw.name}/ds={night}/; "
            f"deliver it and run the night again."
        )
    builds = context.lake.builds(step.table)
    last = staged(builds[night]) if night in builds else None
    deliveries = landing.later_deliveries(root, raw, night, max(known_on or night, last.knows if last else night))
    later = [(each, landing.late_rows(each).get(night)) for each in deliveries]
    sources = _Sources(
        own,
        tuple((each, late) for each, late in later if late),
        tuple(day for day in _earlier(step, night) if day in builds and staged(builds[day]).knows >= night),
    )
    before = raw_parts(own.content_hash, sources.used_late, first_key, last.left_out if last else None)
    if context.unchanged(step, night, context.fingerprint(step, night, before)):
        return None
    written = _write(context, step, night, sources, erased, key)
    for delivery in (own, *(each for each, _ in sources.later)):
        landing.require_unchanged(delivery)
    made = context.fingerprint(step, night, raw_parts(own.content_hash, sources.used_late, first_key, written.left_out))
    record = Staged(
        key=key,
        knows=max([night, *(each.ds for each in deliveries if each.ds)]),
        delivery=_delivery_row(sources, written),
        files={file.name: (file.size_bytes, file.changed_ns, file.sha256) for file in own.files},
        rejected_files=written.rejected,
        used_late=sources.used_late,
        brings_late={f"{day}": (each.rows, each.digest) for day, each in landing.late_rows(own).items()},
        left_out=written.left_out,
        first_key=first_key if first_key != key else None,
    )
    build = context.commit(step, night, written.accepted, made, record.properties())
    context.lake.clear_scratch()
    return build.rows


def collect(context: Context, step: Step, night: date) -> int | None:
    """`staged.rejected` and `staged.deliveries`: what all staged tables of the night have to say, in one place."""
    builds = [context.needed(name, night, step) for name in step.reads]
    made = context.fingerprint(step, night)
    if context.unchanged(step, night, made):
        return None
    if step.table == steps.REJECTED:
        files = [path for build in builds for path in staged(build).rejected_files]
    else:
        files = context.lake.write_arrow(step.table, night, delivery_rows(builds))
    return context.commit(step, night, files, made, {}).rows


def files_to_keep(lake: Lake) -> list[str]:
    """Files that no snapshot has yet or any more, and that `staged.rejected` is made from."""
    builds = [build for name in steps.staged_sources() for build in lake.history(name)]
    return [path for build in builds for path in staged(build).rejected_files]


def delivery_rows(builds: Sequence[Build]) -> pa.Table:
    """The rows of `staged.deliveries` that the staged tables of one night give."""
    return contracts.arrow_rows(steps.DELIVERIES, [staged(build).delivery for build in builds])


def raw_parts(content: str | None, late: Mapping[str, str], key: str, left_out: str | None) -> dict[str, object]:
    """What a staged night takes from the raw zone, for its fingerprint; `late` maps partitions to digests.

    `key` is the first of a chain: whatever came after it, the lake is under the whole chain, and a night that was brought under it
    is as it would be staged.
    """
    return {"content": content, "late": dict(late), "key": key, "left_out": left_out}


def _earlier(step: Step, night: date) -> list[date]:
    """The nights that may hold a fact which tonight's delivery repeats; none for snapshots."""
    return recipes.reads(step, night).get(step.table, [])


def _write(context: Context, step: Step, night: date, sources: _Sources, erased: frozenset[str], key: str) -> _Written:
    raw, lake = sources.own.raw, context.lake
    if sources.own.ds is None and not sources.later:
        counts = ("landed", "staged", "duplicates", "contradictions", "rejected", "erased", "late")
        return _Written(dict.fromkeys(counts, 0), [], [], None, {})
    paths = lake.paths(steps.NETWORKS, night, night) if steps.NETWORKS in step.reads else []
    networks = str(store.place(paths[0]).parent) if paths else None
    read = functools.partial(
        landing.parse,
        context.spark,
        night=night,
        networks_path=networks,
        erased=erased,
        tasks=context.settings.tasks,
        key=key,
    )
    rows = read(sources.own, without=sources.taken)
    for delivery, _ in sources.later:
        rows = rows.unionByName(read(delivery, only=night))
    parsed = lake.scratch(context.spark, rows)
    landed = parsed.count()
    found = _repeats(context, parsed, landed, raw, _staged_before(context, step, night))
    duplicates, contradictions = repeats.counts(found)
    accepted, rejected = landing.split(parsed, raw, found if duplicates else None)
    accepted_files = lake.write_files(step.table, night, accepted)
    refused_files = lake.write_files(steps.REJECTED, night, rejected)
    gone = landing.count_erased(parsed) if erased else {}
    counted = {
        "landed": landed,
        "staged": _rows(accepted_files),
        "duplicates": duplicates,
        "contradictions": contradictions,
        "rejected": _rows(refused_files),
        "erased": sum(gone.values()),
        "late": sum(late.rows for _, late in sources.later),
    }
    left_out = fingerprints.digest(sorted(gone)) if gone else None
    return _Written(counted, accepted_files, refused_files, left_out, landing.count_unread(parsed))


def _repeats(context: Context, parsed: DataFrame, landed: int, raw: RawTable, earlier: DataFrame | None) -> DataFrame:
    """Repeated keys, looked for in as many parts as bound what is held at once; stored, as they are few."""
    parts = max(1, -(-landed // repeats.ROWS_AT_ONCE))
    found = [
        context.lake.scratch(context.spark, repeats.find(parsed, raw, earlier, part, parts)) for part in range(parts)
    ]
    return functools.reduce(lambda one, other: one.unionByName(other), found)


def _staged_before(context: Context, step: Step, night: date) -> DataFrame | None:
    nights = [day for day in _earlier(step, night) if day in context.lake.builds(step.table)]
    return context.lake.read(context.spark, step.table, nights[0], nights[-1]) if nights else None


def _rows(files: list[str]) -> int:
    return sum(store.parquet(path).metadata.num_rows for path in files)


def _delivery_row(sources: _Sources, written: _Written) -> dict[str, object]:
    own = sources.own
    return {
        "table_name": own.raw.name,
        "delivered_on": own.ds.isoformat() if own.ds else None,
        "files": len(own.files),
        "bytes": own.size_bytes,
        **written.counted,
        "content_hash": own.content_hash,
        "unknown_columns": named_columns(own.unknown_columns),
        "missing_columns": ",".join(sorted(own.missing_columns)) or None,
        "unread_values": ", ".join(f"{name} {count}" for name, count in sorted(written.unread.items())) or None,
        "note": None if own.ds else f"Table {own.raw.name} {_absence(own)} and reads as empty.",
    }


def named_columns(names: Collection[str]) -> str | None:
    """Columns that nobody declared, as text: a few of those that look like a column's name; the others are counted, since a
    producer that confuses names with values may have put anything there. None for none."""
    plain = sorted(name for name in names if _COLUMN_NAME.fullmatch(name))[:MAX_NAMED_COLUMNS]
    others = len(names) - len(plain)
    return ",".join([*plain, *([f"{others} more"] if others else [])]) or None


def _absence(own: Delivery) -> str:
    if own.last_before is None:
        return "was never delivered"
    return f"was not delivered (its last delivery is of {own.last_before})"

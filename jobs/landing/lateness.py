"""Rows that a later partition delivers for an earlier day: which days they are of, how many, and what they say.

Only tables that declare how late a fact may be (`late_days`) have such rows; the facts of all others count for the night
that delivers them.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from jobs.landing import formats
from jobs.landing.files import Delivery, RawFile, find
from jobs.landing.formats import Block
from jobs.landing.shapes import RawTable
from jobs.landing.values import Conformed


@dataclass(frozen=True)
class Late:
    """The rows of one day within a later delivery: their number, and a digest that any change of one of them changes."""

    rows: int
    digest: str


def late_rows(delivery: Delivery) -> dict[date, Late]:
    """Per earlier day, the rows that `delivery` brings for it. Reads the files without an engine or a key."""
    raw = delivery.raw
    if delivery.ds is None or raw.event_at is None or not raw.late_days:
        return {}
    digests: dict[date, list[bytes]] = {}
    first, last = delivery.ds - timedelta(days=raw.late_days), delivery.ds - timedelta(days=1)
    moments = replace(raw, fields=tuple(each for each in raw.fields if each.name == raw.event_at))

    def late(table: RawTable, file: RawFile, part: int) -> Iterator[Block]:
        for block in formats.blocks(table, file.path, file.name, part):
            wanted = within(event_days(table, block), first, last)
            if wanted.any():
                yield kept(block, wanted)

    for file in delivery.files:
        for part in range(file.parts):
            if formats.is_columnar(file.path) and not any(late(moments, file, part)):
                continue  # told by one column: most parts of most deliveries bring nothing late
            for block in late(raw, file, part):
                for day, digest in zip(event_days(raw, block).to_pylist(), _digests(block), strict=True):
                    digests.setdefault(day, []).append(digest)
    return {
        day: Late(len(each), hashlib.sha256(b"".join(sorted(each))).hexdigest()[:32])
        for day, each in sorted(digests.items())
    }


def later_deliveries(root: Path, raw: RawTable, night: date, until: date) -> list[Delivery]:
    """What was delivered after `night`, to `until` at most, and within the days that a row of it may be late."""
    last = min(until, night + timedelta(days=raw.late_days or 0))
    days = [night + timedelta(days=n + 1) for n in range((last - night).days)]
    return [found for found in (find(root, raw, day) for day in days) if found.ds is not None]


def event_days(raw: RawTable, block: Block) -> pa.Array:
    """UTC day of every row; null where the row does not say when it happened."""
    assert raw.event_at is not None
    moments = block.columns[raw.event_at].values
    return pc.floor_temporal(moments.cast(pa.timestamp("us")), unit="day").cast(pa.date32())


def within(days: pa.Array, first: date, last: date) -> Any:
    """Mask of the rows whose day lies from `first` to `last`."""
    inside = pc.and_(
        pc.greater_equal(days, pa.scalar(first, pa.date32())), pc.less_equal(days, pa.scalar(last, pa.date32()))
    )
    return inside.fill_null(False).to_numpy(zero_copy_only=False)


def kept(block: Block, wanted: Any) -> Block:
    """The rows of a block that a mask names."""
    rows = np.flatnonzero(wanted)
    place = {int(row): number for number, row in enumerate(rows)}

    def moved(by_row: Mapping[int, Any]) -> dict[int, Any]:
        return {place[row]: each for row, each in by_row.items() if row in place}

    columns = {
        name: Conformed(each.values.take(pa.array(rows)), moved(each.failed)) for name, each in block.columns.items()
    }
    return Block(len(rows), columns, moved(block.unreadable))


def _digests(block: Block) -> list[bytes]:
    columns = {name: each.values.to_pylist() for name, each in block.columns.items()}
    failed = {name: each.failed for name, each in block.columns.items() if each.failed}
    return [
        hashlib.sha256(
            json.dumps(
                [[values[row] for values in columns.values()], {name: each.get(row) for name, each in failed.items()}],
                default=str,
            ).encode()
        ).digest()
        for row in range(block.rows)
    ]

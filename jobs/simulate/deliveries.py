"""How requests reach the raw zone: most on their own day, some late, some twice, a few broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa

from jobs.simulate.traffic import Piece

LATE_SHARE = 0.01
REPEAT_SHARE = 0.001
BROKEN_SHARE = 0.0005
LATEST = 3  # days


@dataclass
class Backlog:
    """Rows that wait for a later delivery date (day of the world -> tables)."""

    waiting: dict[int, list[pa.Table]] = field(default_factory=dict)

    def put(self, day: int, rows: pa.Table) -> None:
        if rows.num_rows:
            self.waiting.setdefault(day, []).append(rows)

    def due(self, day: int) -> list[pa.Table]:
        return self.waiting.pop(day, [])


def deliver(
    rng: np.random.Generator, made: Piece, day: int, last_day: int, backlog: Backlog, add: Callable[[pa.Table], None]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Hand on what arrives today, keep the rest; returns which requests arrive whole within the world."""
    count = made.rows.num_rows
    lag = np.where(rng.random(count) < LATE_SHARE, rng.integers(1, LATEST + 1, count), 0)
    repeated = np.flatnonzero(rng.random(count) < REPEAT_SHARE)
    repeat_lag = np.minimum(lag[repeated] + rng.integers(0, 2, len(repeated)), LATEST)
    broken = np.flatnonzero(rng.random(count) < BROKEN_SHARE)
    rows = with_faults(made.rows, broken)
    add(rows.filter(pa.array(lag == 0)))
    for late in range(LATEST + 1):
        if late:
            backlog.put(day + late, rows.filter(pa.array(lag == late)))
        again = rows.take(pa.array(repeated[repeat_lag == late]))
        if late:
            backlog.put(day + late, again)
        else:
            add(again)
    whole = day + lag <= last_day
    whole[broken] = False
    return whole


def with_faults(rows: pa.Table, broken: np.ndarray[tuple[int], np.dtype[np.int64]]) -> pa.Table:
    """Break some rows in turn: a negative token count, an address that is none, no account."""
    if len(broken) == 0:
        return rows
    for kind, (name, value) in enumerate((("input_tokens", -1), ("client_address", "none:0"), ("account_id", None))):
        chosen = np.zeros(rows.num_rows, bool)
        chosen[broken[kind::3]] = True
        at = rows.schema.get_field_index(name)
        field_type = rows.schema.field(name).type
        fixed = pa.compute.if_else(pa.array(chosen), pa.scalar(value, field_type), rows.column(name))
        rows = rows.set_column(at, rows.schema.field(name), fixed)
    return rows

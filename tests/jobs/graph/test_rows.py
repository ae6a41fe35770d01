"""Groups arrive mixed, in batches that begin and end anywhere, and leave whole."""

from __future__ import annotations

from itertools import pairwise
from random import Random

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from jobs.graph.rows import whole_groups


@given(st.lists(st.integers(1, 5), max_size=8), st.lists(st.integers(0, 30), max_size=6), st.randoms())
def test_whatever_the_batches_every_group_is_whole(sizes: list[int], cuts: list[int], chance: Random) -> None:
    rows = [(f"c{number}", place) for number, size in enumerate(sizes) for place in range(size)]
    chance.shuffle(rows)
    schema = pa.schema([("component", pa.string()), ("place", pa.int64())])
    bounds = [0, *sorted(min(cut, len(rows)) for cut in cuts), len(rows)]
    batches = [
        pa.RecordBatch.from_pylist([{"component": c, "place": p} for c, p in rows[low:high]], schema)
        for low, high in pairwise(bounds)
    ]
    found = [sorted(table.to_pylist(), key=str) for table in whole_groups(batches, "component")]
    assert found == [
        [{"component": f"c{number}", "place": place} for place in range(size)] for number, size in enumerate(sizes)
    ]

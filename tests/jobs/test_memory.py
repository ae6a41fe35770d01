"""What a run may take of memory is read, split and held to, and whoever needs more is told in one sentence."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pyspark.sql import functions as F

from jobs import memory
from jobs.engine import session
from jobs.errors import UsageError
from jobs.settings import MEMORY, settings

GROWING = """
from jobs import memory
with memory.watched(memory.taken() + (300 << 20)):
    held = []
    while True:
        held.append(bytearray(b"x") * (10 << 20))
"""


@pytest.mark.parametrize(
    ("text", "size"),
    [("8GB", 8 * 10**9), ("8 GiB", 8 << 30), ("7.5g", 7_500_000_000), ("2000M", 2 * 10**9), ("4294967296", 4 << 30)],
)
def test_an_amount_is_read_as_people_write_it(text: str, size: int) -> None:
    assert memory.amount(text, MEMORY) == size


@pytest.mark.parametrize("text", ["lots", "8", "-8GB", "8XB", "512MB", "1e9 GB", "8GB 8GB", "nanGB"])
def test_what_is_no_amount_is_refused_where_it_is_read(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(MEMORY, text)
    with pytest.raises(UsageError, match=rf"^{MEMORY} is .* set it to such as 8GB\.$"):
        settings(tmp_path)


def test_few_row_groups_are_parsed_at_once_where_memory_is_short() -> None:
    assert [memory.tasks(size << 30, 8) for size in (1, 2, 4, 8, 64)] == [1, 1, 2, 4, 8]


def test_a_process_that_takes_more_ends_with_a_sentence() -> None:
    ended = subprocess.run([sys.executable, "-c", GROWING], capture_output=True, text=True, env=os.environ, check=False)
    assert ended.returncode == memory.EXIT_CODE
    assert ended.stderr.startswith("error: This needs more than the 0.")
    assert ended.stderr.count("\n") == 1


def test_the_engine_spills_what_it_groups_by_and_says_when_it_cannot() -> None:
    with session("sail", 64 << 20) as spark:
        rows = spark.range(0, 3_000_000, 1, 4).select(
            F.concat(F.lit("account "), F.col("id").cast("string")).alias("key")
        )
        assert rows.groupBy("key").agg(F.count("*").alias("n")).where("n > 1").count() == 0
        with pytest.raises(Exception, match="allocate") as raised:
            rows.join(rows.select("key"), on="key").count()
        assert memory.is_exhausted(raised.value)

"""Intermediate frames that an iterative algorithm materialises, so that it does not repeat its past."""

from __future__ import annotations

import contextlib
import time
import uuid
from pathlib import Path
from typing import TYPE_CHECKING

from jobs import store

if TYPE_CHECKING:
    from pyspark.sql import DataFrame, SparkSession

LEFT_OVER_SECONDS = 86_400  # no step takes a day


class Scratch:
    """A folder of this process below `folder`; steps may run side by side in other processes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._own = folder / uuid.uuid4().hex

    def stored(self, spark: SparkSession, frame: DataFrame) -> DataFrame:
        """The frame, materialised once."""
        path = self._own / uuid.uuid4().hex
        frame.write.parquet(str(path))
        return spark.read.schema(frame.schema).parquet(str(path))

    def clear(self, left_over_seconds: float) -> None:
        """Remove what was stored, here or long ago in a process that was killed."""
        store.remove_tree(self._own)
        for other in self._folder.glob("*"):
            with contextlib.suppress(OSError):
                if time.time() - store.changed(other) >= left_over_seconds:
                    store.remove_tree(other)

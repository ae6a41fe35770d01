"""One row per model in the snapshot in force, with the moment it was released."""

from __future__ import annotations

from jobs.landing.shapes import SNAPSHOT, Field, RawTable

RAW = RawTable(
    name="model_releases",
    kind=SNAPSHOT,
    fields=(Field("model", required=True), Field("released_at", "timestamp", required=True)),
    key=("model",),
)

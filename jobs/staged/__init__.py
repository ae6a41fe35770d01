"""One clean, pseudonymised row per declared key: what was delivered, typed, flagged, and never dropped silently.

Each module declares one raw table (`RAW`): its fields as the input contract fixes them, its key, and the staged columns
that are more than the raw field of the same name. Reading, checking and deduplicating are the same for all tables
and live in jobs.landing.
"""

from __future__ import annotations

import importlib

from jobs.landing.shapes import RawTable


def declared(table: str) -> RawTable:
    """The raw table that `jobs/staged/<table>.py` declares."""
    raw: RawTable = importlib.import_module(f"jobs.staged.{table}").RAW
    return raw

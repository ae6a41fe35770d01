"""Lake and warehouse must agree on the nights there are: what one of them lost is not taken for a first night."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from jobs.errors import IolausError
from jobs.lake.lake import Lake
from jobs.nights import steps
from jobs.warehouse import Warehouse

MAX_NAMED = 3


def disagreement(lake: Lake, warehouse: Warehouse, before: date = date.max) -> str | None:
    """What one of them lacks of the nights before a day, in one sentence with the way back; None when they agree.

    A run that was killed while it published leaves a night in the warehouse that the lake has judged, but not recorded as
    published: running it again ends that.
    """
    published = {night for night in warehouse.nights() if night < before}
    if lost := published - set(lake.builds(steps.JUDGED)):
        return (
            f"The warehouse has {_named(lost)}, which the lake does not know: the lake was lost, or is an older copy; put lake "
            f"and warehouse back from one backup, or build again with `iolaus backfill` from {min(lost)} on."
        )
    if lost := {night for night in lake.builds(steps.RUNS) if night < before} - published:
        return (
            f"The warehouse lacks {_named(lost)}, which the lake has published: it was lost, or is an older copy; put it back "
            f"from a backup, or run `iolaus doctor --mend` to publish from the lake."
        )
    return None


def require(lake: Lake, warehouse: Warehouse, night: date) -> None:
    """Raises `IolausError` when lake and warehouse do not agree on the history of a night.

    What is later than the night does not matter to it: a lake that was deleted is built again from its first night on.
    """
    if sentence := disagreement(lake, warehouse, night):
        raise IolausError(sentence)


def _named(nights: Collection[date]) -> str:
    first = ", ".join(f"{night}" for night in sorted(nights)[:MAX_NAMED])
    return f"{'night' if len(nights) == 1 else 'nights'} {first}" + (
        f" and {len(nights) - MAX_NAMED} more" if len(nights) > MAX_NAMED else ""
    )

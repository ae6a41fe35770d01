"""What becomes of a night, told to those who watch over it: log lines, metrics, lineage events, one message per refused night."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from jobs import logs, settings
from jobs.lake.lake import Lake
from jobs.nights.listening import Listener, Listeners
from jobs.telemetry.alerts import Alert
from jobs.telemetry.logged import Logged
from jobs.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from jobs.settings import Settings


def listener(chosen: Settings) -> Listeners:
    """Everything that listens to the nights of one command, as the environment has it."""
    run = str(uuid.uuid4())
    logs.everywhere(run=run, dag_run=settings.dag_run())
    lake = Lake(chosen.root, chosen.catalog)
    each: list[Listener] = [Logged(), Metrics(chosen.root, lake, chosen.engine, settings.collected_metrics())]
    if command := settings.alert_command():
        each.append(Alert(lake, chosen.root, *command))
    if settings.has_lineage():
        from jobs.telemetry.lineage import Lineage

        parent, root = settings.lineage_parent(), settings.lineage_parent(is_root=True)
        each.append(Lineage(lake, settings.lineage_namespace(), parent, root))
    return Listeners(each)

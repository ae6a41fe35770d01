"""After an import, in Superset's own environment: let it hold what the files say, and nothing that they no longer say.

`superset import-directory` adds and changes, and only logs what it could not read. So here what was removed from the files is
removed, dashboards let go of charts that moved, and whatever did not arrive is named. What people made in Superset stays, and what
it stands on: only what is marked as managed from outside was ever imported.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

KINDS = ("dashboards", "charts", "datasets", "databases")  # in the order in which they can go
ADMIN = "admin"


def wanted(folder: Path) -> dict[str, dict[str, dict[str, Any]]]:
    """Per kind what the files say, by uuid."""
    found = {}
    for kind in KINDS:
        said = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted((folder / kind).glob("*.yaml"))]
        found[kind] = {each["uuid"]: each for each in said}
    return found


def surplus(held: Iterable[tuple[str, bool]], said: Iterable[str]) -> list[str]:
    """The uuids that Superset holds, each with whether it is managed from outside, that came from files that are gone."""
    kept = set(said)
    return sorted(uuid for uuid, managed in held if managed and uuid not in kept)


def missing(held: Iterable[tuple[str, bool]], said: Mapping[str, Any]) -> list[str]:
    """The uuids that the files say and Superset does not hold."""
    return sorted(said.keys() - {uuid for uuid, _ in held})


def charts_of(dashboard: Mapping[str, Any]) -> set[str]:
    """The uuids of the charts that a dashboard shows."""
    return {
        each["meta"]["uuid"]
        for each in dashboard["position"].values()
        if isinstance(each, dict) and each["type"] == "CHART"
    }


def main() -> None:
    """Reconcile with the import in the folder that is named; the password of the first user is read from the file that is."""
    from superset.app import create_app

    folder, password = Path(sys.argv[1]), Path(sys.argv[2]).read_text()
    with create_app().app_context():
        _admin(password)
        sys.exit(_reconciled(wanted(folder)))


def _reconciled(said: Mapping[str, dict[str, dict[str, Any]]]) -> str | None:
    """What is wrong afterwards, in one sentence, or None."""
    from superset import db
    from superset.connectors.sqla.models import SqlaTable
    from superset.models.core import Database
    from superset.models.dashboard import Dashboard
    from superset.models.slice import Slice

    models = {"dashboards": Dashboard, "charts": Slice, "datasets": SqlaTable, "databases": Database}
    for dashboard in db.session.query(Dashboard):
        if one := said["dashboards"].get(str(dashboard.uuid)):
            shown = charts_of(one)
            dashboard.slices = [chart for chart in db.session.query(Slice) if str(chart.uuid) in shown]
    for kind, model in models.items():
        objects = {str(each.uuid): each for each in db.session.query(model)}
        held = [(uuid, bool(each.is_managed_externally)) for uuid, each in objects.items()]
        if lost := missing(held, said[kind]):
            return f"error: {len(lost)} of {len(said[kind])} {kind} were not imported: see what Superset logged above."
        for gone in (objects[uuid] for uuid in surplus(held, said[kind])):
            stands_on_it = {"datasets": Slice.datasource_id, "databases": SqlaTable.database_id}.get(kind)
            if stands_on_it is not None and db.session.query(stands_on_it).filter(stands_on_it == gone.id).count():
                sys.stdout.write(f"kept of {kind}: {_title(gone)}, which somebody's own work stands on\n")
                continue
            sys.stdout.write(f"removed from {kind}: {_title(gone)}\n")
            db.session.delete(gone)
        db.session.flush()
    db.session.commit()
    return None


def _title(held: Any) -> str:
    """What people call it."""
    return str(getattr(held, "dashboard_title", held))


def _admin(password: str) -> None:
    """Let there be a first user with this password."""
    from superset import security_manager

    if user := security_manager.find_user(ADMIN):
        security_manager.reset_password(user.id, password)
    else:
        role = security_manager.find_role("Admin")
        security_manager.add_user(ADMIN, "Iolaus", "Admin", "admin@localhost", role, password)


if __name__ == "__main__":
    main()

"""What Superset reads at start, by SUPERSET_CONFIG_PATH. `infra.superset.up` sets the variables and writes the key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from sqlalchemy.engine import make_url

_home = Path(os.environ["SUPERSET_HOME"])
_warehouse = make_url(os.environ["IOLAUS_WAREHOUSE"])
# Taken out of the environment: libpq would offer it to every server that somebody names in a connection.
_password = os.environ.pop("PGPASSWORD", None)

SECRET_KEY = (_home / "secret_key").read_text()
SQLALCHEMY_DATABASE_URI = f"sqlite:///{_home / 'superset.db'}?check_same_thread=false"
SUPERSET_WEBSERVER_TIMEOUT = 60
TALISMAN_ENABLED = True
SESSION_COOKIE_SAMESITE = "Strict"


def _with_password(uri: Any, parameters: dict[str, Any], *_: object) -> tuple[Any, dict[str, Any]]:
    """The address with the password, for the warehouse's server and user alone; it is stored nowhere."""
    same = _place(uri) == _place(_warehouse)
    return (uri.set(password=_password) if _password and same else uri), parameters


def _place(uri: Any) -> tuple[object, ...]:
    """Whom a connection reaches and as whom; libpq reads hosts from the query too."""
    return uri.drivername, uri.host, uri.port, uri.username, dict(uri.query)


DB_CONNECTION_MUTATOR = _with_password

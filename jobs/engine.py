"""The Spark Connect session: embedded Sail, local JVM Spark, or any Spark Connect server.

Jobs see only a `SparkSession`; which engine answers is decided here and nowhere else.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from jobs import liveness, memory, settings, store
from jobs.errors import IolausError

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SHUFFLE_PARTITIONS = 4  # nights of this size are small: more partitions only cost task starts
COMMON = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
}
LOCAL_PORT = 15002  # where a local Spark Connect server listens; PySpark offers no other
LOCAL_JVM = {
    "spark.connect.grpc.binding.address": "localhost",  # else every interface of the machine
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
    "spark.hadoop.fs.permissions.umask-mode": "077",  # Hadoop has an umask of its own: files 0600, folders 0700
    "spark.log.level": "FATAL",
    "spark.sql.shuffle.partitions": str(SHUFFLE_PARTITIONS),
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}  # most of these are fixed when the JVM starts, so they go on its command line


@contextlib.contextmanager
def session(engine: str, limit: int | None = None) -> Iterator[SparkSession]:
    """A session on `engine` (`sail`, `spark` or `sc://host:port`), closed and its server stopped at the end.

    `limit`: bytes that an engine on this machine may hold; the usual share of the machine where it is not given. A server's
    token comes from the environment and is in no message. Raises `IolausError` when the engine cannot be reached or started.
    """
    os.environ["PYSPARK_PYTHON"] = sys.executable
    os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    os.environ["TZ"] = "UTC"
    # Ranking every pair of entities is one order over all of them, by design (false-discovery control).
    warnings.filterwarnings("ignore", message=".*No Partition Defined for Window operation.*")
    warnings.filterwarnings("ignore", message=".*RETRIES_EXCEEDED.*")  # a sentence follows
    with contextlib.ExitStack() as cleanup:
        try:
            spark = _connect(engine, limit or memory.of_engine(memory.usual()), cleanup)
            for option, value in COMMON.items():
                spark.conf.set(option, value)
        except Exception as error:
            reason = str(error).splitlines()[0] if str(error) else type(error).__name__
            reason = reason.replace(settings.engine_token() or "\0", "[token]")
            raise IolausError(f"The engine {engine} cannot be used ({reason}); check IOLAUS_ENGINE.") from error
        try:
            yield spark
        except Exception as error:
            if liveness.is_lost(error):
                raise IolausError(liveness.lost(engine)) from error
            raise


def _connect(engine: str, limit: int, cleanup: contextlib.ExitStack) -> SparkSession:
    if engine == "sail":
        return _sail(limit, cleanup)
    from pyspark.sql import SparkSession

    if engine == "spark":
        _require_free_port()
        own = LOCAL_JVM | {"spark.driver.memory": f"{limit >> 20}m"}
        options = " ".join(f"--conf {option}={value}" for option, value in own.items())
        os.environ["PYSPARK_SUBMIT_ARGS"] = f"{options} pyspark-shell"
        spark, url = SparkSession.builder.remote("local[*]").getOrCreate(), f"sc://localhost:{LOCAL_PORT}"
    else:
        url = address(engine, settings.engine_token())
        liveness.require_answer(url)
        spark = SparkSession.builder.remote(url).create()  # never one that this process has already, of another engine
    cleanup.callback(liveness.bounded(spark.stop))
    liveness.impatient(spark.client)
    cleanup.enter_context(liveness.watched(spark.client, url))
    return spark


def address(engine: str, token: str | None) -> str:
    """What PySpark connects to: the engine with its token, which PySpark sends in clear to `localhost` alone."""
    if token is None:
        return engine
    place, separator, options = engine.partition("/;")
    if not separator and settings.is_on_this_machine(engine):
        place = f"sc://localhost:{urlsplit(place).port or LOCAL_PORT}"
    return f"{place.rstrip('/')}/;{options + ';' if options else ''}token={quote(token, safe='')}"


def _require_free_port() -> None:
    with socket.socket() as probe:
        if probe.connect_ex(("127.0.0.1", LOCAL_PORT)) == 0:
            raise IolausError(
                f"port {LOCAL_PORT} is taken, most likely by another local Spark: wait for it to end, "
                f"or use it with IOLAUS_ENGINE=sc://localhost:{LOCAL_PORT}"
            )


def _sail(limit: int, cleanup: contextlib.ExitStack) -> SparkSession:
    os.environ.setdefault("RUST_LOG", "error")
    os.environ["SAIL_RUNTIME__MEMORY_POOL__TYPE"] = "fair"  # what sorts and groups spills before its part is full
    os.environ["SAIL_RUNTIME__MEMORY_POOL__FAIR__MAX_SIZE"] = str(limit)
    if endpoint := store.endpoint():  # the engine knows it by other names, and looks once, when it starts
        os.environ["AWS_ENDPOINT"] = endpoint
        os.environ["AWS_ALLOW_HTTP"] = str(endpoint.startswith("http://")).lower()
    from pysail.spark import SparkConnectServer
    from pyspark.sql import SparkSession

    server = SparkConnectServer(port=0)
    server.start(background=True)
    cleanup.callback(liveness.bounded(server.stop))
    _, port = server.listening_address
    spark = SparkSession.builder.remote(f"sc://127.0.0.1:{port}").create()
    cleanup.callback(liveness.bounded(spark.stop))
    liveness.impatient(spark.client)
    return spark

"""Whether an engine elsewhere still answers: one that was ended, froze, or was cut off ends the command with a sentence.

PySpark tries for ten minutes to reach a server that is gone, and waits for ever for one that keeps a connection and says nothing.
"""

from __future__ import annotations

import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from jobs.errors import IolausError

if TYPE_CHECKING:
    from pyspark.sql.connect.client import SparkConnectClient

CONNECT_SECONDS = 10.0  # to greet whoever connects
ANSWER_SECONDS = 10.0  # for a question that costs nothing
SILENCE_SECONDS = 30.0  # long enough for a server that collects garbage, short enough for whoever waits
LOOKS_EVERY_SECONDS = 5.0
STOP_SECONDS = 2.0
RETRIES = {"max_retries": 6, "max_backoff": 4000}  # about ten seconds of trying
_LOST = re.compile(
    r"StatusCode\.UNAVAILABLE|Channel closed|closed channel|Connection refused|Socket closed|UNAVAILABLE:"
)


def require_answer(url: str) -> None:
    """Raises `IolausError` when nobody at `url` (as PySpark takes it) greets as a server of this protocol does."""
    import grpc
    from pyspark.sql.connect.client import DefaultChannelBuilder

    builder = DefaultChannelBuilder(url)
    with builder.toChannel() as channel:
        try:
            grpc.channel_ready_future(channel).result(timeout=CONNECT_SECONDS)
        except grpc.FutureTimeoutError:
            raise IolausError(
                f"no Spark Connect server answers at {builder.endpoint} within {CONNECT_SECONDS:.0f} s"
            ) from None


@contextlib.contextmanager
def watched(client: SparkConnectClient, url: str) -> Iterator[None]:
    """Within it, a server that says nothing for SILENCE_SECONDS fails what waits for it; `is_lost` knows the error."""
    import grpc
    from pyspark.sql.connect.client import DefaultChannelBuilder
    from pyspark.sql.connect.proto import base_pb2_grpc

    ended = threading.Event()
    builder = DefaultChannelBuilder(url)
    question = client._config_request_with_metadata()
    question.operation.get.keys.append("spark.sql.session.timeZone")

    def watch() -> None:
        heard = time.monotonic()
        with builder.toChannel() as channel:
            asked = base_pb2_grpc.SparkConnectServiceStub(channel).Config  # type: ignore[no-untyped-call]
            while not ended.wait(LOOKS_EVERY_SECONDS):
                try:
                    asked(question, timeout=ANSWER_SECONDS, metadata=builder.metadata())
                except grpc.RpcError as error:
                    silent = error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)
                    if silent and time.monotonic() - heard > SILENCE_SECONDS:
                        client._channel.close()
                        return
                    if silent:
                        continue
                heard = time.monotonic()

    threading.Thread(target=watch, name="liveness", daemon=True).start()
    try:
        yield
    finally:
        ended.set()


def impatient(client: SparkConnectClient) -> None:
    """Let a client give up on a server that is gone after seconds."""
    from pyspark.sql.connect.client.retries import DefaultPolicy

    options: dict[str, Any] = dict(RETRIES)
    client.set_retry_policies([DefaultPolicy(**options)])


def bounded(stop: Callable[[], object]) -> Callable[[], None]:
    """A call that is waited for STOP_SECONDS: what cannot be reached any more cannot be told to stop."""

    def quietly() -> None:
        with contextlib.suppress(Exception):
            stop()

    def call() -> None:
        stopping = threading.Thread(target=quietly, name="stop", daemon=True)
        stopping.start()
        stopping.join(STOP_SECONDS)

    return call


def is_lost(error: BaseException) -> bool:
    """Whether a call failed because the engine is not there any more."""
    import grpc

    if isinstance(error, IolausError):
        return False  # it says already who was lost, as a warehouse whose server refuses connections
    code = getattr(error, "_grpc_status_code", None) or (error.code() if isinstance(error, grpc.Call) else None)
    return code is grpc.StatusCode.UNAVAILABLE or bool(_LOST.search(str(error)))


def lost(engine: str) -> str:
    """What is said then."""
    return (
        f"The engine {engine} was lost: it ended or does not answer any more. See that it runs and has enough memory, then run the "
        f"command again; every step that was finished stands, and the last published night is untouched."
    )

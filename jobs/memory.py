"""How much memory a run may take: the machine's or its container's, what the engine may hold of it, and a watch over the rest.

The engine spills what it sorts and groups by before its share is full. What Python holds (parsed row groups, one component of
accounts) has no such limit, so the process is watched: one that takes more ends with a sentence before the system kills it
without one. Whatever is killed leaves no half night.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path

from jobs import logs
from jobs.errors import UsageError

USUAL_SHARE = 0.75  # of the machine: the rest is the system's and its file cache's
ENGINE_SHARE = 0.4  # of the run: staging holds as much in Python beside it
TASK_BYTES = 512 << 20  # a row group while it is parsed
LEAST_BYTES = 1 << 30
LOOKS_PER_SECOND = 5
EXIT_CODE = 1
_GROUPS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))
_EXHAUSTED = re.compile(r"Failed to allocate additional|Resources exhausted|OutOfMemoryError|Java heap space")
_AMOUNT = re.compile(r"(\d+(?:\.\d+)?)\s*([kMGT]?)(i?)B?", re.IGNORECASE)


def amount(text: str, name: str) -> int:
    """Bytes of an amount as `8GB` or `7.5 GiB`. Raises `UsageError`, naming the variable `name`."""
    found = _AMOUNT.fullmatch(text.strip())
    base = 1024 if found and found[3] else 1000
    size = int(float(found[1]) * base ** " kmgt".index(found[2].lower() or " ")) if found else 0
    if size < LEAST_BYTES:
        raise UsageError(f"{name} is {text!r}, which is no amount of memory of 1 GiB or more: set it to such as 8GB.")
    return size


def usual() -> int:
    """Bytes: three quarters of the machine, or of the container where that has less."""
    sizes = [os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")]
    for path in _GROUPS:
        with contextlib.suppress(OSError, ValueError):
            sizes.append(int(path.read_text()))
    return int(USUAL_SHARE * min(sizes))


def of_engine(limit: int) -> int:
    """Bytes that the engine may hold of a run's `limit`."""
    return int(ENGINE_SHARE * limit)


def tasks(limit: int, cores: int) -> int:
    """Row groups that are parsed at once: one per core as long as they fit beside the engine."""
    return max(1, min(cores, int((1 - ENGINE_SHARE) * limit / 2) // TASK_BYTES))


def is_exhausted(error: BaseException) -> bool:
    """Whether an engine gave up for want of memory: what it joins by, unlike what it sorts, cannot be spilled."""
    return isinstance(error, MemoryError) or bool(_EXHAUSTED.search(str(error)))


def exceeded(limit: int) -> str:
    """What is said of a run that needs more."""
    return (
        f"This needs more than the {limit / 1e9:.1f} GB that a run may take here: raise IOLAUS_MEMORY, "
        f"or let a cluster do it with IOLAUS_ENGINE=sc://host:port. The last published night is untouched."
    )


@contextlib.contextmanager
def watched(limit: int) -> Iterator[None]:
    """Within it, a process that takes more than `limit` bytes says so and ends with EXIT_CODE."""
    ended = threading.Event()

    def watch() -> None:
        while not ended.wait(1 / LOOKS_PER_SECOND):
            if taken() > limit:
                os.write(2, f"{logs.sentence(exceeded(limit))}\n".encode())
                os._exit(EXIT_CODE)

    watcher = threading.Thread(target=watch, name="memory", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()


def forget_peak() -> None:
    """Let `peak` count from now on; where the system does not let a process do that, it counts from the start."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")


def peak() -> int:
    """Bytes of memory that this process held at most since `forget_peak`."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) * 1024


def taken() -> int:
    """Bytes of memory that this process holds."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")

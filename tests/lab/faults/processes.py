"""Commands as processes that can be broken: forked from one that has imported everything, which starts no thread of its own.

What a command says goes to files, so that nobody waits for a pipe. Never more than PATIENCE_SECONDS are waited for one.
"""

from __future__ import annotations

import os
import re
import resource
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jobs.cli import commands

PATIENCE_SECONDS = 600.0
LOOKS_EVERY_SECONDS = 0.01
LIMIT = "memory"  # what a process that took too much is told to have died of


@dataclass(frozen=True)
class Ended:
    """How a process ended: `code` is negative for a signal; None when it hung and was killed."""

    words: tuple[str, ...]
    code: int | None
    told: str
    said: str
    seconds: float

    @property
    def fault(self) -> str | None:
        """What no command may do, whatever happens to it: hang, show a traceback, or not know what went wrong."""
        if self.code is None:
            return "hung"
        for word in ("Traceback (most recent call last)", "Unexpected ", "panicked at"):
            if word in self.said:
                return re.sub(r"\s+", " ", self.said[max(0, self.said.find(word)) :])[:300]
        if self.code not in (0, 1, 2, 3, -signal.SIGKILL):
            return f"ended with code {self.code}"
        if self.code in (1, 2, 3) and not self.said.strip():
            return f"ended with code {self.code} and said nothing"
        return None

    @property
    def sentence(self) -> str:
        """The last line on stderr, which tells why a command failed."""
        return (self.said.strip().splitlines() or [""])[-1]


@dataclass
class Started:
    """A process that runs."""

    words: tuple[str, ...]
    pid: int
    folder: Path
    began: float = field(default_factory=time.monotonic)
    _code: int | None = None

    def is_running(self) -> bool:
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code is None

    def send(self, number: int) -> None:
        if self.is_running():
            os.kill(self.pid, number)

    def kill(self) -> None:
        if self.is_running():
            os.killpg(self.pid, signal.SIGKILL)

    def ended(self, patience: float = PATIENCE_SECONDS) -> Ended:
        until = time.monotonic() + patience
        while self.is_running() and time.monotonic() < until:
            time.sleep(LOOKS_EVERY_SECONDS)
        seconds, has_hung = time.monotonic() - self.began, self.is_running()
        if has_hung:
            self.kill()
            while self.is_running():
                time.sleep(LOOKS_EVERY_SECONDS)
        told, said = ((self.folder / name).read_text(errors="replace") for name in ("out", "err"))
        return Ended(self.words, None if has_hung else self._code, told, said, seconds)


def forked(work: Callable[[], object], *words: str, before: Callable[[], object] | None = None) -> Started:
    """Start `work` in a process of its own, a group of its own."""
    folder = Path(tempfile.mkdtemp(prefix="iolaus-faults-"))
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.setsid()
            for number, name in ((1, "out"), (2, "err")):
                place = os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
                os.dup2(place, number)
                os.close(place)
            if before:
                before()
            work()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
    for name in ("out", "err"):
        (folder / name).touch()
    return Started(words, pid, folder)


def iolaus(*words: object, before: Callable[[], object] | None = None, **environment: str) -> Started:
    """Start a command of `iolaus`, as `main` does."""
    told = tuple(map(str, words))

    def work() -> None:
        os.environ.update(environment)
        sys.argv = ["iolaus", *told]
        commands.main()

    return forked(work, *told, before=before)


def done(*words: object, before: Callable[[], object] | None = None, **environment: str) -> Ended:
    """Run a command of `iolaus` to its end."""
    return iolaus(*words, before=before, **environment).ended()


def answered(work: Callable[[], Mapping[str, Any]]) -> Any:
    """What a function gives, which runs in a process of its own: what it reads with starts threads."""
    import json

    ended = forked(lambda: print(json.dumps(work(), default=str)), "answer").ended()
    if ended.code != 0:
        raise RuntimeError(f"a look at the result failed: {ended.said[-2000:]}")
    return json.loads(ended.told)


def limited(kind: int, amount: int) -> Callable[[], None]:
    """A limit of the system, to be set in a process before it works."""
    return lambda: resource.setrlimit(kind, (amount, amount))


def system(*words: object) -> bool:
    """Whether a command of the system could be run."""
    return subprocess.run([str(each) for each in words], capture_output=True, check=False).returncode == 0

"""A Chromium that logs in, opens pages and is asked what they show: its debugging protocol, spoken over two pipes."""

from __future__ import annotations

import base64
import contextlib
import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PATIENCE = 120  # seconds for an answer, or for a page to be drawn


class Page:
    """One page of the browser."""

    def __init__(self, reading: int, writing: int) -> None:
        self._answers, self._calls = os.fdopen(reading, "rb"), os.fdopen(writing, "wb")
        self._number, self._session = 0, ""
        target = self._call("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self._call("Page.enable")

    def _call(self, method: str, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        self._calls.write(json.dumps(message).encode() + b"\0")
        self._calls.flush()
        while True:
            heard = json.loads(self._heard())
            if heard.get("id") == self._number:
                assert "error" not in heard, heard["error"]
                result: dict[str, Any] = heard["result"]
                return result

    def _heard(self) -> bytes:
        parts = bytearray()
        while (byte := self._answers.read(1)) != b"\0":
            assert byte, "the browser ended"
            parts += byte
        return bytes(parts)

    def size(self, width: int, height: int) -> None:
        """Let the page be so wide and high, in pixels."""
        self._call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def cookie(self, name: str, value: str, url: str) -> None:
        self._call("Network.setCookie", name=name, value=value, url=url)

    def open(self, url: str) -> None:
        self._call("Page.navigate", url=url)

    def ask(self, script: str) -> Any:
        """What the expression is on the page as it stands."""
        return self._call("Runtime.evaluate", expression=script, returnByValue=True)["result"].get("value")

    def wait(self, script: str, seconds: float = PATIENCE) -> None:
        """Until the expression holds."""
        until = time.monotonic() + seconds
        while not self.ask(script):
            assert time.monotonic() < until, f"the page never said: {script}\n{self.ask('document.body.innerText')}"
            time.sleep(0.5)

    def screenshot(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self._call("Page.captureScreenshot", format="png")["data"]))


@contextlib.contextmanager
def chromium(folder: Path) -> Iterator[Page]:
    """Runs one, with a profile of its own below the folder, until the end of the block."""
    program = shutil.which("chromium") or shutil.which("google-chrome")
    assert program, "pages are tested in a browser: install chromium"
    (its_reading, writing), (reading, its_writing) = os.pipe(), os.pipe()
    options = ["--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--remote-debugging-pipe"]
    command = [program, *options, f"--user-data-dir={folder / 'profile'}"]
    through = [
        "bash",
        "-c",
        f'exec "$@" 3<&{its_reading} 4>&{its_writing}',
        "chromium",
        *command,
    ]  # it reads 3, writes 4
    with (folder / "chromium.log").open("w") as log:
        running = subprocess.Popen(
            through, pass_fds=(its_reading, its_writing), stderr=log, stdout=log, start_new_session=True
        )
        try:
            os.close(its_reading)
            os.close(its_writing)
            yield Page(reading, writing)
        finally:
            os.killpg(running.pid, signal.SIGTERM)  # of its own session: the browser and its children
            running.wait(30)

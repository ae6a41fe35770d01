"""Pages as a real browser has them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def dom(page: str, folder: Path) -> str:
    """The page as a browser has it after its scripts ran."""
    return _opened(page, folder, "--dump-dom").stdout


def complaints(page: str, folder: Path) -> list[str]:
    """What the browser's console says of the page: errors of its script, and whatever its policy kept it from loading."""
    said = _opened(page, folder, "--dump-dom", "--enable-logging=stderr").stderr
    return [line for line in said.splitlines() if "CONSOLE" in line]


def _opened(page: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser, "pages are tested in a browser: install chromium"
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    done = subprocess.run([*command, *options, file.as_uri()], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done

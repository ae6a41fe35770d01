"""Pages as a real browser has them."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path


def dom(page: str, folder: Path) -> str:
    """The page as a browser has it after its scripts ran."""
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    assert browser, "pages are tested in a browser: install chromium"
    file = folder / "page.html"
    file.write_text(page, encoding="utf-8")
    command = [browser, "--headless=new", "--no-sandbox", "--disable-gpu", f"--user-data-dir={folder / 'profile'}"]
    done = subprocess.run([*command, "--dump-dom", file.as_uri()], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout

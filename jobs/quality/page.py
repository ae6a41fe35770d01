"""The page of a night's checks: counts and names of contracts, no value of any row, nothing that runs and nothing to load."""

from __future__ import annotations

import base64
import hashlib
import os
import shutil
from collections.abc import Sequence
from datetime import date
from itertools import groupby
from pathlib import Path

from jobs import store
from jobs.quality.outcomes import Outcome

TEMPLATES = Path(__file__).parent
STYLE = """
:root { color-scheme: light dark; }
body { margin: 0 auto; max-width: 1080px; padding: 28px 20px 64px; font: 15px/1.5 system-ui, sans-serif; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
caption { text-align: left; font-weight: 600; padding: 28px 0 6px; }
th, td { padding: 5px 10px 5px 0; text-align: left; vertical-align: top; border-bottom: 1px solid #8884; overflow-wrap: anywhere; }
tr.failed td:first-child { font-weight: 700; }
td.n, th.n { text-align: right; }
"""


def render(outcomes: Sequence[Outcome], night: date) -> str:
    """The page about `night`, of outcomes that are sorted by table. Every text is escaped."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    tables = [(name, list(each)) for name, each in groupby(outcomes, key=lambda outcome: outcome.table_name)]
    return environment.get_template("page.html.j2").render(
        night=night,
        tables=tables,
        failed=[outcome for outcome in outcomes if not outcome.success],
        checks=len(outcomes),
        style=STYLE,
        style_digest=base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode(),
    )


def remove_left_overs(docs: Path) -> None:
    """Remove pages that were never finished, of every night. Call it while no night is judged."""
    for left_over in docs.glob(".*"):
        shutil.rmtree(left_over, ignore_errors=True)


def write(outcomes: Sequence[Outcome], night: date, docs: Path) -> Path:
    """Write the page to `docs/<night>/index.html`, whole or not at all; what was there goes."""
    target = docs / night.isoformat()
    if store.is_object(target):
        store.write_whole(target / "index.html", render(outcomes, night))
        return target / "index.html"
    for left_over in docs.glob(f".{night.isoformat()}.*"):  # of a process that was killed: one night has one writer
        shutil.rmtree(left_over, ignore_errors=True)
    for site in docs.glob(
        "*/static"
    ):  # sites of earlier releases showed values and loaded scripts; `data_quality` has the counts
        shutil.rmtree(site.parent)
    aside = docs / f".{night.isoformat()}.{os.getpid()}"
    aside.mkdir(parents=True)
    (aside / "index.html").write_text(render(outcomes, night), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    return aside.rename(target) / "index.html"

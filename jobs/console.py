"""What the commands print: results to stdout, progress and errors to stderr, for a tired person at 3 a.m."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

if TYPE_CHECKING:
    import pyarrow as pa

    from jobs.evaluate import Report
    from jobs.explain import Explanation
    from jobs.reproducing import Reproduction
    from jobs.run import Built
    from jobs.status import NightStatus

err = Console(stderr=True, highlight=False, soft_wrap=True)
out = Console(highlight=False, soft_wrap=True, width=None if sys.stdout.isatty() else 160)  # logs are not 80 wide


def say(text: str) -> None:
    out.print(text, markup=False)


def error(text: str) -> None:
    err.print(f"error: {text}", markup=False, style="bold red")


@contextlib.contextmanager
def progress(title: str) -> Iterator[Callable[[str], None]]:
    """A spinner with the latest note; plain lines where stderr is no terminal."""
    if not err.is_terminal:
        yield lambda note: err.print(f"{title}: {note}", markup=False)
        return
    with err.status(title) as status:
        yield lambda note: status.update(f"{title}: {note}")


@contextlib.contextmanager
def nights(which: Sequence[date], steps: int) -> Iterator[Callable[[date], Callable[[Built], None]]]:
    """Progress over nights and steps; a line per finished night where stderr is no terminal."""
    bar = Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn(), console=err, transient=True
    )
    task = bar.add_task("starting", total=len(which) * steps)
    with bar if err.is_terminal else contextlib.nullcontext():

        def night_shown(night: date) -> Callable[[Built], None]:
            started = time.monotonic()
            finished: list[Built] = []

            def step_done(built: Built) -> None:
                finished.append(built)
                bar.update(task, advance=1, description=f"{night} {built.step}")
                if len(finished) == steps:
                    made = sum(1 for each in finished if each.rows is not None)
                    seconds = time.monotonic() - started
                    err.print(f"{night}: {made} steps built, {steps - made} unchanged, {seconds:.1f} s", markup=False)

            return step_done

        yield night_shown


def reproduction(found: Reproduction) -> None:
    """Equal, or which tables differ in how many rows; and whether other code was at work."""
    if found.code_then != found.code_now:
        say(f"Other code: the run was built by code version {found.code_then}, this is {found.code_now}.")
    for each in found.differences:
        say(f"{each.table}: {each.lost} rows only published, {each.gained} rows only now.")
    equal = found.tables - len(found.differences)
    say(f"Night {found.night}: {equal} of {found.tables} published tables are equal to the last digit.")


def rebuilding(night: date, reason: str) -> None:
    err.print(f"{night}: {reason}; rebuilding it", markup=False)


def step(built: Built) -> None:
    rows = "unchanged" if built.rows is None else f"{built.rows} rows"
    err.print(f"{built.step}: {rows}, {built.seconds:.1f} s", markup=False)


def campaigns(campaigns: pa.Table, rankings: pa.Table) -> None:
    """The campaigns of a night, most likely extraction first."""
    ranks = {
        row["campaign_id"]: (row["rank_low"], row["rank_high"])
        for row in rankings.to_pylist()
        if row["metric"] == "exchanges"
    }
    table = _table("Campaigns", "name", "verdict", "likelihood", "accounts", "exchanges", "rank")
    order = sorted(campaigns.to_pylist(), key=lambda row: (-row["likelihood"], -row["exchanges"], row["campaign_id"]))
    for row in order:
        low, high = ranks.get(row["campaign_id"], (None, None))
        rank = "" if low is None else str(low) if low == high else f"{low}-{high}"
        likelihood = f"{row['likelihood']:.3f} {row['likelihood_words']}"
        cells = (row["name"], row["verdict"], likelihood, f"{row['accounts']:,}", f"{row['exchanges']:,}", rank)
        table.add_row(*cells)
    out.print(table)


def explanation(found: Explanation) -> None:
    out.print(found.title, markup=False, style="bold")
    for line in found.facts:
        out.print(line, markup=False)
    for section in found.sections:
        table = _table(section.title, "bits", "signal", "entity", "why")
        for piece in section.pieces:
            table.add_row(f"{piece.bits:+.3f}", piece.signal, piece.entity or "", piece.explanation)
        table.add_row(f"{section.total:+.3f}", "sum", "", section.conclusion, style="bold")
        out.print(table)


def evaluation(report: Report) -> None:
    for title, (header, *rows) in (("Accuracy", report.rows()), ("Look-alikes", report.lookalike_rows())):
        table = _table(title, *header)
        for row in rows:
            table.add_row(*row)
        out.print(table)


def status(found: Sequence[NightStatus]) -> None:
    table = _table("Nights", "night", "landed", "steps built", "published", "stale", "failed checks")
    for night in found:
        table.add_row(
            night.night.isoformat(),
            "yes" if night.is_landed else "no",
            f"{night.steps_built} of {night.steps}",
            "yes" if night.is_published else "no",
            night.stale_because or "no",
            "; ".join(night.failed_checks) or "none",
        )
    out.print(table)
    stale = [night.night for night in found if night.stale_because]
    if stale:
        last = max(night.night for night in found if night.is_published)
        say(f"`iolaus backfill --stale` rebuilds these, and what builds on them, from {min(stale)} to {last}.")


def _table(title: str, *header: str) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold")
    for name in header:
        table.add_column(name, overflow="fold")
    return table

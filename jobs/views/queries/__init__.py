"""Questions that are asked every morning, ready to be asked: each a file of SQL that opens with what its rows mean.

The SQL keeps to what DuckDB and PostgreSQL have in common.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jobs.errors import UsageError

FOLDER = Path(__file__).parent
COMMENT = "-- "


@dataclass(frozen=True)
class Query:
    """`meaning` says what one row is; `sql` is the statement without it."""

    name: str
    meaning: str
    sql: str


def ready() -> dict[str, Query]:
    """Every ready query by name."""
    return {path.stem: _read(path) for path in sorted(FOLDER.glob("*.sql"))}


def named(name: str) -> Query:
    """The query of that name. Raises `UsageError` when there is none."""
    known = ready()
    if name not in known:
        raise UsageError(f"There is no ready query {name!r}: take one of {', '.join(known)}.")
    return known[name]


def _read(path: Path) -> Query:
    lines = path.read_text(encoding="utf-8").splitlines()
    meaning = [line.removeprefix(COMMENT) for line in lines if line.startswith(COMMENT)]
    return Query(path.stem, " ".join(meaning), "\n".join(lines[len(meaning) :]))
